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
        integrator: what advances the right-hand side.
        marks: in how many z its polynomial is.
        like: a scheme of the same unknowns, coefficients and assumptions, which was checked.
    """

    def __init__(
        self, expanded: Callable[[], tuple[sp.Expr, ...]], integrator: Polynomial, marks: int, like: GridScheme
    ) -> None:
        """Nothing is multiplied out yet."""
        self.integrator, self.places, self.frozen = integrator, {}, {}
        self.assumptions, self.unknowns = like.assumptions, like.unknowns
        self._expanded, self._marks, self._like = expanded, marks, like

    @cached_property
    def residuals(self) -> tuple[sp.Expr, ...]:  # type: ignore[override]
        """As of any scheme."""
        return self._expanded()

    @property
    def dims(self) -> int:
        """Number of space dimensions."""
        return self._like.dims

    @property
    def parameters(self) -> tuple[sp.Symbol, ...]:
        """The symbols in the coefficients, by name, those of the integrator among them."""
        marks = sp.symbols(f"z:{self._marks}", cls=sp.Dummy)
        polynomial = self.integrator.characteristic(*marks)
        own = {s for s in polynomial.free_symbols if isinstance(s, sp.Symbol)}.difference(marks, polynomial.gens)
        return tuple(sorted({*self._like.parameters, *own}, key=str))


class ComposedScheme(Composed):
    """Of one unknown.

    Args:
        expanded: makes the residuals.
        parts: dt f(u) of every part of the right-hand side, in values at time 0.
        integrator: what advances it.
        like: a scheme of the same unknown, coefficients and assumptions, which was checked.
    """

    def __init__(
        self, expanded: Callable[[], tuple[sp.Expr, ...]], parts: tuple[sp.Expr, ...], integrator: Polynomial, like: GridScheme
    ) -> None:
        super().__init__(expanded, integrator, len(parts), like)
        self.parts = parts

    def _repr_markdown_(self) -> str:
        return markdown([latex(part) for part in self.parts], [f"dt f(u), advanced by {self.integrator.name}"])
