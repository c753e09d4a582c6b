r"""A sufficient condition of an explicit integrator on a stencil of neighbours, in any dimension: the symbol in an ellipse.

Along each axis the stencil is p_j cos theta_j + i q_j sin theta_j, around -m in the middle. With P the sum of the p_j >= 0 and
K that of q_j^2/p_j, Cauchy and Schwarz give for x = sum p_j cos theta_j and y = sum q_j sin theta_j

    x^2 <= P sum p_j cos^2 theta_j,   y^2 <= K sum p_j sin^2 theta_j,   so that x^2/P^2 + y^2/(P K) <= 1:

the symbol lies in an ellipse around -m of half-axes P and (P K)^(1/2), and the scheme is stable if the integrator is on its
edge (`on_a_curve`). In one dimension, and where |q_j|/p_j is the same along all axes, the symbol passes through all of the
edge, and the condition on the ellipse is necessary too. With m = P (no reaction) the ellipse touches the imaginary axis, and
ellipses with less P and less K lie inside it, so that finitely many proved ones make a closed form (`corners`).

>>> from derive import GridFunction, integrators
>>> r, nu, u = *sp.symbols("r nu", positive=True), GridFunction("u", dims=1)
>>> rate = r * (u[0, 1] - 2 * u[0, 0] + u[0, -1]) - nu * (u[0, 1] - u[0, -1]) / 2
>>> bound = ellipse_bound(integrators["forward-euler"](rate, u))  # here the condition is known, and this is it
>>> bound.condition, bound.holds(r=0.5, nu=1), bound.holds(r=0.5, nu=1.001)
((r <= 1/2) & (nu**2/r <= 2), True, False)

Source: Wesseling, Principles of Computational Fluid Dynamics (2001), Sec 5.7 and 5.8.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.bound import Stability
from derive.conditions.checked_values import checked_values, numbers_of
from derive.conditions.enclosing.corners import Corner, corners, imaginary_limit, stable_ellipse
from derive.conditions.enclosing.on_a_curve import Explicit
from derive.errors import InputError, choose
from derive.fields.given import expression
from derive.fields.phases import SHIFTS
from derive.modes.amplification import Amplification, amplification, symbols_of
from derive.modes.refinement import SPACINGS
from derive.schemes.composed import ComposedScheme
from derive.schemes.grid import GridScheme

BITS = 40
"""An edge is told to 2^-40, relatively."""
FARTHEST = 60
"""Powers of 2 between which an edge is looked for, both ways."""


@dataclass(frozen=True)
class EllipseBound:
    """The ellipse that encloses a stencil's symbol, and when an integrator is stable on it.

    Attributes:
        scheme: an explicit integrator on a stencil.
        axes: along each axis (p_j, q_j), coefficients of cos theta_j and of i sin theta_j.
        middle: m; the ellipse lies around -m.
    """

    scheme: ComposedScheme
    axes: tuple[tuple[sp.Expr, sp.Expr], ...]
    middle: sp.Expr

    @property
    def across(self) -> sp.Expr:
        """Half-axis along the real line, P."""
        return sp.Add(*(p for p, _ in self.axes))

    @property
    def steepness(self) -> sp.Expr:
        """K: the square of the other half-axis, over P; infinite where there is advection without diffusion."""
        return sp.Add(*(sp.cancel(q**2 / p) if p != 0 else sp.oo for p, q in self.axes if q != 0))

    @property
    def parameters(self) -> tuple[sp.Symbol, ...]:
        """Of the scheme, by name."""
        pairs = {s for pair in (*self.axes, (self.middle,)) for e in pair for s in e.free_symbols}
        return tuple(sorted(pairs, key=str))

    @property
    def necessary(self) -> bool:
        """Whether `holds` is necessary too: the symbol passes through the whole edge."""
        slopes = {sp.cancel(q**2 / p**2) if p != 0 else sp.oo for p, q in self.axes}
        return len(slopes) == 1

    @cached_property
    def stairs(self) -> tuple[Boolean, ...]:
        """Alternatives in closed form, each proved: ellipses below one of the largest; none where none is known."""
        if all(p == 0 for p, _ in self.axes):
            return (sp.And(sp.Eq(self.middle, 0), self._advection()),)
        apart = sp.expand(self.middle - self.across)
        if self.steepness == sp.oo or apart.is_negative:
            return ()
        found = corners(self.scheme.integrator)
        return tuple(sp.And(self._damps(corner), sp.Ge(apart, 0), self._below(corner)) for corner in found)

    @property
    def condition(self) -> Boolean:
        """One of them."""
        return sp.Or(*self.stairs)

    def _advection(self) -> Boolean:
        return sp.Le(sp.Add(*(sp.Abs(q) for _, q in self.axes)), imaginary_limit(self.scheme.integrator))

    def _damps(self, corner: Corner) -> Boolean:
        """That there is an ellipse; a piece of the imaginary axis may do where that is stable as far."""
        relation = sp.Ge if corner.flat and len(self.axes) == 1 else sp.Gt
        return sp.And(*(relation(p.as_content_primitive()[1], 0) for p, _ in self.axes))

    def _below(self, corner: Corner) -> Boolean:
        """An ellipse around -m of half-axis m >= P encloses that of half-axis P."""
        reaches = _at_most(sp.factor_terms(self.middle), corner.across)
        if corner.flat and len(self.axes) == 1:
            return sp.And(reaches, _at_most(sp.Abs(self.axes[0][1]), corner.up))
        square = self.across * self.steepness
        if corner.flat:
            return sp.And(reaches, _at_most(sp.factor_terms(square), corner.up**2))
        return sp.And(reaches, _at_most(self.steepness if self.middle == self.across else square / self.middle, corner.up))

    @cached_property
    def stability(self) -> Stability:
        """The condition with all that a stability bound can do: solve, code, LaTeX; its status is ``"sufficient"``."""
        return self.stated(amplification(self.scheme))

    def stated(self, phi: Amplification) -> Stability:
        """The same of an amplification polynomial that is there already."""
        one_step = phi.polynomial.degree() == 1
        grade = "power-bounded" if one_step else "von-neumann"
        condition = self.condition.replace(lambda e: isinstance(e, sp.Le), _without_moduli)
        return Stability(phi.polynomial, condition, "sufficient", phi.assumptions, phi.box, grade)

    def holds(self, **values: Any) -> Any:
        """Whether the integrator is stable on the ellipse: exact, at numbers (a bool) or arrays (broadcast, an array of bool).

        Nothing is sampled: True is a proof. False says nothing, unless `necessary`. Decimals are the fractions they print as.

        Raises:
            InputError: a parameter is missing, unknown or not a real number.
        """
        import numpy as np

        checked = checked_values(values, self.parameters)
        grids = np.broadcast_arrays(*(np.asarray(checked[p.name], dtype=object) for p in self.parameters))
        names = [p.name for p in self.parameters]
        results = [self._at(numbers_of(dict(zip(names, v, strict=True)), self.parameters)) for v in _points(grids)]
        return np.array(results).reshape(grids[0].shape) if grids and grids[0].shape else results[0]

    def _at(self, numbers: Mapping[sp.Symbol, sp.Rational]) -> bool:
        axes = [(p.subs(numbers), q.subs(numbers)) for p, q in self.axes]
        axes = [(p, q) for p, q in axes if p != 0 or q != 0]
        across = sp.Add(*(p for p, _ in axes))
        if any(p < 0 for p, _ in axes) or (across > 0 and any(p == 0 for p, _ in axes)):
            return False
        square = across * sp.Add(*(q**2 / p for p, q in axes)) if across else sp.Add(*(abs(q) for _, q in axes)) ** 2
        integrator = Explicit.of(self.scheme.integrator)
        return integrator is not None and stable_ellipse(integrator, self.middle.subs(numbers), across, square)

    def largest(self, name: str | sp.Symbol, /, **values: float) -> float:
        """Up to where one parameter is stable on the ellipse, numbers given for all others; rounded down, all below is proved.

        The time step is such a parameter, and a speed: P and K must not fall as it grows.

        Returns:
            The edge, 0.0 if nothing above zero is shown to be stable; infinity if there is no edge.

        Raises:
            InputError: a parameter is missing, unknown or no real number; or the ellipse does not grow with it.
        """
        parameter = choose("parameter", str(name), {p.name: p for p in self.parameters})
        numbers = numbers_of(values, tuple(p for p in self.parameters if p != parameter))
        at = EllipseBound(
            self.scheme, tuple((p.subs(numbers), q.subs(numbers)) for p, q in self.axes), self.middle.subs(numbers)
        )
        if not at._grows(parameter):
            raise InputError(
                f"expected a parameter with which the ellipse grows, such as the time step, got {name}; use holds()"
            )
        return float(_edge(lambda value: at._at({parameter: value})))

    def _grows(self, parameter: sp.Symbol) -> bool:
        """Whether every ellipse encloses those of less: m = P, and both P and K are sums of powers with positive factors."""
        advection = all(p == 0 for p, _ in self.axes)
        sizes = [q**2 for _, q in self.axes] if advection else [self.across, self.steepness]
        touches = sp.expand(self.middle - self.across) == 0
        return touches and all(_rises(sp.cancel(sp.together(size)), parameter) for size in sizes)

    def in_terms_of(self, meaning: Mapping[str, sp.Expr | float]) -> EllipseBound:
        """The same with parameters replaced by what they stand for, such as ``{"r": k*dt/dx**2}``; steps are positive.

        Raises:
            InputError: an unknown parameter.
        """
        own = {p.name: p for p in self.parameters}
        steps = {sp.Symbol(name): sp.Symbol(name, positive=True) for name in ("dt", *SPACINGS)}
        meant = {choose("parameter", str(n), own): expression(value).xreplace(steps) for n, value in meaning.items()}
        axes = tuple((p.subs(meant), q.subs(meant)) for p, q in self.axes)
        return EllipseBound(self.scheme, axes, self.middle.subs(meant))


def ellipse_bound(scheme: GridScheme) -> EllipseBound:
    """The bound by an ellipse.

    Raises:
        InputError: the scheme is not an explicit integrator (``integrators[name](rhs, u)``) of one unknown, without parameters
            of its own, on a stencil with real coefficients of the next neighbours along each axis.
    """
    bound = enclosed(scheme)
    if bound is None:
        raise InputError(
            "expected an explicit integrator of one unknown, such as integrators['RK4'](rhs, u), on real multiples of a point "
            "and its next neighbours along each axis"
        )
    return bound


def enclosed(scheme: GridScheme) -> EllipseBound | None:
    """The same; None where there is none."""
    if not isinstance(scheme, ComposedScheme) or len(scheme.right) > 1 or not scheme.dims:
        return None
    if Explicit.of(scheme.integrator) is None:
        return None
    symbol = sp.expand(symbols_of(scheme)[0])
    pairs = [(symbol.coeff(w, 1), symbol.coeff(w, -1)) for w in SHIFTS[: scheme.dims]]
    around = sp.Add(*(a * w + b / w for (a, b), w in zip(pairs, SHIFTS, strict=False)))
    middle = sp.expand(around - symbol)
    if middle.has(*SHIFTS) or any(e.has(*SHIFTS, sp.I) for pair in (*pairs, (middle,)) for e in pair):
        return None
    axes = tuple((sp.expand(a + b), sp.expand(a - b)) for a, b in pairs if a != 0 or b != 0)
    return EllipseBound(scheme, axes, middle) if axes else None


def _without_moduli(relation: sp.Le) -> Boolean:
    """Of moduli that are added on the left: for each of their signs."""
    moduli = sorted(relation.lhs.atoms(sp.Abs), key=str)
    signed = (
        {m: sign * m.args[0] for m, sign in zip(moduli, signs, strict=True)} for signs in product((1, -1), repeat=len(moduli))
    )
    return sp.And(*(sp.Le(relation.lhs.xreplace(of), relation.rhs) for of in signed))


def _at_most(expr: sp.Expr, most: sp.Rational) -> Boolean:
    """Numbers on the right."""
    number, rest = expr.as_content_primitive()
    return sp.Le(rest, most / number)


def _points(grids: list) -> list[tuple]:
    return list(zip(*(grid.ravel() for grid in grids), strict=True)) if grids else [()]


def _rises(size: sp.Expr, parameter: sp.Symbol) -> bool:
    return (
        size.is_finite is not False
        and size.is_polynomial(parameter)
        and all(c.is_nonnegative for c in sp.Poly(size, parameter).coeffs())
    )


def _edge(holds: Callable[[sp.Rational], bool]) -> sp.Expr:
    """The largest number that is seen to hold, of those that hold up to an edge."""
    low = next((2**k for k in range(FARTHEST, -FARTHEST, -1) if holds(sp.Rational(2) ** k)), None)
    if low is None or low == 2**FARTHEST:
        return sp.S.Zero if low is None else sp.oo
    low, high = sp.Rational(low), sp.Rational(low) * 2
    for _ in range(BITS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
