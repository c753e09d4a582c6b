from __future__ import annotations

import sys

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from numerics.optim import PerturbedAdam, PerturbedSGD
from numerics.optim.perturbation import FORMS
from tests.examples import thoroughly
from tests.numerics.optim.cases import (
    DTYPES,
    SHAPES,
    adam_arguments,
    after_replays,
    bits,
    give_gradients,
    parameters,
    sgd_arguments,
    train,
)

PAIRS = {"sgd": (PerturbedSGD, torch.optim.SGD), "adam": (PerturbedAdam, torch.optim.Adam)}
seeds, forms = st.integers(0, 2**31), st.sampled_from(FORMS)
either = st.one_of(
    st.tuples(st.just("sgd"), sgd_arguments()),
    st.tuples(st.just("adam"), adam_arguments()),
)


def twins(case, shapes, dtype, seed, device="cpu", **own):
    """Bits after a few steps: ours, torch's."""
    name, arguments = case
    ours, theirs = PAIRS[name]
    mine = train(lambda p: ours(p, **arguments, **own), parameters(shapes, dtype, seed, device), seed)
    yours = train(lambda p: theirs(p, **arguments), parameters(shapes, dtype, seed, device), seed)
    return bits(mine), bits(yours)


LATE_BUFFER = "sgd", {"lr": 1.0, "momentum": 0.9, "nesterov": True, "foreach": True}
"""By lists, and the last parameter has its first gradient late: torch takes another path in that step."""


@thoroughly(max_examples=150)
@example(LATE_BUFFER, [(7,), ()], torch.float16, 0, "paper")
@given(either, SHAPES, st.sampled_from(DTYPES), seeds, forms)
def test_k_of_1_is_torch_s_own_optimiser_bit_for_bit(case, shapes, dtype, seed, form):
    mine, yours = twins(case, shapes, dtype, seed, form=form)
    assert mine == yours


@thoroughly(max_examples=150)
@given(either, SHAPES, st.sampled_from(DTYPES), seeds, forms, st.integers(1, 3))
def test_powers_of_two_change_nothing(case, shapes, dtype, seed, form, power):
    mine, yours = twins(case, shapes, dtype, seed, k=2**power, form=form)
    assert mine == yours


@thoroughly()
@given(either, SHAPES, seeds, forms, st.integers(4, 24))
def test_large_powers_of_two_change_nothing_either(case, shapes, seed, form, power):
    mine, yours = twins(case, shapes, torch.float64, seed, k=2**power, form=form)
    assert mine == yours


@thoroughly()
@given(either, seeds, forms, st.sampled_from([3, 5, 7, 9, 11]), st.sampled_from(DTYPES))
def test_odd_numbers_do_change_bits(case, seed, form, k, dtype):
    mine, yours = twins(case, [(300,), (5, 7)], dtype, seed, k=k, form=form)
    assert mine != yours


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("form", FORMS)
def test_k_meets_weight_decay_and_momentum_in_the_direction(dtype, form):
    (weight,) = parameters([(33,)], dtype, 0)
    optimizer = PerturbedSGD([weight], lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01, k=7, form=form)
    expected, buffer = weight.detach().clone(), None
    for step in range(3):
        give_gradients([weight], step)
        grad = weight.grad.add(expected, alpha=0.01)
        buffer = grad if buffer is None else (buffer * 0.9).add(grad, alpha=1)
        d = grad.add(buffer, alpha=0.9)
        expected = expected.add(d * 7, alpha=-0.1 / 7) if form == "paper" else expected.add(d / 7, alpha=-0.1 * 7)
        optimizer.step()
        assert bits([weight]) == bits([expected])


@pytest.mark.parametrize("name", PAIRS)
def test_the_state_is_torch_s_whatever_k(name):
    """Without weight decay, gradients that do not depend on the weights leave k no way into it."""
    extra = {"momentum": 0.9, "dampening": 0.2} if name == "sgd" else {"amsgrad": True}
    states = []
    for make, own in zip(PAIRS[name], ({"k": 7}, {}), strict=True):
        params = parameters([(33,), (4,)], torch.float32, 0)
        optimizer = make(params, lr=0.1, **extra, **own)
        for step in range(4):
            give_gradients(params, step)
            optimizer.step()
        states.append([bits([value for _, value in sorted(optimizer.state[p].items())]) for p in params])
    assert states[0] == states[1]


def test_k_and_2k_coincide():
    case = ("sgd", {"lr": 0.1, "momentum": 0.9, "nesterov": True})
    for k in (3, 5, 7):
        once, _ = twins(case, [(300,)], torch.float32, 0, k=k)
        twice, _ = twins(case, [(300,)], torch.float32, 0, k=4 * k)
        assert once == twice


def test_a_power_of_two_changes_bits_where_numbers_leave_the_range():
    params = [torch.nn.Parameter(torch.ones(1, dtype=torch.float16)) for _ in range(3)]
    for p, k, form in zip(params, (1, 2**16, 2**16), ("paper", "paper", "code"), strict=True):
        p.grad = torch.full_like(p, 1.001)
        PerturbedSGD([p], lr=0.5, k=k, form=form).step()
    assert params[1].isinf().all()
    assert params[2] != params[0]


def test_the_two_forms_differ():
    case = ("sgd", {"lr": 0.1})
    paper, _ = twins(case, [(300,)], torch.float32, 0, k=3, form="paper")
    code, _ = twins(case, [(300,)], torch.float32, 0, k=3, form="code")
    assert paper != code


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("form", FORMS)
def test_a_tensor_as_step_size(name, form):
    for k in (1, 8):
        mine, yours = twins((name, {"lr": torch.tensor(0.1)}), [(33,), (5,)], torch.float32, 0, k=k, form=form)
        assert mine == yours


@pytest.mark.parametrize("amsgrad", [False, True])
def test_capturable_adam_rounds_as_torch_does(monkeypatch, amsgrad):
    # torch allows it on GPUs only; its arithmetic runs anywhere.
    monkeypatch.setattr(sys.modules["torch.optim.adam"], "_get_capturable_supported_devices", lambda **_: ["cpu"])
    case = ("adam", {"capturable": True, "amsgrad": amsgrad, "lr": 0.07, "weight_decay": 0.1, "foreach": True})
    for dtype in DTYPES:
        for k in (1, 4):
            mine, yours = twins(case, [(33,), (5,)], dtype, 0, k=k)
            assert mine == yours
        assert twins(case, [(33,), (5,)], dtype, 0, k=3)[0] != yours


@pytest.mark.gpu
@pytest.mark.parametrize("foreach", [None, True, False])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("form", FORMS)
def test_on_a_gpu_too(foreach, dtype, form):
    sgd = {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 5e-4, "foreach": foreach}
    adam = {"lr": 0.1, "weight_decay": 5e-4, "foreach": foreach}
    captured = {"lr": 0.1, "capturable": True, "foreach": True}
    for case in (("sgd", sgd), ("adam", adam), ("adam", captured)):
        for k in (1, 4):
            mine, yours = twins(case, [(1000,), (33,)], dtype, 0, "cuda", k=k, form=form)
            assert mine == yours
        assert twins(case, [(1000,), (33,)], dtype, 0, "cuda", k=3, form=form)[0] != yours


@pytest.mark.gpu
@pytest.mark.parametrize("make", [PerturbedSGD, PerturbedAdam])
def test_captured_in_a_cuda_graph(make):
    extra = {"capturable": True} if make is PerturbedAdam else {"momentum": 0.9, "nesterov": True}
    plain, captured = (after_replays(lambda params: make(params, lr=0.1, k=3, **extra), graph) for graph in (False, True))
    assert plain == captured
