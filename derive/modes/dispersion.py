r"""How a scheme damps and moves each mode, against the differential equation: dissipation and dispersion.

A root xi of the amplification polynomial multiplies a mode in every step: |xi| is its damping, arg xi its phase. A root is
physical if it tends to 1 with the phases (and with what else vanishes with the step), and parasitic otherwise. The labels
of the roots are carried from zero frequency to any other along a ray, by continuity.

Source: Strikwerda, Finite Difference Schemes and PDEs (2004), Ch 5; Trefethen, Group velocity in finite difference
schemes (1982).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp

from derive.arrays import np
from derive.errors import InputError, choose
from derive.fields.given import expression
from derive.fields.phases import COSINES, SHIFTS, SINES, THETAS
from derive.fields.symbols import xi
from derive.modes.accuracy import in_grid_units
from derive.modes.amplification import amplification, in_real_parts
from derive.modes.formal import DERIVATIVES, TIME
from derive.modes.modes_at import Modes
from derive.modes.roots import follow, function_of
from derive.printing.notebook import markdown
from derive.printing.text import latex
from derive.schemes.grid import GridScheme


@dataclass(frozen=True)
class Dispersion:
    """The amplification factors of a scheme as functions of the phases and parameters.

    Attributes:
        polynomial: amplification polynomial in xi and the phases theta_i.
        phases: the phases it depends on.
        parameters: its parameters, by name.
        small: parameters that vanish with the step, beside the phases.
        exact: rates of the differential equation times dt, one for each physical root; empty if not known.
    """

    polynomial: sp.Poly
    phases: tuple[sp.Symbol, ...]
    parameters: tuple[sp.Symbol, ...]
    small: tuple[sp.Symbol, ...]
    exact: tuple[sp.Expr, ...]

    def __repr__(self) -> str:
        return f"Dispersion({self.order_in_time} of {self.polynomial.degree()} root(s) physical)"

    def _repr_markdown_(self) -> str:
        roots = [f"\\xi = {latex(root)}" for root in self.closed_forms] or [f"{latex(self.polynomial.as_expr())} = 0"]
        small = f"vanishing with the step: {', '.join(map(str, self.small))}" if self.small else ""
        return markdown(roots, [f"{self.order_in_time} of {self.polynomial.degree()} root(s) physical", small])

    @cached_property
    def order_in_time(self) -> int:
        """Number of physical roots.

        Raises:
            InputError: no root tends to 1.
        """
        count = _at_one(self.polynomial, (*self.phases, *self.small))
        if not count:
            raise InputError(
                "expected a root that tends to 1 with the phases, got none; name the parameters that vanish with the step, "
                "such as small=('s',), or --small s of a picture"
            )
        return count

    @cached_property
    def closed_forms(self) -> tuple[sp.Expr, ...]:
        """The roots, physical ones first, at degree 1 and 2; empty if there is no closed form or its branches are not told.

        The labels hold from zero frequency up to where two roots meet.
        """
        lead, *rest = self.polynomial.all_coeffs()
        if len(rest) == 1:
            return (sp.cancel(-rest[0] / lead),)
        if len(rest) != 2:
            return ()
        half, product = sp.cancel(-rest[0] / (2 * lead)), sp.cancel(rest[1] / lead)
        root = sp.sqrt(sp.factor(sp.cancel(half**2 - product)))
        pair = (half + root, half - root)
        if self.order_in_time == 2:
            return pair
        starts = [form.subs(dict.fromkeys((*self.phases, *self.small), 0)) for form in pair]
        first = next((i for i, value in enumerate(starts) if sp.simplify(value) == 1), None)
        return () if first is None else (pair[first], pair[1 - first])

    @property
    def physical(self) -> tuple[sp.Expr, ...]:
        """Closed forms of the physical roots."""
        return self.closed_forms[: self.order_in_time]

    @property
    def parasitic(self) -> tuple[sp.Expr, ...]:
        """Closed forms of the parasitic roots."""
        return self.closed_forms[self.order_in_time :]

    def sample(self, *phases: Any, **parameters: Any) -> Modes:
        """Roots at phases and parameters, numbers or arrays that broadcast.

        Raises:
            InputError: a phase or a parameter is missing or unknown.
        """
        if len(phases) != len(self.phases) or set(parameters) != {p.name for p in self.parameters}:
            wanted = ", ".join(p.name for p in (*self.phases, *self.parameters)) or "nothing"
            raise InputError(f"expected values for {wanted}; got {len(phases)} phase(s) and {', '.join(parameters) or 'none'}")
        values = np.broadcast_arrays(*phases, *(parameters[p.name] for p in self.parameters))
        flat = [np.asarray(v, dtype=float).ravel() for v in values]
        roots, phase = follow(self._coefficients(flat), self.polynomial.degree(), self.order_in_time)
        shape = values[0].shape if values else ()
        numbers = (roots, phase, self._exponents(flat, phase), self._turns(flat, roots), self._exact_turns(flat, phase))
        shaped = [v.reshape(*shape, *v.shape[1:]) for v in numbers]
        return Modes(*shaped[:2], self.order_in_time, *shaped[2:])

    def plot(self, **parameters: float) -> Any:
        """Moduli of the roots, and phase and group speed of the physical ones over the exact, against the phase in (0, pi].

        Args:
            **parameters: a number for each parameter.

        Returns:
            A plot of SymPy: `.show()` it, or `.save(path)` it. `python -m derive picture dispersion` draws for papers.

        Raises:
            InputError: more than one dimension; a parameter is missing or unknown.
        """
        from derive.modes.plotted import plotted

        return plotted(self, parameters)

    def _coefficients(self, flat: Sequence[np.ndarray]) -> Callable[[float], np.ndarray]:
        """Fraction of the way from zero frequency -> coefficients (points, degree + 1)."""
        names = (*self.phases, *self.parameters)
        functions = [function_of(names, c) for c in self.polynomial.all_coeffs()]
        moving = [s in (*self.phases, *self.small) for s in names]

        def at(fraction: float) -> np.ndarray:
            here = [v * fraction if moves else v for v, moves in zip(flat, moving, strict=True)]
            size = flat[0].shape if flat else (1,)
            return np.stack([np.broadcast_to(np.asarray(f(*here), dtype=complex), size) for f in functions], axis=-1)

        return at

    def _turns(self, flat: Sequence[np.ndarray], roots: np.ndarray) -> np.ndarray:
        """d arg xi / d theta of every root and phase, by the polynomial's own derivatives: (points, degree, phases)."""
        names, powers = (*self.phases, *self.parameters), range(self.polynomial.degree(), -1, -1)
        coefficients = self.polynomial.all_coeffs()
        at = lambda exprs: sum(  # noqa: E731
            np.asarray(function_of(names, c)(*flat), dtype=complex).reshape(-1, 1) * roots**n
            for c, n in zip(exprs, powers, strict=True)
        )
        down = sum(
            n * np.asarray(function_of(names, c)(*flat), dtype=complex).reshape(-1, 1) * roots ** (n - 1)
            for c, n in zip(coefficients, powers, strict=True)
            if n
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            slopes = [-at([sp.diff(c, t) for c in coefficients]) / down / roots for t in self.phases]
        return np.stack([s.imag for s in slopes], axis=-1) if slopes else np.zeros((*roots.shape, 0))

    def _exponents(self, flat: Sequence[np.ndarray], phase: np.ndarray) -> np.ndarray:
        """Exact exponents in the order of the physical roots."""
        return self._in_order(flat, phase, list(self.exact))

    def _exact_turns(self, flat: Sequence[np.ndarray], phase: np.ndarray) -> np.ndarray:
        """d/d theta of their imaginary parts: (points, physical, phases)."""
        slopes = [self._in_order(flat, phase, [sp.diff(rate, t) for rate in self.exact]).imag for t in self.phases]
        return np.stack(slopes, axis=-1) if slopes else np.zeros((len(phase), self.order_in_time, 0))

    def _in_order(self, flat: Sequence[np.ndarray], phase: np.ndarray, values: Sequence[sp.Expr]) -> np.ndarray:
        """One value for each rate, in the order of the physical roots: two that are conjugate go by the sign of their phase."""
        count, names = self.order_in_time, (*self.phases, *self.parameters)
        if len(self.exact) != count:
            return np.full((len(phase), count), complex(np.nan, np.nan))
        arrays = [v.astype(complex) for v in flat]
        with np.errstate(divide="ignore", invalid="ignore"):
            exact, asked = (
                np.stack([np.broadcast_to(function_of(names, e)(*arrays), len(phase)) for e in exprs], axis=-1)
                for exprs in (self.exact, values)
            )
        if count == 1:
            return asked
        by_phase = np.argsort(np.argsort(phase[:, :count], axis=-1, kind="stable"), axis=-1)
        return np.take_along_axis(np.take_along_axis(asked, np.argsort(exact.imag, axis=-1), -1), by_phase, -1)


def dispersion(scheme: GridScheme, exact: sp.Expr | None = None, small: Sequence[str] | None = None) -> Dispersion:
    """Physical and parasitic roots of a scheme.

    Args:
        scheme: the scheme.
        exact: rate of the differential equation times dt, in the phases `fourier.THETAS` and the parameters, such as
            ``-I*nu*theta_1 - r*theta_1**2``; by default the lowest derivatives of the modified equation.
        small: names of parameters that vanish with the step, where phases alone do not lead to xi = 1: a decay times dt,
            or the learning rate of an optimiser. By default, on a grid where one root tends to 1 with the phases, those
            without which another does too, such as a damping: that root is physical if they vanish with the step.

    Raises:
        InputError: an unknown parameter in `small`, or no root tends to 1.
    """
    in_phases = _in_phases(amplification(scheme).polynomial)
    phases = THETAS[: scheme.dims]
    parameters = tuple(sorted(in_phases.free_symbols - {xi, *THETAS}, key=str))
    if small is None:
        vanishing = _tacitly_small(in_phases, phases, parameters)
    else:
        vanishing = tuple(choose("parameter", name, {p.name: p for p in parameters}) for name in small)
    rates = _exact_rates(scheme, vanishing) if exact is None else (expression(exact, "a rate such as -I*nu*theta_1"),)
    relation = Dispersion(in_phases, phases, parameters, vanishing, rates)
    _ = relation.order_in_time
    return relation


def _tacitly_small(polynomial: sp.Poly, phases: Sequence[sp.Symbol], parameters: Sequence[sp.Symbol]) -> tuple[sp.Symbol, ...]:
    """Parameters whose vanishing brings further roots to 1, where one tends there with the phases."""
    least = _at_one(polynomial, phases)
    return tuple(p for p in parameters if least and _at_one(polynomial, (*phases, p)) > least)


def _at_one(polynomial: sp.Poly, vanishing: Sequence[sp.Symbol]) -> int:
    """How many roots are 1 where symbols vanish; 0 where nothing is left to tell."""
    start, count = _start(polynomial, vanishing), 0
    if start is None or start.degree() < polynomial.degree():
        return 0
    while start.degree() > 0 and sp.cancel(start.eval(1)) == 0:
        start, count = start.quo(sp.Poly(xi - 1, xi)), count + 1
    return count


def _start(polynomial: sp.Poly, vanishing: Sequence[sp.Symbol]) -> sp.Poly | None:
    start = sp.expand(polynomial.as_expr().subs(dict.fromkeys(vanishing, sp.S.Zero)))
    return None if start.has(sp.zoo, sp.nan) or start == 0 else sp.Poly(start, xi)


def _in_phases(polynomial: sp.Poly) -> sp.Poly:
    """With sines and cosines of the phases; divided by the leading coefficient, if that makes it no quotient."""
    trigonometric = dict(zip((*COSINES, *SINES), [f(t) for f in (sp.cos, sp.sin) for t in THETAS], strict=True))
    monic = [_of_shifts(sp.cancel(c / polynomial.LC())) for c in polynomial.all_coeffs()]
    simple = [c for c in monic if c is not None]
    kept = simple if len(simple) == len(monic) else [(c, sp.S.One) for c in polynomial.all_coeffs()]
    return sp.Poly([sp.expand(in_real_parts(sp.expand(c)) / divisor).subs(trigonometric) for c, divisor in kept], xi)


def _of_shifts(quotient: sp.Expr) -> tuple[sp.Expr, sp.Expr] | None:
    """A Laurent polynomial in the shifts, and what divides it, free of them; None where there is none such."""
    numerator, denominator = sp.fraction(quotient)
    powers = sp.factor(denominator).as_powers_dict()
    shifts = sp.Mul(*(w ** powers.get(w, 0) for w in SHIFTS))
    rest = sp.cancel(denominator / shifts)
    return None if rest.has(*SHIFTS) else (sp.expand(numerator / shifts), rest)


def _exact_rates(scheme: GridScheme, small: Sequence[sp.Symbol]) -> tuple[sp.Expr, ...]:
    """Of the lowest derivatives that occur, what vanishes with the step counted as one; none where they are not told apart."""
    try:
        rates = in_grid_units(scheme, small)
    except InputError:
        return ()
    waves = {d: sp.I * t for d, t in zip(DERIVATIVES, THETAS, strict=True)}
    limit = rates.limit.subs(waves)
    if rates.order_in_time == 1:
        return (sp.expand(limit),)
    half = sp.expand(limit.coeff(TIME, 1) / 2)
    root = sp.sqrt(sp.factor(sp.expand(half**2 + limit.coeff(TIME, 0))))
    return (half + root, half - root)
