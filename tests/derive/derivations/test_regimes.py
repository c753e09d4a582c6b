"""Limits of activations, asymptotes, and what is derived from them."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp
import torch

from derive import theorem
from derive.derivations import regimes
from derive.errors import InputError
from derive.fields.activations import Activation, activation
from derive.fields.symbols import Ibar, K, alpha, area, beta, lr, x
from numerics.nets.activations import ACTIVATIONS


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_asymptotes(name: str) -> None:
    """Torch's own function is on the line, to the last bit or so, where it is that far out."""
    far = torch.tensor([500.0, 1000.0, 3000.0], dtype=torch.float64)
    for sign in (-1, 1):
        theirs, line = ACTIVATIONS[name](2.0)(sign * far), activation(name).asymptote(sign).expression
        ours = [float(line.subs(x, sp.Integer(int(at)))) for at in sign * far]
        assert theirs.tolist() == pytest.approx(ours, rel=1e-14, abs=1e-100)
        assert activation(name).towards(2, sign) == 0


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
@pytest.mark.parametrize("order", [0, 1, 2])
def test_far_values_are_those_of_the_line(name: str, order: int) -> None:
    """At +-200, in 100 digits of mpmath."""
    exact = sp.lambdify((x, beta), activation(name).derivative(order).rewrite(sp.exp), "mpmath")
    for sign in (-1, 1):
        line = activation(name).asymptote(sign).derivative(order).subs(x, 200 * sign)
        with mpmath.workdps(100):
            assert abs(exact(mpmath.mpf(200 * sign), mpmath.mpf(2)) - mpmath.mpf(line.p) / line.q) < 1e-80


def test_no_limit_and_no_line_are_reported() -> None:
    with pytest.raises(InputError, match="derivative of order 1 has no limit at oo"):
        Activation("wave", sp.sin(x)).asymptote(1)
    with pytest.raises(InputError, match="'square' approaches no straight line at -oo"):
        Activation("square", x**2).asymptote(-1)
    with pytest.raises(InputError, match="'slow' approaches no straight line at oo"):
        Activation("slow", sp.log(1 + x**2)).asymptote(1)


@pytest.mark.parametrize("name", ["relu", "gelu", "elu", "softplus"])
def test_the_regimes_of_swish_are_those_of_its_peers(name: str) -> None:
    for regime in regimes.REGIMES:
        assert regimes.amplifier(regime, True, name) == regimes.amplifier(regime, True)


def test_leaky_relu_is_never_off() -> None:
    """A slope of 1/100 leaves 1/10000 of the driven mode."""
    on, off = (1 - lr * alpha - regimes.amplifier(regime, True, "leaky-relu") for regime in regimes.REGIMES)
    assert sp.expand(on - 10000 * off) == 0
    assert on == lr * regimes.slope * area * Ibar**2


def test_saturating_activations_only_decay() -> None:
    assert all(regimes.flow(regime, "tanh").coeff(regimes.Kbar) == 0 for regime in regimes.REGIMES)


def test_constant_and_balanced_kernels_are_all_modes() -> None:
    """Eigenvalues of the regime's matrix on a window of five cells."""
    ones, flow = sp.ones(5, 5), regimes.flow("activated")
    matrix = sp.eye(5) * (1 + lr * flow.coeff(K)) + lr * flow.coeff(regimes.Kbar) * ones
    found = {sp.expand(value): count for value, count in matrix.eigenvals().items()}
    constant, balanced = (regimes.amplifier("activated", kind) for kind in (True, False))
    assert found == {sp.expand(constant.subs(area, 5)): 1, sp.expand(balanced): 4}


def test_bounds_at_numbers() -> None:
    bound = theorem("table-3").result
    known = {"lr": 0.01, "image_integral": 2.0, "area": 9, "slope": 0.25}
    assert bound.solve("alpha").subs({lr: sp.Rational(1, 100), Ibar: 2, area: 9, regimes.slope: sp.Rational(1, 4)}) == (
        sp.Interval.open(0, 191)
    )
    assert [bool(bound.holds(alpha=value, **known)) for value in (-0.1, 0.1, 190.9, 191.1)] == [False, True, True, False]


def test_mixed_is_activated_where_all_outputs_are() -> None:
    """chi = 1 gives h = Ibar on each cell of the window, and <h, h> = |W| Ibar^2."""
    low, high = (edge.subs(regimes.norm, area * Ibar**2) for edge in regimes.mixed_edges())
    assert (low, sp.expand(high)) == regimes.edges("activated")


def test_unknown_regime() -> None:
    with pytest.raises(InputError, match="unknown regime 'active': expected one of activated, not activated"):
        regimes.flow("active")
