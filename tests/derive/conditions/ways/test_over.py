"""The line over a cut of the plane: where curves meet, against the exact algebra of SymPy and points of 120 digits."""

from __future__ import annotations

from collections import Counter

import mpmath
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.conditions.ways.algebra import at, factors, sign_at
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.plane.cells import decompose
from derive.conditions.ways.plane.common import common_part, simple_part

p, q = sp.symbols("p q", real=True)
small = st.integers(-3, 3)
conics = st.tuples(*[small] * 6)


def conic(k: tuple[int, ...]) -> sp.Expr:
    return k[0] + k[1] * p + k[2] * q + k[3] * p**2 + k[4] * q**2 + k[5] * p * q


def curves_of(*exprs: sp.Expr) -> list[sp.Poly]:
    return sorted({g for e in exprs for g in factors(sp.Poly(e, p, q))}, key=str)


def roots_at(g: sp.Poly, value) -> list:
    """Real roots in q to many digits, double ones to half of them."""
    numbers = [sp.Poly(c, p).as_expr().subs(p, sp.Float(value, 130)) for c in sp.Poly(g.as_expr(), q).all_coeffs()]
    numbers = [mpmath.mpf(sp.Float(c, 130)._mpf_) for c in numbers]
    while numbers and abs(numbers[0]) < mpmath.mpf(10) ** -90:
        numbers = numbers[1:]
    roots = mpmath.polyroots(numbers, maxsteps=2000, extraprec=800) if len(numbers) > 1 else []
    return [mpmath.re(r) for r in roots if abs(mpmath.im(r)) < mpmath.mpf(10) ** -25]


@settings(max_examples=15)
@given(conics, conics)
def test_corners_are_where_the_curves_pass(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    """Of each curve over each irrational cut: as many as it has distinct roots there, and at those of both, both."""
    curves = curves_of(conic(first), conic(second))
    cells = list(decompose(curves))
    with mpmath.workdps(130):
        for cut in {cell.p for cell in cells if cell.kind == "corner" and cell.p.exact is None}:
            middle = (cut.low + cut.high) / 2
            value = mpmath.mpf(middle.numerator) / middle.denominator
            line = [cell for cell in cells if cell.kind == "corner" and cell.p == cut]
            for k, g in enumerate(curves):
                if g.degree(q) > 0:
                    expected = sorted(roots_at(g, value))
                    distinct = [r for j, r in enumerate(expected) if not j or r - expected[j - 1] > mpmath.mpf(10) ** -25]
                    through = [cell for cell in line if cell.signs[k] == 0]
                    assert len(through) == len(distinct)
                    for cell, root in zip(through, distinct, strict=True):
                        assert float(cell.q.low) - 1e-12 <= root <= float(cell.q.high) + 1e-12


@settings(max_examples=15)
@given(conics, conics)
def test_no_curve_passes_between_a_piece_and_its_neighbours(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    """The signs beside a piece of a line are those on it, of all curves that it is not on."""
    curves = curves_of(conic(first), conic(second))
    for cell in decompose(curves):
        if cell.kind == "line":
            for side, level in cell.beside:
                signs = [sign_at(at(g, side), level) for g in curves]
                assert all(here in (0, there) for here, there in zip(cell.signs, signs, strict=True))


def test_curves_that_touch_along_the_line() -> None:
    """Both have a double root over p = sqrt(3), the same one: their divisor is a square."""
    both = [q**2 - 2 * p * q + 3 + k * (p**2 - 3) for k in (1, 2)]
    corners = [cell for cell in decompose(curves_of(*both)) if cell.kind == "corner" and cell.p.exact is None]
    assert Counter(cell.signs for cell in corners) == {(0, 0): 2}


def test_two_meetings_over_one_number() -> None:
    """A circle and an ellipse, at q and -q; and where they do not, both roots are complex."""
    circle, ellipse = p**2 + q**2 - 3, p**2 + 4 * q**2 - 6
    corners = [cell for cell in decompose(curves_of(circle, ellipse)) if cell.signs == (0, 0)]
    assert len(corners) == 4
    apart = [cell for cell in decompose(curves_of(p**2 + q**2 - 1, p**2 + 4 * q**2 - 7)) if cell.signs == (0, 0)]
    assert apart == []


def test_a_branch_that_goes_to_infinity() -> None:
    """(p^2 - 2) q^2 + q - 1 has one root over p = sqrt(2), at q = 1, and there meets q = p^2 - 1."""
    curves = curves_of((p**2 - 2) * q**2 + q - 1, q - p**2 + 1)
    corners = [cell for cell in decompose(curves) if cell.kind == "corner" and abs(float(cell.p.low) ** 2 - 2) < 1e-9]
    assert [cell.signs for cell in corners] == [(0, 0), (0, 0)]


def test_beside_a_branch_that_goes_to_infinity() -> None:
    """10^4 p q = 1 passes q = 2 at p = 1/20000: the points beside the cut p = 0 are nearer."""
    curves = curves_of(10**4 * p * q - 1, q)
    (piece,) = [cell for cell in decompose(curves) if cell.kind == "line" and cell.q.low > 0]
    for side, level in piece.beside:
        assert [sign_at(at(g, side), level) for g in curves] == list(piece.signs)


def test_over_a_cut_at_which_leading_terms_leave_the_same() -> None:
    """(p^2 - 2) q^2 + q - p is q - p over p = sqrt(2): both curves are one there."""
    corners = [
        cell for cell in decompose(curves_of((p**2 - 2) * q**2 + q - p, q - p)) if abs(float(cell.p.low) - 2**0.5) < 1e-9
    ]
    assert [cell.signs for cell in corners if cell.kind == "corner"] == [(0, 0)]


def test_scaled_curves() -> None:
    """The same cells where everything is near 1e-20, or 1e20."""
    signs = []
    for scale in (sp.Integer(1), sp.Integer(10) ** 20, sp.Integer(10) ** -20):
        both = (e.subs({p: p * scale, q: q * scale}, simultaneous=True) for e in (p**2 + q**2 - 3, p**2 - q))
        curves = [g for e in both for g in factors(sp.Poly(e, p, q))]
        signs.append([cell.signs for cell in decompose(curves)])
    assert signs[0] == signs[1] == signs[2]


@given(
    st.lists(small, min_size=2, max_size=4), st.lists(small, min_size=2, max_size=4), st.lists(small, min_size=1, max_size=3)
)
def test_parts_in_a_field(one: list[int], other: list[int], common: list[int]) -> None:
    """Of products, at p = sqrt(2): the part in common is divided by the factor in common, and is free of squares."""
    mixed = lambda k: sum(c * (p if j % 2 else 1) * q**j for j, c in enumerate(k))  # noqa: E731
    shared = q ** len(common) + mixed(common)
    f, g = (sp.Poly(sp.expand(shared * (q ** len(k) + mixed(k))), p, q) for k in (one, other))
    minimal, root = sp.Poly(p**2 - 2, p), sp.sqrt(2)
    found = common_part(f, g, minimal)
    at_root = lambda h: sp.Poly(h.as_expr().subs(p, root) if isinstance(h, sp.Poly) else h.subs(p, root), q, extension=True)  # noqa: E731
    assert at_root(found).gcd(at_root(found).diff()).degree() == 0
    assert at_root(found).rem(at_root(simple_part(sp.Poly(sp.expand(shared), p, q), minimal))).is_zero
    assert all(at_root(h).rem(at_root(found)).is_zero for h in (f, g))


def test_too_long_for_the_field() -> None:
    f = sp.Poly(q**20 + p * q + 1, p, q)
    with pytest.raises(NoClosedForm):
        common_part(f, f, sp.Poly(p**2 - 2, p))
