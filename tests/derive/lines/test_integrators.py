"""Integrators: their orders by series, their stability limits by brute force, and the textbooks' schemes from them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive import GridFunction, GridScheme, InputError, amplification, stability
from derive.fields.symbols import theta, xi
from derive.gallery import gallery
from derive.gallery.operators import centred, second
from derive.gallery.parameters import nu, r, u
from derive.lines.integrators import integrators

SINGLE = [name for name in integrators if integrators[name].parts == 1]
IMEX = [name for name in integrators if integrators[name].parts == 2]
z = sp.Symbol("z")
h = sp.Symbol("h", positive=True)
mode = GridFunction("u", 0)


def order_of(polynomial: sp.Poly) -> int:
    """Put the exact solution, xi = exp(z): the least power of z that does not cancel, less one."""
    series = sp.Add(*(z**k / sp.factorial(k) for k in range(8)))
    residual = sp.expand(polynomial.as_expr().subs(xi, series))
    return min(power for (power,) in sp.Poly(residual, z, extension=True).monoms()) - 1


@pytest.mark.parametrize("name", SINGLE)
def test_order(name: str) -> None:
    assert order_of(integrators[name].characteristic(z)) == integrators[name].order


def test_order_of_the_theta_method_is_two_at_a_half() -> None:
    assert order_of(integrators["theta"].characteristic(z).subs(theta, sp.S.Half).as_poly(xi)) == 2


@pytest.mark.parametrize("name", IMEX)
@pytest.mark.parametrize("share", [0, sp.Rational(1, 3), 1, sp.Rational(7, 2)])
def test_order_of_a_splitting(name: str, share: sp.Expr) -> None:
    """However the right-hand side is shared out; the even split of IMEX Euler is Crank-Nicolson, of order 2."""
    assert order_of(integrators[name].characteristic(share * z, (1 - share) * z)) == integrators[name].order


def radius(name: str, values: np.ndarray) -> np.ndarray:
    """Largest root at complex z, by numpy."""
    coefficients = [sp.lambdify(z, c, "numpy") for c in integrators[name].characteristic(z).all_coeffs()]
    return np.array([np.abs(np.roots([complex(c(v)) for c in coefficients])).max() for v in values])


def limit(name: str, direction: complex) -> float:
    """The first z along a ray at which a root leaves the disc, to 1e-4."""
    outside = radius(name, direction * np.arange(1e-3, 4, 1e-3)) > 1 + 1e-9
    if not outside.any():
        return np.inf
    low = 1e-3 * outside.argmax()
    fine = low + np.linspace(0, 1e-3, 50)
    return fine[(radius(name, direction * fine) > 1 + 1e-9).argmax()]


# Source: Hairer and Wanner, Solving ODEs II (1996), Sec IV.2 and V.1; Fornberg, A Practical Guide to Pseudospectral
# Methods (1996).
LIMITS = {
    "forward-euler": (2, 0),
    "crank-nicolson": (np.inf, np.inf),
    "backward-euler": (np.inf, np.inf),
    "AB2": (1, 0),
    "AB3": (6 / 11, 0.7236),
    "BDF2": (np.inf, np.inf),
    "RK2": (2, 0),
    "RK3": (2.5127, np.sqrt(3)),
    "RK4": (2.7853, np.sqrt(8)),
    "leapfrog": (0, 1),
    "forward-backward": (2, 0),  # of one unknown: forward Euler
}
FIXED = list(LIMITS)


@pytest.mark.parametrize("name", FIXED)
@pytest.mark.parametrize(("axis", "direction"), [(0, -1), (1, 1j)])
def test_stability_limits_of_the_textbooks_by_brute_force(name: str, axis: int, direction: complex) -> None:
    """A limit of 0 on the imaginary axis is left slowly, like z^4 (RK2, AB2): it is found within the growth of 1e-9."""
    found, printed = limit(name, direction), LIMITS[name][axis]
    assert found == pytest.approx(printed, abs=2e-4 if printed else 1.5e-2)


@pytest.mark.parametrize("name", FIXED)
def test_the_engine_finds_the_limit_on_the_real_line(name: str) -> None:
    q = sp.Symbol("q", nonnegative=True)
    found = stability(integrators[name](-q * mode[0], mode), "von-neumann")
    printed = LIMITS[name][0]
    if np.isfinite(printed):
        assert found.holds(q=[0, printed - 1e-3 * (printed > 0), printed + 2e-3]).tolist() == [True, True, False]
    else:
        assert found.holds(q=[0, 1, 1e6]).all()


@pytest.mark.parametrize("order", [2, 3, 4])
@pytest.mark.parametrize(("prefix", "rate"), [("heat", lambda v: r * second(v)), ("advection", lambda v: -nu * centred(v))])
def test_stages_nest_as_in_horners_scheme(order: int, prefix: str, rate: Callable[[sp.Expr], sp.Expr]) -> None:
    """Independent writing of the same method: on a linear equation all methods of order = stages agree."""
    stage = u[0, 0]
    for k in range(order, 0, -1):
        stage = u[0, 0] + rate(stage) / k
    assert _same(gallery[f"{prefix}-rk{order}"].scheme, GridScheme(sp.Eq(u[1, 0], stage)))


@pytest.mark.parametrize("prefix", ["heat", "advection"])
@pytest.mark.parametrize("weights", [(3, -1), (23, -16, 5)])
def test_rates_are_weighed_as_in_the_textbooks(prefix: str, weights: tuple[int, ...]) -> None:
    rates = [r * second(u[-k, 0]) if prefix == "heat" else -nu * centred(u[-k, 0]) for k in range(len(weights))]
    weighed = sum(sp.Rational(b, sum(weights)) * rate for b, rate in zip(weights, rates, strict=True))
    assert _same(gallery[f"{prefix}-ab{len(weights)}"].scheme, GridScheme(sp.Eq(u[1, 0], u[0, 0] + weighed)))


@pytest.mark.parametrize(
    ("name", "rhs", "known"),
    [
        ("forward-euler", r * second(u[0, 0]), "heat-ftcs"),
        ("crank-nicolson", r * second(u[0, 0]), "heat-crank-nicolson"),
        ("backward-euler", r * second(u[0, 0]), "heat-backward-euler"),
        ("BDF2", r * second(u[0, 0]), "heat-bdf2"),
        ("leapfrog", -nu * centred(u[0, 0]), "leapfrog"),
        ("theta", r * second(u[0, 0]), "heat-theta"),
    ],
)
def test_schemes_of_the_textbooks(name: str, rhs: sp.Expr, known: str) -> None:
    assert _same(integrators[name](rhs, u), gallery[known].scheme)


def _same(one: GridScheme, other: GridScheme) -> bool:
    polynomials = (amplification(scheme).polynomial.monic() for scheme in (one, other))
    return sp.cancel(sp.Add(*(sign * p.as_expr() for sign, p in zip((1, -1), polynomials, strict=True)))) == 0


coefficients = st.lists(st.integers(-4, 4), min_size=3, max_size=3).filter(any)


@settings(max_examples=40)
@given(name=st.sampled_from([*FIXED, "theta", "RadauIIA2", "SDIRK2"]), stencil=coefficients)
def test_a_scheme_is_the_characteristic_at_the_symbol_of_the_right_hand_side(name: str, stencil: list[int]) -> None:
    """The method of lines: phi(xi; h q(w)) with q the Fourier symbol."""
    w = sp.Symbol("w_1", nonzero=True)
    rhs = sp.Add(*(c * u[0, j] for c, j in zip(stencil, (-1, 0, 1), strict=True)))
    symbol = sp.Add(*(c * w**j for c, j in zip(stencil, (-1, 0, 1), strict=True)))
    scheme = integrators[name](rhs, u, h)
    turned = amplification(scheme).polynomial.as_expr().subs(sp.Symbol("c_1", real=True), (w + 1 / w) / 2)
    expected = integrators[name].characteristic(h * symbol).as_expr()
    ratio = sp.cancel(sp.together(turned / expected))
    assert not ratio.has(xi, h)


def test_two_dimensions_and_a_system() -> None:
    p, q = GridFunction("p", 2), GridFunction("q", 2)
    rhs = (q[0, 1, 0] - q[0, 0, 0], p[0, 0, 0] - p[0, -1, 0])
    scheme = integrators["RK4"](rhs, (p, q), h)
    single = integrators["RK4"].characteristic(z)
    factor = lambda s: single.as_expr().subs(z, s * h)  # noqa: E731  eigenvalues of the symbol: +- sqrt(w - 2 + 1/w)
    s = sp.Symbol("s")
    c = sp.Symbol("c_1", real=True)
    product = sp.expand(sp.expand(factor(s) * factor(-s)).subs(s, sp.sqrt(2 * c - 2)))
    assert sp.expand(amplification(scheme).polynomial.as_expr() - product) == 0


def test_imex_treats_diffusion_implicitly() -> None:
    """Centred advection, explicit, with backward Euler for diffusion: stable iff nu^2 <= 2 r."""
    found = stability(integrators["imex-euler"]((-nu * centred(u[0, 0]), r * second(u[0, 0])), u), "von-neumann")
    values = np.random.default_rng(0).uniform([-3, 0.01], [3, 3], (200, 2))
    angles = np.linspace(0.001, np.pi, 400)
    for a, b in values:
        growth = np.abs((1 - 1j * a * np.sin(angles)) / (1 + 2 * b * (1 - np.cos(angles)))).max()
        assert abs(growth - 1) < 1e-3 or found.holds(nu=a, r=b) == (growth <= 1)


def test_decimals_and_assumptions() -> None:
    scheme = integrators["theta"](-0.1 * mode[0], mode, h, assumptions=h < 2)
    assert scheme.assumptions == sp.And(theta <= 1, h < 2)
    assert scheme.residuals[0].coeff(mode[1]) == 1 + theta * h / 10


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: integrators["rk4"], "unknown integrator 'rk4': expected one of forward-euler"),
        (lambda: integrators["RK4"](u[1, 0], u), r"expected values at time 0 .*such as u\[0, 0\], got u\[1, 0\]"),
        (lambda: integrators["RK4"](mode[0], u), "expected values at time 0"),
        (lambda: integrators["RK4"](GridFunction("v")[0, 0], u), r"expected values of u in the right-hand side, got v\[0, 0\]"),
        (lambda: integrators["RK4"](u[0, 0] ** 2, u), "linear in the unknowns"),
        (lambda: integrators["RK4"]((u[0, 0], u[0, 1]), u), r"expected 1 right-hand side\(s\), one per unknown, got 2"),
        (lambda: integrators["RK4"](u[0, 0], "u"), "expected a GridFunction or a sequence of them"),
        (lambda: integrators["imex-euler"](u[0, 0], u), "takes a pair"),
        (lambda: integrators["imex-euler"].characteristic(z), r"takes 2 value\(s\) of z, got 1"),
    ],
)
def test_bad_input_is_one_clear_line(call, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
