"""A scheme of one unknown that is an integrator applied to a stencil: both are kept, and multiplied out when that is asked for.

On a mode the stencil is a number, its symbol z = dt sum_j c_j w^j, and the integrator a polynomial in xi whose coefficients
are polynomials in z. Expanded, four stages of advection and diffusion in the plane have thousands of terms; composed, the
series of z is put into a polynomial of degree 4.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Protocol

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.printing.notebook import markdown
from derive.printing.text import latex
from derive.schemes.grid import GridScheme


class Polynomial(Protocol):
    """An integrator, as far as it is needed here."""

    name: str
    assumptions: Boolean

    def characteristic(self, *z: sp.Expr) -> sp.Poly:
        """The polynomial in xi whose roots are the amplification factors, in one z for each part."""
        ...


class Composed(GridScheme):
    """An integrator's scheme that is not multiplied out until that is asked for.

    Args:
        expanded: makes the residuals.
        right: dt f(u), in values at time 0.
        integrator: what advances it.
        marks: in how many z the integrator's polynomial is.
        like: a scheme of the same unknowns, coefficients and assumptions, which was checked.
    """

    def __init__(
        self,
        expanded: Callable[[], tuple[sp.Expr, ...]],
        right: tuple[sp.Expr, ...],
        integrator: Polynomial,
        marks: int,
        like: GridScheme,
    ) -> None:
        """Nothing is multiplied out yet."""
        self.right, self.integrator, self.places, self.frozen = right, integrator, {}, {}
        self.marks: tuple[sp.Dummy, ...] = sp.symbols(f"z:{marks}", cls=sp.Dummy)
        self.assumptions, self.unknowns = like.assumptions, like.unknowns
        self._expanded, self._like = expanded, like

    @cached_property
    def residuals(self) -> tuple[sp.Expr, ...]:  # type: ignore[override]
        """As of any scheme."""
        return self._expanded()

    @property
    def characteristic(self) -> sp.Poly:
        """The integrator's polynomial in xi, in one of `marks` for each z."""
        return self.integrator.characteristic(*self.marks)

    @property
    def dims(self) -> int:
        """Number of space dimensions."""
        return self._like.dims

    @property
    def parameters(self) -> tuple[sp.Symbol, ...]:
        """The symbols in the coefficients, by name, those of the integrator among them."""
        polynomial = self.characteristic
        own = {s for s in polynomial.free_symbols if isinstance(s, sp.Symbol)}.difference(self.marks, polynomial.gens)
        return tuple(sorted({*self._like.parameters, *own}, key=str))

    def _repr_markdown_(self) -> str:
        return markdown([latex(one) for one in self.right], [f"dt f(u), advanced by {self.integrator.name}"])

    def __repr__(self) -> str:
        return f"GridScheme({self.integrator.name} of dt f(u) = {' and '.join(map(str, self.right))})"


class ComposedScheme(Composed):
    """Of one unknown; the right-hand side in as many parts as the integrator takes apart."""

    def __init__(
        self, expanded: Callable[[], tuple[sp.Expr, ...]], right: tuple[sp.Expr, ...], integrator: Polynomial, like: GridScheme
    ) -> None:
        super().__init__(expanded, right, integrator, len(right), like)
