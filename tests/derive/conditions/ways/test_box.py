"""A box about a corner holds no other place where a formula holds: against a grid of points in it."""

from __future__ import annotations

import numpy as np
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.conditions.ways.algebra import factors
from derive.conditions.ways.plane.box import box_about, outside
from derive.conditions.ways.plane.cells import decompose

p, q = sp.symbols("p q", real=True)
conics = st.tuples(*[st.integers(-3, 3)] * 6)


def conic(k: tuple[int, ...]) -> sp.Expr:
    return k[0] + k[1] * p + k[2] * q + k[3] * p**2 + k[4] * q**2 + k[5] * p * q


@settings(max_examples=20)
@given(conics, conics)
def test_nothing_else_is_in_the_box(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    """Of corners at which both conics vanish, and the formula that says so about none but one side of each."""
    both = [sp.Poly(conic(k), p, q) for k in (first, second)]
    curves = sorted({g for f in both for g in factors(f)}, key=str)
    cells = list(decompose(curves))
    values = sp.lambdify([p, q], [g.as_expr() for g in curves], "numpy")
    corners = [cell for cell in cells if cell.kind == "corner" and None in (cell.p.exact, cell.q.exact)]
    for corner in corners[:2]:
        for side in (-1, 1):
            holds = lambda cell, side=side: all(sign in (0, side) for sign in cell.signs)  # noqa: E731
            box = box_about(curves, corner, cells, holds)
            if box is None or not holds(corner):
                continue
            left, right, low, high = map(float, box)
            assert left < corner.p.low <= corner.p.high < right
            assert low < corner.q.low <= corner.q.high < high
            x, y = np.meshgrid(np.linspace(left, right, 41), np.linspace(low, high, 41))
            met = np.all([np.broadcast_to(side * v, x.shape) > 1e-9 for v in values(x, y)], axis=0)
            assert not met.any()
            assert (
                outside(box, (p, q)).subs({p: (corner.p.low + corner.p.high) / 2, q: (corner.q.low + corner.q.high) / 2})
                == sp.false
            )


def test_no_box_at_an_end_of_the_domain() -> None:
    """Left of it there is nothing."""
    curves = [sp.Poly(p, p, q), sp.Poly(q**2 - 2, p, q)]
    cells = list(decompose(curves, lambda axis, value: axis == 1 or value.low >= 0))
    corner = next(cell for cell in cells if cell.kind == "corner" and cell.q.low > 0)
    assert box_about(curves, corner, cells, lambda cell: cell == corner) is None
