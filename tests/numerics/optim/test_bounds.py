from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import InputError
from numerics.optim import PerturbedAdam, PerturbedSGD
from numerics.optim.bounds import difference_from_torch, roundings, update_error
from numerics.optim.formats import coefficient_format, unit, working_format
from numerics.optim.perturbation import FORMS
from tests.examples import thoroughly
from tests.numerics.cases import normal
from tests.numerics.optim.cases import DTYPES, directions, parameters

seeds, forms, dtypes = st.integers(0, 2**31), st.sampled_from(FORMS), st.sampled_from(DTYPES)
odd, steps = st.sampled_from([1, 3, 5, 6, 7, 9, 11]), st.floats(0.05, 1)


def sum_error(dtype: torch.dtype) -> Fraction:
    """Bound on what rounding the sum theta - update adds, over the size of the new weight; the same for every k.

    One rounding; two for 16-bit weights, to the working format and to their own.
    """
    stored, working = unit(dtype), unit(working_format(dtype))
    return stored if stored == working else stored + working / (1 - stored)


def exact(tensor) -> list[Fraction]:
    return [Fraction(x) for x in tensor.detach().reshape(-1).tolist()]


def stepped(make, weights, gradients, **arguments):
    weight = torch.nn.Parameter(weights.clone())
    weight.grad = gradients.clone()
    optimizer = make([weight], **arguments)
    optimizer.step()
    return weight, optimizer


@thoroughly(max_examples=200)
@given(dtypes, seeds, steps, odd, forms)
def test_a_step_of_sgd_is_within_the_bound(dtype, seed, lr, k, form):
    weights, gradients = parameters([(30,)], dtype, seed)[0].detach(), directions(seed, dtype, 30)
    moved, _ = stepped(PerturbedSGD, weights, gradients, lr=lr, k=k, form=form)
    bound = update_error(dtype, k, form)
    for new, old, d in zip(exact(moved), exact(weights), exact(gradients), strict=True):
        update = Fraction(lr) * d
        assert abs(new - (old - update)) <= bound * abs(update) + sum_error(dtype) * abs(new)


@thoroughly(max_examples=200)
@given(dtypes, seeds, steps, odd, forms)
def test_a_step_of_adam_is_within_the_bound(dtype, seed, lr, k, form):
    weights = parameters([(30,)], dtype, seed)[0].detach()
    beta1, beta2, eps = 0.9, 0.99, 0.01
    moved, optimizer = stepped(
        PerturbedAdam, weights, directions(seed, dtype, 30), lr=lr, k=k, form=form, betas=(beta1, beta2), eps=eps
    )
    state = optimizer.state[moved]
    denominators = (state["exp_avg_sq"].sqrt() / (1 - beta2) ** 0.5).add_(eps)
    bound = update_error(dtype, k, form, optimizer="adam")
    rows = zip(exact(moved), exact(weights), exact(state["exp_avg"]), exact(denominators), strict=True)
    for new, old, m, denominator in rows:
        update = Fraction(lr) / Fraction(1 - beta1) * m / denominator
        assert abs(new - (old - update)) <= bound * abs(update) + sum_error(dtype) * abs(new)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("form", FORMS)
def test_the_bound_is_not_slack(dtype, form):
    """More than half of it is reached, so a bound of half the size would fail; torch's own bound is exceeded."""
    gradients, worst = directions(0, dtype, 4000), Fraction(0)
    for n in range(30):
        lr = 0.05 * 1.1**n
        moved, _ = stepped(PerturbedSGD, torch.zeros_like(gradients), gradients, lr=lr, k=3, form=form)
        errors = abs((moved.detach().double() + lr * gradients.double()) / (lr * gradients.double()))
        place = int(errors.argmax())
        update = Fraction(lr) * Fraction(gradients[place].item())
        worst = max(worst, abs(Fraction(moved[place].item()) + update) / abs(update))
    # Storing the sum 0 - update is one more rounding.
    limit = (1 + update_error(dtype, 3, form)) * (1 + unit(dtype)) - 1
    assert limit / 2 < worst <= limit


@thoroughly(max_examples=200)
@given(dtypes, seeds, steps, st.sampled_from([3, 5, 7, 9, 11]), forms)
def test_only_the_last_bits_differ_from_torch_s_update(dtype, seed, lr, k, form):
    gradients = directions(seed, dtype, 200)
    zeros = torch.zeros_like(gradients)
    ours, theirs = (stepped(PerturbedSGD, zeros, gradients, lr=lr, k=number, form=form)[0] for number in (k, 1))
    between, stored = difference_from_torch(dtype, k, form), unit(dtype)
    bound = (1 + between) * (1 + stored) / (1 - stored) - 1
    for mine, yours in zip(exact(ours), exact(theirs), strict=True):
        assert abs(mine - yours) <= bound * abs(yours)


@pytest.mark.parametrize(
    ("k", "gradient", "times"),
    [(3, 1.0952397584915161, 1.14), (5, 1.733339786529541, 1.44), (11, 1.4973363876342773, 1.66)],
)
def test_the_printed_bound_of_section_4_1_is_too_small(k, gradient, times):
    """|x - y| / |x| < 2^-(s-1), x = fl(eta g), y = fl(fl(eta/k) fl(k g)): broken at the paper's own eta, k and format."""
    eta, g, u = torch.tensor(0.1), torch.tensor(gradient), unit(torch.float32)
    x, y = Fraction((eta * g).item()), Fraction(((eta / k) * (k * g)).item())
    printed, four_roundings = Fraction(2) ** -23, (1 + u) ** 3 / (1 - u) - 1
    assert Fraction(times) * printed < abs(x - y) / abs(x) <= four_roundings < Fraction(2001, 1000) * printed


def test_the_exact_product_of_the_rounded_factors_breaks_the_print_too():
    eta, g = torch.tensor(0.1), torch.tensor(1.4546499252319336)
    x, y = Fraction((eta * g).item()), Fraction((eta / 11).item()) * Fraction((11 * g).item())
    assert abs(x - y) / abs(x) > Fraction(5, 4) * Fraction(2) ** -23


def test_what_is_counted():
    u, double = unit(torch.float32), unit(torch.float64)
    assert roundings(torch.float32, 1) == [u, u]
    assert roundings(torch.float32, 8) == roundings(torch.float32, 1)
    assert sorted(roundings(torch.float32, 3)) == [double, u, u, u]
    assert sorted(roundings(torch.float64, 3)) == [double] * 3
    assert len(roundings(torch.float32, 3, "code", device="cuda", foreach=False)) == 5
    assert unit(torch.bfloat16) in roundings(torch.bfloat16, 1)
    assert unit(torch.bfloat16) not in roundings(torch.bfloat16, 1, device="cuda")
    for bad in ({"k": 0}, {"form": "both"}, {"optimizer": "rmsprop"}):
        with pytest.raises(InputError):
            roundings(**{"dtype": torch.float32, "k": 3, **bad})


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_product_may_be_rounded_to_16_bits_on_a_cpu(dtype):
    """Why it counts as a rounding: by torch's kernel, and by what it does with the last weights of a tensor, the product is
    rounded to the type or not before it is added. So a weight has one of two values, alone as in company, and they differ."""
    weights, d = (normal(s, (4096,)).to(dtype) for s in (0, 1))
    together = weights.add(d, alpha=0.1)
    alone = torch.cat([w.add(x, alpha=0.1) for w, x in zip(weights.split(1), d.split(1), strict=True)])
    product = torch.tensor(0.1, dtype=dtype).float() * d.float()  # exact: factors of 11 bits have a product of 22
    once, twice = ((weights.float() + term.float()).to(dtype) for term in (product, product.to(dtype)))
    for found in (together, alone):
        assert bool(((found == once) | (found == twice)).all())
    assert not torch.equal(once, twice)


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_format_of_the_coefficient_is_torch_s(device, dtype, optimizer):
    d, lr = normal(0, (5000,)).to(dtype).to(device), 0.1
    zeros, ones = torch.zeros_like(d), torch.ones_like(d)
    got = zeros.add(d, alpha=lr) if optimizer == "sgd" else zeros.addcdiv(d, ones, value=lr)
    found = coefficient_format(dtype, optimizer, device)
    candidates = (dtype, torch.float32)
    predictions = [(torch.tensor(lr, dtype=c).float().to(device) * d.float()).to(dtype) for c in candidates]
    assert [torch.equal(got, p) for p in predictions] == [c == found for c in candidates]
