"""Schemes of books and papers that are not in the gallery, and the condition that is known of each."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from derive import stability
from derive.conditions.closed_form import closed_form
from derive.conditions.ways.cells import holds_at_numbers
from derive.conditions.ways.margins import Complex, NoClosedForm
from derive.conditions.ways.signs import Domain
from derive.conditions.ways.torus.facts import Facts
from derive.fields.phases import COSINES
from derive.modes.amplification import amplification
from derive.reading.parse import parse_scheme
from tests.derive.textbook.statement import evaluate

a, b, c, f, g, h, nu, s, w = sp.symbols("a b c f g h nu s w", real=True)

_YEE = ["h[1/2,0] - h[-1/2,0] == nu*(e[0,1/2] - e[0,-1/2])"]
_MEDIUM = "e[1,0] - e[0,0] + p[1,0] - p[0,0] == nu*(h[1/2,1/2] - h[1/2,-1/2])"
_SLOPES = "a*(U[0,1,0] - U[0,-1,0]) + b*(U[0,0,1] - U[0,0,-1])"
_MEAN = "(u[0,1,0] + u[0,-1,0] + u[0,0,1] + u[0,0,-1])/4"


def _cross(name: str, n: str, axis: int, difference: int) -> str:
    """Values at the corners of a cell, with signs of a difference along an axis, or of the mean (difference 0)."""
    corners = [(i, j) for i in (1, -1) for j in (1, -1)]
    signs = [(1, (i, j)[axis])[difference] for i, j in corners]
    return " + ".join(f"({sign})*{name}[{n},{i}/2,{j}/2]" for sign, (i, j) in zip(signs, corners, strict=True))


ROTATED = [  # Wilson, J. Inst. Maths Applics 9 (1972)
    f"p[1/2,0,0] == ({_cross('u', '0', 0, 0)})/4 - a*({_cross('u', '0', 0, 1)})/4 - b*({_cross('u', '0', 1, 1)})/4",
    f"u[1,0,0] == u[0,0,0] - a*({_cross('p', '1/2', 0, 1)})/2 - b*({_cross('p', '1/2', 1, 1)})/2",
]
TWO_STEPS = [  # Richtmyer and Morton 1967, Sec 13.4
    f"p[1,0,0] == {_MEAN} - ({_SLOPES.replace('U', 'u')})/2",
    f"u[2,0,0] == u[0,0,0] - ({_SLOPES.replace('U[0', 'p[1')})",
]
SWEEPS = [  # Strang 1968
    "p[1,0,0] == u[0,0,0] - a*(u[0,1,0] - u[0,-1,0])/2 + a**2*(u[0,1,0] - 2*u[0,0,0] + u[0,-1,0])/2",
    "u[1,0,0] == p[1,0,0] - b*(p[1,0,1] - p[1,0,-1])/2 + b**2*(p[1,0,1] - 2*p[1,0,0] + p[1,0,-1])/2",
]
DEBYE = [*_YEE, _MEDIUM, "w*(p[1,0] - p[0,0]) + (p[1,0] + p[0,0])/2 == s*(e[1,0] + e[0,0])/2"]  # Petropoulos 1994
LORENTZ = [  # Kashiwa and others 1990
    *_YEE,
    _MEDIUM,
    "p[1,0] - p[0,0] == (j[1,0] + j[0,0])/2",
    "j[1,0] - j[0,0] == w*s*(e[1,0] + e[0,0])/2 - w*(p[1,0] + p[0,0])/2 - g*(j[1,0] + j[0,0])/2",
]
IN_A_WIND = [  # Lax and Friedrichs: |w| + |c| <= 1
    f"{x}[1,0] == ({x}[0,1] + {x}[0,-1])/2 - w*({x}[0,1] - {x}[0,-1])/2 - c*({y}[0,1] - {y}[0,-1])/2" for x, y in ("hq", "qh")
]
POTENTIAL = ["u[1,0] - u[-1,0] == 2*I*(a*(u[0,1] - 2*u[0,0] + u[0,-1]) - b*u[0,0])"]  # Askar and Cakmak 1978
D_GRID = [  # Beckers and Deleersnijder 1993; beside its edge f = 2 there is growth at both sides
    "h[1,0] == h[0,0] - a*(u[0,3/2] + u[0,1/2] - u[0,-1/2] - u[0,-3/2])/4",
    "u[1,0] == u[0,0] + f*(v[0,1/2] + v[0,-1/2])/2 - a*(h[1,3/2] + h[1,1/2] - h[1,-1/2] - h[1,-3/2])/4",
    "v[1,0] == v[0,0] - f*(u[1,1/2] + u[1,-1/2])/2",
]
KNOWN = {
    "rotated Richtmyer": (ROTATED, [], a**2 + b**2 <= 1),
    "two-step Richtmyer": (TWO_STEPS, [], a**2 + b**2 <= sp.Rational(1, 2)),
    "Lax-Wendroff, an axis at a time": (SWEEPS, [], (a**2 <= 1) & (b**2 <= 1)),
    "Yee in a Debye medium": (DEBYE, ["s", "w"], nu**2 <= 1),
    "Yee in a Lorentz medium": (LORENTZ, ["s", "w", "g"], nu**2 <= 1),
    "waves in a wind": (IN_A_WIND, [], sp.Abs(w) + sp.Abs(c) <= 1),
    "Schroedinger with a potential": (POTENTIAL, [], (sp.Abs(b) < 1) & (sp.Abs(4 * a + b) < 1)),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known(name: str) -> None:
    texts, positive, known = KNOWN[name]
    found = stability(parse_scheme(*texts, positive=positive))
    assert found.status == "exact"
    generator = np.random.default_rng(0)
    points = {p.name: generator.uniform(0.01 if p.is_positive else -1.3, 1.3, 400) for p in found.parameters}
    assert (found.holds(**points) == evaluate(known, points)).all()


def test_linear_bounds() -> None:
    """(w + c)^2 <= 1 is a product of two factors of which one at least is positive."""
    assert all(sp.Poly(margin).total_degree() == 1 for margin in stability(parse_scheme(*IN_A_WIND)).margins)


@pytest.mark.parametrize(("at", "stable"), [((1.0, 1.9), True), ((1.0, 2.0), True), ((1.1, 2.0), False), ((0.2, 2.1), False)])
def test_both_sides_of_an_edge_unstable(at: tuple[float, float], stable: bool) -> None:
    """(1 + c) (f^2 + a^2 (1 - c^2)) <= 8 for all cosines c; on f = 2 next to c = 1 that is a^2 <= 1."""
    found = stability(parse_scheme(*D_GRID, positive=["f"]))
    cosine = np.linspace(-1, 1, 4001)
    left = (1 + cosine) * (at[1] ** 2 + at[0] ** 2 * (1 - cosine**2))
    assert found.status == "exact"
    assert found.holds(a=at[0], f=at[1]) == (left.max() <= 8 + 1e-12) == stable


def test_where_a_margin_vanishes_the_scheme_is_asked_again() -> None:
    """Without waves, nu = 0, three roots are 1: what the reduction says there is nothing."""
    found = stability(parse_scheme(*DEBYE, positive=["s", "w"]))
    assert (found.grade, found.holds(nu=0.0, s=1.0, w=1.0)) == ("von-neumann", True)


WIDE = [
    "W <= 4*W*beta + 4",
    "d[1] == d[0] + v[0] + (1/2-beta)*a[0] + beta*a[1]",
    "v[1] == v[0] + a[0]/2 + a[1]/2",
    "a[1] == -W*d[1]",
]
THIRD = (  # Warming, Kutler and Lomax 1973, the slope and the curvature of two cells: |nu| <= 1 and 4 nu^2 - nu^4 <= w <= 3
    "u[1,0] - u[0,0] == -nu*(u[0,1] - u[0,-1])/2 + (nu - nu**3)*(u[0,2] - 2*u[0,1] + 2*u[0,-1] - u[0,-2])/12 + "
    "nu**2*(u[0,2] - 2*u[0,0] + u[0,-2])/8 - w*(u[0,2] - 4*u[0,1] + 6*u[0,0] - 4*u[0,-1] + u[0,-2])/24"
)
COMPACT = (  # Crandall's scheme with a weight: r (1 - 2 b) <= 1/3
    "u[1,0] - u[0,0] + (u[1,1] - 2*u[1,0] + u[1,-1] - u[0,1] + 2*u[0,0] - u[0,-1])/12 == "
    "r*b*(u[1,1] - 2*u[1,0] + u[1,-1]) + r*(1 - b)*(u[0,1] - 2*u[0,0] + u[0,-1])"
)


def test_newmark_without_the_factor_that_never_vanishes() -> None:
    """Where W beta = -1 there is no new value, so that (W beta + 1) (4 W beta + 4 - W) >= 0 says W (1 - 4 beta) <= 4."""
    found = stability(parse_scheme(*WIDE[1:], positive=["W"]))
    assert str(found.condition) == WIDE[0]


def test_a_weight_of_any_sign() -> None:
    assert str(stability(parse_scheme(COMPACT, positive=["r"])).condition) == "3*r <= 6*b*r + 1"


def test_a_bound_for_long_alternatives() -> None:
    """The book's condition; and two cells in a step without the fourth difference, an exact shift, which it leaves out."""
    condition = stability(parse_scheme(THIRD)).condition
    booked, shift = sp.And(w >= 0, w <= 3, nu**2 <= 1, 4 * nu**2 <= nu**4 + w), sp.And(sp.Eq(w, 0), sp.Eq(nu**2, 4))
    assert condition == sp.Or(booked, shift)


def test_irrational_coefficients_are_no_traceback() -> None:
    """Linear programmes and curves in the plane want rational numbers: a way that cannot go on leaves it to the next."""
    text = (
        "u[1,0] - 2*u[0,0] + u[-1,0] == a*(u[0,2] - 2*u[0,1] + 2*u[0,-1] - u[0,-2])/2 + g**2*(u[0,1] - u[0,-1])/2"
        " - sqrt(2)*c*(u[-1,1] - 2*u[-1,0] + u[-1,-1]) - g**2*(u[0,0] - u[0,-1])"
    )
    with pytest.raises(NoClosedForm):
        closed_form(amplification(parse_scheme(text, positive=["a", "g"])), "von-neumann")
    assert not Facts(Domain.of([a, b]), (a - b,)).imply(sp.sqrt(2) * a - b)


def test_where_nothing_is_left_of_a_polynomial() -> None:
    """Where a denominator that was multiplied out vanishes all coefficients may: no new value, and no traceback."""
    nothing = sp.Poly(0, COSINES[0])
    assert holds_at_numbers([Complex(nothing, nothing)] * 3, COSINES[0], "von-neumann") is False
