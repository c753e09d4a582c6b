"""Time integrators by name, applied to a right-hand side that is discrete in space: the method of lines.

    integrators["RK4"](r * (u[0, 1] - 2 * u[0, 0] + u[0, -1]), u, step)        # a GridScheme

The right-hand side is any linear combination of values at time 0; of a system, one for each unknown. A state is a tuple
of such combinations, one per unknown; f(state) puts it in place of the values, moved along the grid as they are, so that
stages compose exactly and no stability polynomial is typed.

Source: Hairer, Norsett and Wanner, Solving Ordinary Differential Equations I (1993), Sec II.1 and III.1; Hundsdorfer and
Verwer, Numerical Solution of Time-Dependent Advection-Diffusion-Reaction Equations (2003), Sec IV.4 (IMEX).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.errors import InputError
from derive.fields.given import expression
from derive.fields.symbols import theta, xi
from derive.lines.semidiscrete import Flow, State, combine, flows
from derive.registry import Registry
from derive.schemes.composed import ComposedScheme
from derive.schemes.grid import GridFunction, GridScheme

Unknowns = GridFunction | Sequence[GridFunction]


def theta_method(f: Flow, h: sp.Expr, weight: sp.Expr = theta) -> State:
    """u' = u + h ((1 - theta) f(u) + theta f(u'))."""
    return combine((1, f.at(1)), (-1, f.at(0)), (-h * (1 - weight), f(f.at(0))), (-h * weight, f(f.at(1))))


def forward_euler(f: Flow, h: sp.Expr) -> State:
    """u' = u + h f(u)."""
    return theta_method(f, h, sp.S.Zero)


def crank_nicolson(f: Flow, h: sp.Expr) -> State:
    """u' = u + h (f(u) + f(u')) / 2."""
    return theta_method(f, h, sp.S.Half)


def backward_euler(f: Flow, h: sp.Expr) -> State:
    """u' = u + h f(u')."""
    return theta_method(f, h, sp.S.One)


def adams_bashforth(*weights: Fraction) -> Callable[[Flow, sp.Expr], State]:
    """u' = u + h sum_k b_k f(u at level -k)."""

    def advance(f: Flow, h: sp.Expr) -> State:
        rates = ((-h * sp.Rational(b), f(f.at(-k))) for k, b in enumerate(weights))
        return combine((1, f.at(1)), (-1, f.at(0)), *rates)

    return advance


def bdf2(f: Flow, h: sp.Expr) -> State:
    """3/2 u' - 2 u + 1/2 u at level -1 = h f(u')."""
    return combine((sp.Rational(3, 2), f.at(1)), (-2, f.at(0)), (sp.S.Half, f.at(-1)), (-h, f(f.at(1))))


def leapfrog(f: Flow, h: sp.Expr) -> State:
    """u' = u at level -1 + 2 h f(u)."""
    return combine((1, f.at(1)), (-1, f.at(-1)), (-2 * h, f(f.at(0))))


def forward_backward(f: Flow, h: sp.Expr) -> State:
    """Of a system, one unknown after the other, each with the new values of those before it: symplectic Euler.

    Source: Hairer, Lubich and Wanner, Geometric Numerical Integration (2006), Sec I.1.2.
    """
    old, new = f.at(0), f.at(1)
    rates = tuple(f((*new[:i], *old[i:]))[i] for i in range(len(old)))
    return combine((1, new), (-1, old), (-h, rates))


def runge_kutta(stages: Sequence[Sequence[Fraction]], weights: Sequence[Fraction]) -> Callable[[Flow, sp.Expr], State]:
    """k_i = f(u + h sum_j a_ij k_j), u' = u + h sum_i b_i k_i, by the rows of an explicit Butcher tableau."""

    def advance(f: Flow, h: sp.Expr) -> State:
        rates: list[State] = []
        for row in ((), *stages):
            rates.append(f(combine((1, f.at(0)), *((h * sp.Rational(a), k) for a, k in zip(row, rates, strict=True)))))
        return combine((1, f.at(1)), (-1, f.at(0)), *((-h * sp.Rational(b), k) for b, k in zip(weights, rates, strict=True)))

    return advance


def imex_euler(explicit: Flow, implicit: Flow, h: sp.Expr) -> State:
    """u' = u + h (f_E(u) + f_I(u'))."""
    now, new = explicit.at(0), explicit.at(1)
    return combine((1, new), (-1, now), (-h, explicit(now)), (-h, implicit(new)))


def imex_cnab(explicit: Flow, implicit: Flow, h: sp.Expr) -> State:
    """u' = u + h (3/2 f_E(u) - 1/2 f_E(u at level -1) + (f_I(u) + f_I(u')) / 2): Crank-Nicolson and Adams-Bashforth."""
    extrapolated = adams_bashforth(Fraction(3, 2), Fraction(-1, 2))(explicit, h)
    return combine((1, extrapolated), (-h / 2, implicit(explicit.at(0))), (-h / 2, implicit(explicit.at(1))))


@dataclass(frozen=True)
class Integrator:
    """A time integrator.

    Attributes:
        name: its key in `integrators`.
        order: order of accuracy in the step.
        advance: the parts of the right-hand side and the step to residuals, one per unknown.
        parts: 1; 2 where the right-hand side is a pair (explicit, implicit).
        assumptions: on the integrator's own parameters.
    """

    name: str
    order: int
    advance: Callable[..., State]
    parts: int = 1
    assumptions: Boolean = sp.true

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

    def _pair(self, rhs: sp.Expr | Sequence) -> Sequence:
        if isinstance(rhs, sp.Basic) or len(rhs) != self.parts:
            raise InputError(f"{self.name} takes a pair (explicit part, implicit part), got {rhs}")
        return rhs

    def characteristic(self, *z: sp.Expr) -> sp.Poly:
        """The polynomial in xi whose roots are the amplification factors of u' = z u at step 1, one z for each part."""
        from derive.modes.amplification import amplification

        if len(z) != self.parts:
            raise InputError(f"{self.name} takes {self.parts} value(s) of z, got {len(z)}")
        u = GridFunction("u", 0)
        marks = sp.symbols(f"z:{self.parts}")
        rhs = [mark * u[0] for mark in marks]
        found = amplification(self(rhs[0] if self.parts == 1 else rhs, u)).polynomial
        return sp.Poly(found.as_expr().subs(dict(zip(marks, z, strict=True))), xi)


_HALF, _ALL = Fraction(1, 2), Fraction(1)
_THIRD, _SIXTH = Fraction(1, 3), Fraction(1, 6)

integrators: Registry[Integrator] = Registry.named(
    "integrator",
    Integrator("forward-euler", 1, forward_euler),
    Integrator("theta", 1, theta_method, assumptions=theta <= 1),
    Integrator("crank-nicolson", 2, crank_nicolson),
    Integrator("backward-euler", 1, backward_euler),
    Integrator("AB2", 2, adams_bashforth(3 * _HALF, -_HALF)),
    Integrator("AB3", 3, adams_bashforth(Fraction(23, 12), Fraction(-16, 12), Fraction(5, 12))),
    Integrator("BDF2", 2, bdf2),
    Integrator("RK2", 2, runge_kutta([[_HALF]], [0, _ALL])),
    Integrator("RK3", 3, runge_kutta([[_HALF], [-_ALL, 2 * _ALL]], [_SIXTH, 4 * _SIXTH, _SIXTH])),
    Integrator("RK4", 4, runge_kutta([[_HALF], [0, _HALF], [0, 0, _ALL]], [_SIXTH, _THIRD, _THIRD, _SIXTH])),
    Integrator("leapfrog", 2, leapfrog),
    Integrator("forward-backward", 1, forward_backward),
    Integrator("imex-euler", 1, imex_euler, parts=2),
    Integrator("imex-cnab", 2, imex_cnab, parts=2),
)
