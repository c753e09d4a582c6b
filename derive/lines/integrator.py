"""A time integrator, applied to a right-hand side that is discrete in space: the method of lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.errors import InputError
from derive.fields.given import expression
from derive.fields.symbols import xi
from derive.lines.powers import Powers
from derive.lines.semidiscrete import Flow, State, flows
from derive.schemes.composed import ComposedScheme
from derive.schemes.composed_system import ComposedSystem
from derive.schemes.grid import GridFunction, GridScheme

Unknowns = GridFunction | Sequence[GridFunction]


@dataclass(frozen=True)
class Integrator:
    """A time integrator.

    Attributes:
        name: its key in `integrators`.
        order: order of accuracy in the step.
        advance: the parts of the right-hand side and the step to residuals, one per unknown.
        parts: 1; 2 where the right-hand side is a pair (explicit, implicit).
        assumptions: on the integrator's own parameters.
        powers: the method as a polynomial in xi and z, where it is known as one.
        rounded: whether coefficients that agree with those of exp(z) to ten digits are taken for them.
    """

    name: str
    order: int
    advance: Callable[..., State]
    parts: int = 1
    assumptions: Boolean = sp.true
    powers: Powers | None = field(default=None, compare=False)
    rounded: bool = False

    def __call__(
        self, rhs: sp.Expr | Sequence, u: Unknowns, step: sp.Expr | float = 1, assumptions: Boolean = sp.true
    ) -> GridScheme:
        """The scheme for du/dt = rhs.

        Args:
            rhs: linear in the values at time 0, such as ``r*(u[0, 1] - 2*u[0, 0] + u[0, -1])``; a sequence of them for a
                system; for IMEX a pair (explicit, implicit) of such.
            u: the unknown, or the unknowns.
            step: the time step; 1 where it is part of the coefficients.
            assumptions: what is assumed of the parameters, a SymPy Boolean.

        Raises:
            InputError: the right-hand side is not a combination of values of the unknowns at time 0.
        """
        unknowns = (u,) if isinstance(u, GridFunction) else tuple(u)
        pieces = (rhs,) if self.parts == 1 else self._pair(rhs)
        fields, h, assumed = flows(pieces, unknowns), expression(step), sp.And(assumptions, self.assumptions)
        if len(unknowns) > 1 and self.powers is not None:
            return self._system(fields[0], h, assumed)
        if len(unknowns) > 1:
            return GridScheme(*self.advance(*fields, h), assumptions=assumed)
        return self._composed(fields, h, assumed)

    def _composed(self, fields: Sequence[Flow], h: sp.Expr, assumed: Boolean) -> GridScheme:
        """Of one unknown; the stages are nested when that is asked for."""
        parts = tuple(sp.expand(h * rate) for field in fields for rate in field.rates)
        now, new = (fields[0].at(level)[0] for level in (0, 1))
        like = GridScheme(new - now - sp.Add(*parts), assumptions=assumed)
        expanded = lambda: GridScheme(*self.advance(*fields, h), assumptions=assumed).residuals  # noqa: E731
        return ComposedScheme(expanded, parts, self, like)

    def _system(self, field: Flow, h: sp.Expr, assumed: Boolean) -> GridScheme:
        """Of several unknowns, by a method that is a polynomial in the right-hand side."""
        rates = tuple(sp.expand(h * rate) for rate in field.rates)
        new = zip(field.at(1), field.at(0), rates, strict=True)
        like = GridScheme(*(after - before - rate for after, before, rate in new), assumptions=assumed)
        expanded = lambda: GridScheme(*self.advance(field, h), assumptions=assumed).residuals  # noqa: E731
        return ComposedSystem(expanded, rates, self, like)

    def _pair(self, rhs: sp.Expr | Sequence) -> Sequence:
        if isinstance(rhs, sp.Basic) or len(rhs) != self.parts:
            raise InputError(f"{self.name} takes a pair (explicit part, implicit part), got {rhs}")
        return rhs

    def characteristic(self, *z: sp.Expr) -> sp.Poly:
        """The polynomial in xi whose roots are the amplification factors of u' = z u at step 1, one z for each part."""
        from derive.modes.amplification import amplification

        if len(z) != self.parts:
            raise InputError(f"{self.name} takes {self.parts} value(s) of z, got {len(z)}")
        if self.powers is not None:
            least = min(self.powers)
            rows = {n - least: sp.Add(*(c * z[0] ** k for k, c in enumerate(row))) for n, row in self.powers.items()}
            return sp.Poly({(n,): c for n, c in rows.items()}, xi)
        u = GridFunction("u", 0)
        marks = sp.symbols(f"z:{self.parts}")
        fields = flows([mark * u[0] for mark in marks], (u,))
        phi = amplification(GridScheme(*self.advance(*fields, sp.S.One))).polynomial
        return sp.Poly(phi.as_expr().subs(dict(zip(marks, z, strict=True))), xi)
