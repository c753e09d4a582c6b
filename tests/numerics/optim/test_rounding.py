from __future__ import annotations

import copy
from fractions import Fraction
from math import sqrt

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import InputError
from numerics.optim import PerturbedAdam, PerturbedSGD, RoundedAdam, RoundedSGD
from numerics.optim.rounding import either_neighbour
from tests.examples import thoroughly
from tests.numerics.cases import normal
from tests.numerics.optim.cases import DTYPES, after_replays, bits, give_gradients, parameters

MAKERS = {"sgd": RoundedSGD, "adam": RoundedAdam}
seeds = st.integers(0, 2**31)


def around(value: Fraction, dtype: torch.dtype) -> tuple[Fraction, Fraction]:
    """The largest number of the format that is not above a value, and the smallest that is not below."""
    near = torch.tensor(float(value), dtype=torch.float64).to(dtype)
    ends = [torch.nextafter(near, torch.full_like(near, end)) for end in (-torch.inf, torch.inf)]
    numbers = sorted(Fraction(x.item()) for x in (near, *ends))
    return max(x for x in numbers if x <= value), min(x for x in numbers if x >= value)


@thoroughly(max_examples=150)
@given(st.sampled_from(DTYPES), seeds, st.floats(1e-6, 1), st.integers(0, 2**31))
def test_every_weight_is_a_neighbour_of_the_exact_one(dtype, start, lr, seed):
    weight, grad = (parameters([(20,)], dtype, s)[0].detach() for s in (start, start + 1))
    before = weight.clone().requires_grad_()
    before.grad = grad
    RoundedSGD([before], lr=lr, seed=seed).step()
    for new, old, d in zip(before.tolist(), weight.tolist(), grad.tolist(), strict=True):
        assert Fraction(new) in around(Fraction(old) - Fraction(lr) * Fraction(d), dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("part", [0.3, 0.8])
def test_unbiased(name, dtype, part):
    n = 100_000
    weight = torch.nn.Parameter(torch.ones(n, dtype=dtype))
    weight.grad = torch.full_like(weight, 0.25)
    lr = float(torch.finfo(dtype).eps) * part
    optimizer = MAKERS[name]([weight], lr=lr, **({"eps": 0.5} if name == "adam" else {}))
    optimizer.step()
    exact = 1 - Fraction(lr) * direction(optimizer, weight)
    low, high = around(exact, dtype)
    assert {Fraction(x) for x in weight.unique().tolist()} == {low, high}
    chance = float((exact - low) / (high - low))
    assert 0.05 < chance < 0.95
    up = (weight == float(high)).double().mean().item()
    assert abs(up - chance) < 4 * sqrt(chance * (1 - chance) / n)


def direction(optimizer, weight) -> Fraction:
    """What is subtracted per unit of lr: gradient, or Adam's quotient with numerator and denominator as torch rounds them."""
    if isinstance(optimizer, torch.optim.SGD):
        return Fraction(weight.grad[0].item())
    state = optimizer.state[weight]
    denominator = (state["exp_avg_sq"][:1].sqrt() / (1 - 0.999) ** 0.5).add_(0.5)
    return Fraction(state["exp_avg"][0].item()) / Fraction(1 - 0.9) / Fraction(denominator.item())


def test_many_steps_follow_the_exact_sum_where_nearest_stands_still():
    weights = [torch.nn.Parameter(torch.ones(4000, dtype=torch.bfloat16)) for _ in range(2)]
    for make, weight in zip((RoundedSGD, PerturbedSGD), weights, strict=True):
        optimizer = make([weight], lr=1e-4)
        for _ in range(100):
            weight.grad = torch.ones_like(weight)
            optimizer.step()
    spread = weights[0].double().std().item() / sqrt(4000)
    assert abs(weights[0].detach().double().mean().item() - 0.99) < 5 * spread
    assert weights[1].detach().unique().tolist() == [1.0]


@thoroughly()
@given(st.floats(-1e300, 1e300), st.floats(-1, 1))
def test_float64_uses_what_is_left_over(high, part):
    near = torch.tensor([high], dtype=torch.float64)
    gap = abs(torch.nextafter(near, torch.full_like(near, torch.inf)).item() - high)
    low = torch.tensor([part * gap / 2], dtype=torch.float64)
    exact = Fraction(high) + Fraction(low.item())
    below, above = around(exact, torch.float64)
    for chance in (0.0, 0.3, 0.7, 1 - 2**-53):
        got = Fraction(either_neighbour(near, low, torch.float64, torch.full_like(near, chance)).item())
        assert got in (below, above)
    kept = either_neighbour(near, torch.zeros_like(near), torch.float64, torch.zeros_like(near))
    assert kept.item() == high


def test_overflow_and_no_numbers_go_the_way_of_torch():
    high = torch.tensor([1e39, -1e39, torch.nan, torch.inf], dtype=torch.float64)
    rounded = either_neighbour(high, torch.zeros(4, dtype=torch.float64), torch.float32, torch.zeros(4, dtype=torch.float64))
    assert str(rounded.tolist()) == "[inf, -inf, nan, inf]"


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_stays_within_a_gap_of_torch_s_step(name, dtype):
    nearest = {"sgd": PerturbedSGD, "adam": PerturbedAdam}[name]
    runs = []
    for make in (MAKERS[name], nearest):
        params = parameters([(50,), (3, 3)], dtype, 0)
        give_gradients(params, 1)
        make(params, lr=0.1).step()
        runs.append(torch.cat([p.detach().reshape(-1) for p in params]).double())
    assert not torch.equal(*runs)
    # Torch rounds the step size, the update and the sum; each of these by no more than a gap.
    assert ((runs[0] - runs[1]).abs() <= 2.5 * torch.finfo(dtype).eps * runs[1].abs().clamp(min=0.1)).all()


@pytest.mark.parametrize("name", MAKERS)
def test_resumed_it_goes_on_bit_for_bit(name):
    straight = parameters([(20,), (3, 3)], torch.bfloat16, 0)
    optimizer = MAKERS[name](straight, lr=0.1, seed=5)
    for step in range(3):
        give_gradients(straight, step)
        optimizer.step()
    outcomes = []
    for forget in (False, True):
        resumed = [p.detach().clone().requires_grad_() for p in straight]
        other = MAKERS[name](resumed, lr=0.7, seed=6)
        other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        if forget:
            other.param_groups[0]["seed"] = 6
        for step in range(3, 306):
            give_gradients(resumed, step)
            other.step()
        outcomes.append(bits(resumed))
    for step in range(3, 306):
        give_gradients(straight, step)
        optimizer.step()
    assert bits(straight) == outcomes[0]
    assert bits(straight) != outcomes[1]


def test_a_parameter_s_numbers_do_not_depend_on_its_company():
    def run(given):
        params = parameters([(30,), (30,), (30,)], torch.bfloat16, 0)
        optimizer = RoundedSGD([{"params": params[:1]}, {"params": params[1:]}], lr=0.1)
        for p in (params[i] for i in given):
            p.grad = normal(3, (30,)).to(p)
        optimizer.step()
        return bits(params[2:])

    assert run([0, 1, 2]) == run([2]) == run([1, 2])


def test_seeds_matter_and_are_checked():
    outcomes = []
    for seed in (0, 1, 0):
        params = parameters([(30,)], torch.float32, 0)
        give_gradients(params, 0)
        RoundedSGD(params, lr=0.1, seed=seed).step()
        outcomes.append(bits(params))
    assert outcomes[0] == outcomes[2] != outcomes[1]
    for seed in (-1, 1.5, True, None):
        with pytest.raises(InputError, match="expected seed"):
            RoundedSGD(params, lr=0.1, seed=seed)


@pytest.mark.gpu
@pytest.mark.parametrize("name", MAKERS)
def test_captured_in_a_cuda_graph_it_does_not_repeat_its_numbers(name):
    extra = {"capturable": True} if name == "adam" else {}
    plain, captured = (after_replays(lambda params: MAKERS[name](params, lr=0.1, **extra), graph) for graph in (False, True))
    assert plain == captured


@pytest.mark.parametrize("name", MAKERS)
def test_how_many_weights_are_rounded_at_once_changes_no_bit(name, monkeypatch):
    outcomes = []
    for room in (1, 50, 10**6):
        monkeypatch.setattr("numerics.optim.rounding.ROOM", {"cpu": room})
        params = parameters([(30,), (), (7, 3), (60,)], torch.float32, 0)
        optimizer = MAKERS[name](params, lr=0.1)
        for step in range(3):
            give_gradients(params, step)
            optimizer.step()
        outcomes.append(bits(params))
    assert outcomes[0] == outcomes[1] == outcomes[2]
