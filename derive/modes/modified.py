"""A modified equation and an order of accuracy, as they are found, printed and typeset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp

from derive.modes.formal import DERIVATIVES, TIME
from derive.printing.notebook import markdown
from derive.printing.text import latex, pretty


@dataclass(frozen=True)
class Order:
    """Least powers of dt and of the spacings in the error that stand alone.

    Attributes:
        time: power of dt; infinity if there is none.
        space: power of dx (the least of all axes).
        terms: the leading powers, mixed ones such as dt^2/dx^2 included.
        exponent: p: the scheme is consistent when dt shrinks like dx^p, or faster; 1 along a given path.
    """

    time: sp.Expr
    space: sp.Expr
    terms: tuple[sp.Expr, ...]
    exponent: int

    def __str__(self) -> str:
        shown = f"O({' + '.join(map(str, self.terms))})" if self.terms else "exact"
        return shown if self.exponent == 1 else f"{shown}, consistent if dt shrinks like dx^{self.exponent} or faster"


@dataclass(frozen=True)
class ModifiedEquation:
    """The differential equation that a scheme solves to higher order than the one it was made for.

    Attributes:
        order_in_time: m, of the m-th time derivative on the left.
        limit: right side of the equation approximated; a polynomial in `DERIVATIVES` and, for m = 2, `TIME`.
        errors: power of dt and dx -> what it multiplies on the right side.
        order: order of accuracy.
        in_grid_units: dt = dx = 1; then `limit` has the lowest derivatives, and `order` says nothing.
    """

    order_in_time: int
    limit: sp.Expr
    errors: Mapping[sp.Expr, sp.Expr]
    order: Order
    in_grid_units: bool = False

    @property
    def equation(self) -> sp.Eq:
        """With the leading terms of the error."""
        added = [power * self.errors[power] for power in self.order.terms]
        return self._equation(sp.Add(self.limit, *added))

    @property
    def approximated(self) -> sp.Eq:
        """The equation that is approximated."""
        return self._equation(self.limit)

    def _equation(self, rhs: sp.Expr) -> sp.Eq:
        t = sp.Symbol("t")
        used = [i for i, d in enumerate(DERIVATIVES) if self.limit.has(d) or any(e.has(d) for e in self.errors.values())]
        space = sp.symbols("x y z")[: max(used, default=-1) + 1]
        u = sp.Function("u")(t, *space)
        poly = sp.Poly(sp.expand(rhs), TIME, *DERIVATIVES[: len(space)])
        terms = (sp.factor(c) * _derivative(u, zip((t, *space), powers, strict=True)) for powers, c in poly.terms())
        return sp.Eq(sp.Derivative(u, (t, self.order_in_time)), sp.Add(*terms), evaluate=False)

    def latex(self) -> str:
        """The modified equation, its leading errors with it, as LaTeX without dollar signs."""
        return latex(self.equation)

    def _repr_markdown_(self) -> str:
        return markdown([self.latex()], ["in grid units" if self.in_grid_units else str(self.order)])

    def __repr__(self) -> str:
        return f"ModifiedEquation({'in grid units' if self.in_grid_units else self.order})"

    def __str__(self) -> str:
        return f"{pretty(self.equation)}\n\n{'in grid units' if self.in_grid_units else self.order}"


def _derivative(u: sp.Expr, powers) -> sp.Expr:
    taken = [(variable, n) for variable, n in powers if n]
    return sp.Derivative(u, *taken) if taken else u
