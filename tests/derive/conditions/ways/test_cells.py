"""Cells of one parameter against the exact verdict on numbers, which knows nothing of cells."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from derive import GridFunction, GridScheme
from derive.conditions.stability import stability
from derive.conditions.ways.at_numbers import AtNumbers
from derive.conditions.ways.cells import stable_values
from derive.conditions.ways.margins import NoClosedForm, complex_coefficients, gaps
from derive.conditions.ways.schur import GRADES, numeric_verdict
from derive.fields.phases import COSINES, SINES
from derive.fields.symbols import xi
from derive.modes.amplification import amplification
from derive.modes.roots import roots_of
from derive.reading.parse import parse_scheme

WAVE = "u[1, 0] == 2*u[0, 0] - u[-1, 0] + nu**2*(u[0, 1] - 2*u[0, 0] + u[0, -1])"
LEAPFROG = "u[1, 0] == u[-1, 0] - nu*(u[0, 1] - u[0, -1])"
BDF2 = "3*u[1, 0] == 4*u[0, 0] - u[-1, 0] + 2*nu*(u[1, 1] - 2*u[1, 0] + u[1, -1])"
DAMPED = "u[1, 0] == nu*u[0, -1]"
VALUES = [sp.Rational(k, 4) for k in range(-8, 9)]
TURNS = [sp.Rational(p, q) for p, q in ((0, 1), (1, 5), (1, 2), (1, 1), (2, 1), (7, 1), (-1, 1))]


@pytest.mark.parametrize("grade", GRADES)
@pytest.mark.parametrize("text", [WAVE, LEAPFROG, BDF2, DAMPED])
def test_a_stable_value_qualifies_at_every_phase_tried(text: str, grade: str) -> None:
    """Phases of rational cosine and sine; and a value that is not stable fails at one of them, or of an angle of pi."""
    found = amplification(parse_scheme(text))
    (nu,) = (s for s in found.polynomial.free_symbols if str(s) == "nu")
    stable = stable_values(found, nu, grade)
    phi = [c.real.as_expr() + sp.I * c.imaginary.as_expr() for c in complex_coefficients(found.polynomial)]
    circle = [((1 - t**2) / (1 + t**2), 2 * t / (1 + t**2)) for t in TURNS] + [(sp.Integer(-1), sp.Integer(0))]
    for value in VALUES:
        places = [{nu: value, COSINES[0]: c, SINES[0]: s} for c, s in circle]
        numbers = [[sp.expand(k.subs(place)) for k in phi] for place in places]
        assert (value in stable) == all(numeric_verdict(own, grade) for own in numbers), value


def test_a_root_on_the_circle_at_all_phases_leaves_what_may_never_be() -> None:
    """Translation: |lead| = |const|, and a polynomial of one root is self-inversive; not so for the grade schur."""
    phi = complex_coefficients(amplification(parse_scheme("u[1, 0] == u[0, -1]")).polynomial)
    assert gaps(phi, "power-bounded") == []
    ((lead, demanded),) = gaps(phi, "schur")
    assert (lead.as_expr(), demanded) == (1, "never")


@pytest.mark.parametrize(
    ("text", "own", "neighbour"),
    [
        ("u[1,0] == (p+1/7)*u[0,0] + (u[0,1]-u[0,-1])/2", lambda p: p + sp.Rational(1, 7), lambda p: 1),
        ("u[1,0] == p*u[0,0] + (u[0,1]-u[0,-1])/2", lambda p: p, lambda p: 1),
        ("u[1,0] == (p**2-1/4)*u[0,0] + (u[0,1]-u[0,-1])/2", lambda p: p**2 - sp.Rational(1, 4), lambda p: 1),
        (
            "u[1,0] == (p-1/3)*u[0,0] + (p+2/3)*(u[0,1]-u[0,-1])/2",
            lambda p: p - sp.Rational(1, 3),
            lambda p: p + sp.Rational(2, 3),
        ),
    ],
)
def test_where_roots_of_two_factors_meet_is_a_cut(text: str, own, neighbour) -> None:
    """xi = own + i neighbour sin(theta), so |xi|^2 is greatest at sin = 1: stable at single values, between unstable ones."""
    found = stability(parse_scheme(text))
    assert found.status == "exact"
    for p in (sp.Rational(k, 84) for k in range(-168, 169)):
        assert found.holds(p=p) == (own(p) ** 2 + neighbour(p) ** 2 <= 1), p


def test_roots_that_meet_at_an_irrational_value() -> None:
    """To forty digits they do not converge there."""
    found = stability(parse_scheme("u[4] == 12*u[2] + 3*p*u[1]/4 - u[0]"), "power-bounded")
    assert found.status == "exact"
    (p,) = found.polynomial.free_symbols - {xi}
    for value in range(-60, 61, 3):
        largest = max(abs(np.roots([complex(c.subs(p, value)) for c in found.polynomial.all_coeffs()])))
        assert abs(largest - 1) > 1e-6
        assert (found.condition.subs(p, value) == sp.true) == (largest < 1)


@pytest.mark.parametrize(("share", "stable"), [("1", False), ("1/2", True)])
def test_a_root_that_never_leaves_the_circle_may_meet_another(share: str, stable: bool) -> None:
    """Roots are -w and -share (1 - p + p w), both -1 at zero phase if the share is 1; the last of the gaps is zero."""
    moving = lambda n, j: f"{share}*((1 - p)*u[{n}, {j}] + p*u[{n}, {j + 1}])"  # noqa: E731
    found = stability(parse_scheme(f"u[2, 0] + u[1, 1] + {moving(1, 0)} + {moving(0, 1)} == 0"), "power-bounded")
    assert found.status == "exact"
    at_numbers = AtNumbers(found.amplification)
    for p, expected in ((sp.Rational(1, 2), stable), (sp.Integer(2), False)):
        assert found.holds(p=p) == at_numbers.stable({"p": p}, "power-bounded") == expected


GOLDEN, FIFTH, HALF = sp.sqrt(5) / 2, sp.sqrt(5) / 5, sp.Rational(1, 2)
EDGES = {
    "u[1,0] == u[-1,0] - (a + a**2)*(u[0,1] - u[0,-1])": sp.Interval.open(-GOLDEN - HALF, GOLDEN - HALF),
    "u[1,0] == u[-1,0] - a*(u[0,1] - u[0,-1]) + 2*a**2*(u[-1,1] - 2*u[-1,0] + u[-1,-1])": sp.Interval(-FIFTH, FIFTH),
    "u[1,0] == 2*u[0,0] - u[-1,0] + (a + a**2)*(u[0,1] - 2*u[0,0] + u[0,-1])": sp.S.EmptySet,
}
"""Leapfrog, whose roots meet at pi/2 on the edge; with lagged diffusion they do not; of waves two are 1 for long ones."""


@pytest.mark.parametrize(("text", "where"), EDGES.items())
def test_simple_roots_at_irrational_edges(text: str, where: sp.Set) -> None:
    assert stable_values(amplification(parse_scheme(text)), sp.Symbol("a", real=True), "power-bounded") == where


def test_edges_of_random_schemes_of_three_levels() -> None:
    """Power-bounded at an irrational edge: at none of 4001 phases are two roots near each other and the circle."""
    generator, told = np.random.default_rng(5), {True: 0, False: 0}
    theta = np.linspace(0, np.pi, 4001)
    c, s, a = COSINES[0], SINES[0], sp.Symbol("a", real=True)
    for draw in range(24):
        k = [int(x) for x in generator.integers(-3, 4, 4) * ([1, 1, 0, 0] if draw % 3 == 0 else [1, 1, 1, 1])]
        text = f"u[1,0] == u[-1,0] + ({k[0]}*a + {k[1]}*a**2)*(u[0,1] - u[0,-1])/2"
        found = amplification(parse_scheme(text + f" + ({k[2]}*a + {k[3]}*a**2)*(u[-1,1] - 2*u[-1,0] + u[-1,-1])"))
        try:
            stable = stable_values(found, a, "power-bounded")
        except NoClosedForm:
            continue
        phi = [part.real.as_expr() + sp.I * part.imaginary.as_expr() for part in complex_coefficients(found.polynomial)]
        values = sp.lambdify([c, s, a], phi, "numpy")
        for end in {e for piece in _pieces(stable) for e in (piece.start, piece.end) if e.is_finite and not e.is_rational}:
            rows = [np.broadcast_to(x, theta.shape) for x in values(np.cos(theta), np.sin(theta), float(end))]
            roots = roots_of(np.stack(rows, axis=-1).astype(complex))
            apart = (abs(roots[:, 0] - roots[:, 1]) + 1 - abs(roots).min(axis=-1)).min()
            if apart < 0.02 or apart > 0.2:
                assert stable.contains(end) == (apart > 0.1), (text, k, end)
                told[apart > 0.1] += 1
    assert min(told.values()) > 3


def _pieces(stable: sp.Set) -> list[sp.Interval]:
    parts = stable.args if isinstance(stable, sp.Union) else (stable,)
    return [part for part in parts if isinstance(part, sp.Interval)]


@pytest.mark.parametrize("grade", ["von-neumann", "power-bounded"])
def test_three_levels_without_space(grade: str) -> None:
    """Adams and Bashforth's three steps on decay: 6/11, as in the textbooks (Hairer and Wanner, V.1)."""
    found = stability(parse_scheme("u[1] == u[0] - p*(23*u[0] - 16*u[-1] + 5*u[-2])/12"), grade)
    assert (found.status, found.grade) == ("exact", grade)
    assert found.holds(p=[-1e-9, 0.0, 6 / 11 - 1e-9, 6 / 11 + 1e-9]).tolist() == [False, True, True, False]


@pytest.mark.parametrize(
    ("first", "second"),
    [("(1 + c)*(2*c - 1)**2/4", "(3 + c)*(c - p)**2"), ("(1 - c)*(2*c - 1)**2", "(1 + c)*(c - p)**2")],
)
def test_roots_that_stay_on_the_circle_meet_at_one_value(first: str, second: str) -> None:
    """1 - B = F/64 and phi(1) = G/32: at c = 1/2 both factors are on the circle for all p, and both are 1 at p = 1/2."""
    c, w, p = sp.symbols("c w p", real=True)
    one, other = (sp.sympify(text, locals={"c": c, "p": p}) for text in (first, second))
    u = GridFunction("u", 1)
    in_w = lambda e: sp.Poly(sp.expand(e.subs(c, (w + 1 / w) / 2) * w**4), w)  # noqa: E731
    level = lambda e, n: sum(k * u[n, j - 4] for (j,), k in in_w(e).terms())  # noqa: E731
    scheme = GridScheme(u[1, 0] - level(2 - one / 64 - other / 32, 0) + level(1 - one / 64, -1))
    exactly = AtNumbers(amplification(scheme))
    stable = stable_values(amplification(scheme), p, "power-bounded")
    for value in (sp.Rational(1, 2), sp.Rational(1, 3), sp.S.Zero, sp.Rational(-7, 2)):
        assert (value in stable) == exactly.stable({"p": value}, "power-bounded")
    assert sp.Rational(1, 2) not in stable
