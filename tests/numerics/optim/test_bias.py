from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import InputError
from numerics.optim.bias import applied, effective_step, separate, step_bias
from numerics.optim.formats import rounded, unit
from numerics.optim.perturbation import FORMS
from tests.examples import one_in, thoroughly
from tests.numerics.cases import normal
from tests.numerics.optim.cases import DTYPES, directions

forms, dtypes = st.sampled_from(FORMS), st.sampled_from(DTYPES)
numbers = st.integers(1, 15)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("k", [1, 3, 7, 8])
def test_the_effective_step_is_torch_s(dtype, form, k):
    """A direction of k (paper) or of 1/k's multiple (code) that k does not round shows the coefficient times k."""
    direction = torch.full((1,), float(k if form == "code" else 1), dtype=dtype)
    update = Fraction(applied(direction, 0.1, k, form).item())
    effective = effective_step(0.1, k, dtype, form) * Fraction(direction.item())
    # Only the product is rounded then.
    assert abs(update - effective) <= unit(dtype) * effective
    if k in (1, 8) or form == "code":
        assert update == effective


@thoroughly(max_examples=200)
@given(st.integers(1, 255), st.integers(-6, 0), numbers, dtypes)
def test_a_dyadic_step_of_few_bits_has_no_bias_in_the_code_s_form(numerator, exponent, k, dtype):
    lr = numerator * 2.0**exponent
    fits = (numerator * k).bit_length() - trailing_zeros(numerator * k) <= bits_of(dtype)
    assert (step_bias(lr, k, dtype, "code") == 0) == fits


@thoroughly(max_examples=200)
@given(st.integers(1, 255), st.integers(-6, 0), numbers, dtypes)
def test_the_paper_s_form_has_none_iff_the_quotient_is_dyadic_and_fits(numerator, exponent, k, dtype):
    lr = numerator * 2.0**exponent
    oddness = k >> trailing_zeros(k)
    divides = numerator % oddness == 0
    left = numerator // oddness
    fits = divides and left.bit_length() - trailing_zeros(left) <= bits_of(dtype)
    assert (step_bias(lr, k, dtype, "paper") == 0) == fits


def trailing_zeros(number: int) -> int:
    return (number & -number).bit_length() - 1


def bits_of(dtype: torch.dtype) -> int:
    """Of the significand of a step size in SGD on a CPU."""
    return {torch.float16: 11, torch.bfloat16: 8, torch.float32: 24, torch.float64: 53}[dtype]


@thoroughly()
@given(st.floats(0.01, 1), numbers, dtypes, forms)
def test_bounded_by_its_two_roundings(lr, k, dtype, form):
    limit = (1 + unit(torch.float64)) * (1 + unit(dtype)) - 1
    assert abs(step_bias(lr, k, dtype, form)) <= limit
    if k & (k - 1) == 0:
        assert step_bias(lr, k, dtype, form) == rounded(lr, dtype) / Fraction(lr) - 1


def test_a_power_of_two_as_step_is_biased_in_the_paper_s_form_alone():
    for k in (3, 5, 7, 9, 11):
        assert step_bias(0.125, k, form="paper") != 0
        assert step_bias(0.125, k, form="code") == 0
    assert step_bias(3 / 32, 3, form="paper") == 0


@pytest.mark.parametrize(("dtype", "form", "k", "lr"), one_in(3, DTYPES, FORMS, [1, 3, 5, 11], [0.0712345678, 0.1, 0.125]))
def test_noise_of_real_updates_is_within_its_two_roundings(dtype, form, k, lr):
    d = directions(k, dtype)
    found = separate(applied(d, lr, k, form), d, lr, k, form)
    assert found.bias == float(step_bias(lr, k, dtype, form))
    u = unit(dtype)
    assert found.largest <= (1 + u) ** 2 * (1 + unit(torch.float32)) - 1
    if k == 1 and lr == 0.125:
        assert found == (0, 0, 0, 0, 0, 4096)
    else:
        assert 0.1 * u < found.noise < u


@thoroughly()
@given(st.integers(0, 2**31), st.sampled_from([3, 5, 7, 9, 11]), forms, st.sampled_from([torch.float32, torch.float64]))
def test_the_noise_has_mean_zero_for_step_sizes_without_a_pattern(seed, k, form, dtype):
    lr = 0.05 + 0.1 * torch.rand((), generator=torch.Generator().manual_seed(seed), dtype=torch.float64).item()
    d = directions(seed, dtype, 1000)
    found = separate(applied(d, lr, k, form), d, lr, k, form)
    assert abs(found.mean - found.bias) <= 5 * found.error


def test_the_noise_of_a_patterned_step_size_has_a_small_mean_of_its_own():
    """The bits of 0.1 repeat, 1100 1100 ..., so that rounding its products is not quite like chance."""
    d, u = normal(0, (60000,)).float(), float(unit(torch.float32))
    found = separate(applied(d, 0.1), d, 0.1, sample=60000)
    assert found.bias == pytest.approx(0.25 * u, rel=1e-6)
    assert 10 * found.error < found.mean - found.bias < 0.1 * u


def test_a_wrong_bias_shows():
    d = directions(0, torch.float32)
    update = applied(d, 0.1, 3)
    for wrong in (1, 11):
        found = separate(update, d, 0.1, wrong)
        assert abs(found.mean - found.bias) > 5 * found.error


def test_zeros_and_infinities_are_left_out():
    direction = torch.tensor([0.0, 1.0, torch.inf, 3.0, torch.nan])
    assert separate(applied(direction, 0.1, 3), direction, 0.1, 3).count == 2


def test_bad_input():
    d = torch.ones(4)
    with pytest.raises(InputError, match="alike"):
        separate(d, d.double(), 0.1)
    with pytest.raises(InputError, match="at least 2 weights"):
        separate(torch.zeros(4), torch.zeros(4), 0.1)
    with pytest.raises(InputError, match="got 0; no step"):
        step_bias(0.0, 3)
    for bad in ({"lr": float("nan")}, {"lr": -1.0}, {"k": 0}, {"form": "none"}):
        with pytest.raises(InputError):
            effective_step(**{"lr": 0.1, **bad})
    with pytest.raises(InputError, match=r"range of torch\.float16"):
        effective_step(0.1, 2**24, torch.float16, "code")
