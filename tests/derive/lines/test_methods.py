"""Runge-Kutta and multistep methods of any kind, against the tableaux of nodepy and the stability function by linear solves."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache

import mpmath
import numpy as np
import pytest
import sympy as sp

from derive import InputError, integrators, multistep, runge_kutta, stability
from derive.conditions.ways.integrator_line import qualifying
from derive.gallery.operators import centred, second
from derive.gallery.parameters import nu, r, u
from derive.modes.amplification import MARK

peer = pytest.importorskip("nodepy.runge_kutta_method", reason="nodepy is in requirements-peers.lock")
z = sp.Symbol("z")

OURS = {  # nodepy's name -> ours
    **{"Mid22": "RK2", "Heun22": "Heun2", "Heun33": "Heun3", "RK44": "RK4", "Merson43": "Merson4", "Fehlberg45": "Fehlberg5"},
    **{
        "SSP33": "SSP33",
        "SSP43": "SSP43",
        "SSP104": "SSP104",
        "BS3": "BS3",
        "CK5": "CK5",
        "DP5": "DP5",
        "BE": "backward-euler",
    },
    **{"GL2": "Gauss2", "GL3": "Gauss3", "RadauIIA2": "RadauIIA2", "RadauIIA3": "RadauIIA3"},
    **{f"LobattoIII{k}": f"LobattoIII{k}" for k in ("A2", "A3", "C2", "C3")},
    **{"SDIRK23": "SDIRK3", "FE": "forward-euler", "BE": "backward-euler"},
}
FEW = ["RK44", "Fehlberg45", "SDIRK23", "RadauIIA3", "SSP53"]
ALL = list(peer.loadRKM())
NEVER_ON_THE_IMAGINARY_AXIS = ["BuRK65", "CK5", "Fehlberg45", "HH5", "SSP85"]


@cache
def tableau(name: str) -> tuple[mpmath.matrix, mpmath.matrix, bool]:
    """Entries to 40 digits, and whether they are rounded ones."""
    method = peer.loadRKM(name)
    entries = [sp.sympify(x) for x in (*method.A.flat, *method.b)]
    with mpmath.workdps(40):
        numbers = [mpmath.mpf(str(x)) if x.is_Float else mpmath.mpf(str(x.evalf(40))) for x in entries]
        s = len(method.b)
        return (
            mpmath.matrix(np.reshape(numbers[: s * s], (s, s)).tolist()),
            mpmath.matrix(numbers[s * s :]),
            any(x.is_Float for x in entries),
        )


def factor(name: str, value: complex) -> mpmath.mpc:
    """1 + z b (I - z A)^-1 e, by solving for the stages."""
    a, b, _ = tableau(name)
    with mpmath.workdps(40):
        e = mpmath.matrix([1] * len(b))
        stages = mpmath.lu_solve(mpmath.eye(len(b)) - value * a, e)
        return 1 + value * sum(w * k for w, k in zip(b, stages, strict=True))


def growth(name: str, value: complex) -> mpmath.mpf:
    """|R(z)| - 1, to 40 digits."""
    with mpmath.workdps(40):
        return abs(factor(name, value)) - 1


@pytest.mark.parametrize("name", OURS)
def test_methods_by_name_are_those_of_the_peer(name: str) -> None:
    lead, constant = integrators[OURS[name]].characteristic(z).all_coeffs()
    ours = sp.lambdify(z, -constant / lead, "mpmath")
    for value in (-0.3 + 0.7j, -2 + 0.1j, 1j / 3):
        assert complex(ours(value)) == pytest.approx(complex(factor(name, mpmath.mpc(value))), rel=1e-13)


@pytest.mark.parametrize("name", [*FEW, *(pytest.param(name, marks=pytest.mark.slow) for name in ALL if name not in FEW)])
@pytest.mark.parametrize("unit", [sp.S.One, sp.I])
def test_where_a_method_is_stable(name: str, unit: sp.Expr) -> None:
    """Inside and outside of the stretch around zero, a thousandth from its ends, and in steps between."""
    method = peer.loadRKM(name)
    integrator = runge_kutta(method.A, method.b, name)
    assert integrator.rounded == tableau(name)[2]
    pieces = qualifying(integrator.characteristic(MARK), MARK, unit, "von-neumann")
    (around,) = [piece for piece in pieces if piece.contains(0) == sp.true]
    end = float(-around.inf if unit == 1 else around.sup)
    turn = lambda x: mpmath.mpc(-x) if unit == 1 else mpmath.mpc(0, x)  # noqa: E731
    inside = np.linspace(0, min(end, 50) * (1 - 1e-3), 60)[1:] if end else []
    assert all(growth(name, turn(x)) < _rounding(name) for x in inside)
    if math.isfinite(end):
        beyond = end * (1 + 1e-3) if end else 0.5
        assert growth(name, turn(beyond)) > 0


def _rounding(name: str) -> float:
    """What rounded entries move the factor by; those of SSP53 have ten digits."""
    return (1e-8 if name == "SSP53" else 1e-12) if tableau(name)[2] else 1e-30


@pytest.mark.parametrize(("name", "end"), [("RK44", 8**0.5), ("Fehlberg45", 0)])
def test_advection_by_methods_of_the_users_own(name: str, end: float) -> None:
    method = peer.loadRKM(name)
    found = stability(runge_kutta(method.A, method.b)(-nu * centred(u[0, 0]), u))
    assert (found.status, found.grade) == ("exact", "power-bounded")
    assert found.holds(nu=[0, end * 0.999, end * 1.001 + 1e-9, -end]).tolist() == [True, True, False, True]


@pytest.mark.slow
@pytest.mark.parametrize("name", NEVER_ON_THE_IMAGINARY_AXIS)
def test_never(name: str) -> None:
    method = peer.loadRKM(name)
    assert stability(runge_kutta(method.A, method.b)(-nu * centred(u[0, 0]), u)).condition == sp.Eq(nu, 0)


def test_an_irrational_tableau() -> None:
    """Two stages of order 3: the other root of 6 g^2 - 6 g + 1 = 0 makes a method that is not A-stable."""
    for sign, stable in ((1, True), (-1, False)):
        g = (3 + sign * sp.sqrt(3)) / 6
        method = runge_kutta([[g, 0], [1 - 2 * g, g]], [sp.S.Half, sp.S.Half])
        found = stability(method(r * second(u[0, 0]), u))
        assert (method.order, found.status) == (3, "exact")
        assert found.holds(r=100.0) == stable


def test_a_parameter_in_the_tableau() -> None:
    a = sp.Symbol("a", positive=True)
    method = runge_kutta([[a]], [1 - 1 / (2 * a), 1 / (2 * a)])
    assert (method.order, method.characteristic(z).as_expr()) == (2, integrators["RK2"].characteristic(z).as_expr())


@pytest.mark.parametrize("k", [2, 3, 4, 5])
def test_multistep_families_are_those_of_the_peer(k: int) -> None:
    from nodepy import linear_multistep_method as lmm

    families = [(lmm.Adams_Bashforth, f"AB{k}"), (lmm.backward_difference_formula, f"BDF{k}")]
    families += [(lmm.Adams_Moulton, f"AM{k}")] if k < 5 else []
    families += [(lmm.Nystrom, f"Nystrom{k}")] if k in (3, 4) else []
    for make, name in families:
        theirs = make(k)
        ratio = sp.cancel(
            multistep(theirs.alpha, theirs.beta).characteristic(z).as_expr() / integrators[name].characteristic(z).as_expr()
        )
        assert ratio.is_number
        assert integrators[name].order == theirs.p


def test_rounded_entries_are_told() -> None:
    third = [[0.5], [-1.0, 2.0]], [1 / 6, 2 / 3, 1 / 6]
    assert runge_kutta(*third).rounded
    assert runge_kutta(*third).order == 3
    assert not runge_kutta([[0.5], [-1, 2]], [Fraction(1, 6), Fraction(2, 3), Fraction(1, 6)]).rounded


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: runge_kutta([[0, 0], [1]], [0, 1]), "expected 2 rows of 2 entries for 2 weights, got rows of 2, 1"),
        (lambda: runge_kutta([["a", 0], [1, 0]], [0, 1]), "expected numbers of the method, got 'a'"),
        (lambda: runge_kutta([[0, 0], [float("inf"), 0]], [0, 1]), "expected finite real numbers"),
        (lambda: runge_kutta([[0, 0], [1, 0]], [1, 1]), "expected weights that sum to 1"),
        (lambda: runge_kutta("ab", [1]), "expected rows of numbers"),
        (lambda: multistep([1, -1, 0], [0, Fraction(3, 2), Fraction(-1, 2)]), "the oldest level first"),
        (lambda: multistep([1, -1], [0, 1]), "expected a consistent method"),
        (lambda: multistep([-1, 1], [1]), "as many alpha as beta"),
    ],
)
def test_bad_methods_are_one_clear_line(call, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("alpha", [[-5, 4, 1], [2, -3, 1]])
def test_what_is_not_zero_stable_is_said_so(alpha: list[int]) -> None:
    """Roots at -5 and at 2; the rate makes each consistent."""
    slope = sum(j * a for j, a in enumerate(alpha))
    beta = [0] * (len(alpha) - 2) + [slope, 0]
    with pytest.warns(UserWarning, match="is not zero-stable"):
        multistep(alpha, beta)
