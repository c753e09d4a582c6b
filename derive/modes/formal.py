r"""The rate of a scheme as a formal series: what S(D) solves :math:`\Phi(e^{S\,dt}, e^{D\,dx}) = 0`, D the derivative.

On smooth functions a shift by one point is exp(dx d/dx), and a step is exp(dt d/dt); so the amplification polynomial,
with w = exp(D dx) and xi = exp(S dt), is an equation for d/dt = S in powers of d/dx = D: Taylor expansion and the
elimination of time derivatives in one. With dt -> eps^p dt and dx -> eps dx both sides are power series in eps.

Source: Warming and Hyett, The modified equation approach (1974).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import sympy as sp

from derive.errors import InputError
from derive.fields.phases import COSINES, SHIFTS
from derive.fields.symbols import xi

DERIVATIVES = tuple(sp.Dummy(f"D_{i}", positive=True) for i in (1, 2, 3))
TIME = sp.Dummy("D_t")
eps, _rate = sp.Dummy("eps", positive=True), sp.Dummy("S")
ROOT = sp.Dummy("q", positive=True)
"""Half the difference of the two rates of an equation of second order in time."""
MOST_SEARCHED = 12


class NoPhysicalRoot(InputError):
    """No root tends to 1 as the grid is refined."""


@dataclass(frozen=True)
class Expansion:
    """An amplification polynomial, to be expanded.

    Attributes:
        polynomial: in xi, the shifts or cosines, and the parameters.
        dt: the time step, a symbol or an expression of the spacings.
        spacings: the grid spacing of every axis.
        exponent: p, how dt shrinks with the spacings: dt -> eps^p dt.
        small: parameters that shrink as the spacings do.
    """

    polynomial: sp.Expr
    dt: sp.Expr
    spacings: tuple[sp.Expr, ...]
    exponent: int
    small: tuple[sp.Symbol, ...] = ()
    _known: list[sp.Expr] = field(default_factory=list, init=False, repr=False)
    _series: dict[tuple[int, int], sp.Expr] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def _terms(self) -> dict[int, list[tuple[sp.Expr, list[sp.Expr]]]]:
        """Power of xi -> its coefficients: exponents b.D dx of shifts, each with its factor by power of eps."""
        turns = {c: (w + 1 / w) / 2 for c, w in zip(COSINES, SHIFTS, strict=True)}
        shrunk = self._shrunk(self.polynomial.subs(turns))
        numerator = sp.fraction(sp.together(shrunk))[0]
        poly = sp.Poly(sp.expand(numerator), xi, *SHIFTS[: len(self.spacings)])
        terms: dict[int, list[tuple[sp.Expr, list[sp.Expr]]]] = {}
        for (power, *shifts), coefficient in poly.terms():
            exponent = sp.Add(*(b * d * h for b, d, h in zip(shifts, DERIVATIVES, self.spacings, strict=False)))
            terms.setdefault(power, []).append((exponent, _by_eps(coefficient)))
        return terms

    @property
    def powers(self) -> list[int]:
        """Of xi."""
        return list(self._terms)

    def _shrunk(self, expr: sp.Expr) -> sp.Expr:
        scaled = {h: eps * h for h in (*self.spacings, *self.small) if h.is_Symbol}
        if self.dt.is_Symbol:
            scaled[self.dt] = eps**self.exponent * self.dt
        return expr.subs(scaled, simultaneous=True)

    def coefficients(self, rate: Sequence[sp.Expr], order: int) -> list[sp.Expr]:
        """Coefficients of eps^0 to eps^order, the rate given by its own."""
        total = [sp.S.Zero] * (order + 1)
        for power in self.powers:
            in_time = _exponential([self._exponent(power, rate, m) for m in range(order + 1)])
            for m in range(order + 1):
                total[m] += sp.Add(*(in_time[i] * self._in_space(power, m - i) for i in range(m + 1)))
        return [sp.expand(value) for value in total]

    def _exponent(self, power: int, rate: Sequence[sp.Expr], m: int) -> sp.Expr:
        """Coefficient of eps^m in the exponent of xi^power."""
        known = 0 <= m - self.exponent < len(rate)
        return power * self.dt * rate[m - self.exponent] if known else sp.S.Zero

    def _in_space(self, power: int, m: int) -> sp.Expr:
        """Coefficient of eps^m in what stands at xi^power: a sum of exponentials."""
        if (power, m) not in self._series:
            terms = (
                c * exponent ** (m - i) / sp.factorial(m - i)
                for exponent, factor in self._terms[power]
                for i, c in enumerate(factor[: m + 1])
            )
            self._series[power, m] = sp.expand(sp.Add(*terms))
        return self._series[power, m]

    def rates(self, count: int) -> list[sp.Expr]:
        """Coefficients S_0, S_1, ... of the rate; with `ROOT` where the equation is of second order in time.

        Raises:
            InputError: no root tends to 1, or more than two do, or two that cannot be told apart.
        """
        least, leading = self._leading
        if not self._known:
            self._known.append(_limit(leading))
        slope = sp.diff(leading, _rate).subs(_rate, self._known[0])
        if sp.cancel(slope) == 0:
            raise InputError("expected rates that differ, got two that agree in the limit; give the meaning in dt and dx")
        while len(self._known) < count:
            rest = self.coefficients(self._known, least + len(self._known))[-1]
            self._known.append(sp.expand(sp.cancel(-rest / slope)))
        return self._known[:count]

    def square(self) -> sp.Expr:
        """What ROOT^2 stands for: a quarter of the discriminant of the leading quadratic in the rate, made monic."""
        leading = self._leading[1]
        a, b, c = sp.Poly(leading, _rate).all_coeffs()
        return sp.cancel((b**2 - 4 * a * c) / (4 * a**2))

    @cached_property
    def _leading(self) -> tuple[int, sp.Expr]:
        for order in range(MOST_SEARCHED):
            coefficient = self.coefficients([_rate], order)[-1]
            if coefficient != 0:
                if not coefficient.has(_rate):
                    break
                return order, coefficient
        raise NoPhysicalRoot(
            "expected a consistent scheme, got no root that tends to 1; lacks a parameter its meaning in dt and dx?"
        )

    @property
    def order_in_time(self) -> int:
        """Order in time of the differential equation that is approximated."""
        return sp.degree(self._leading[1], _rate)


def _by_eps(expr: sp.Expr) -> list[sp.Expr]:
    poly = sp.Poly(expr, eps)
    return [poly.coeff_monomial(eps**m) for m in range(poly.degree() + 1)]


def _exponential(exponent: list[sp.Expr]) -> list[sp.Expr]:
    """Power series of exp(E), E without a constant term: n y_n = sum_k k e_k y_(n-k)."""
    series = [sp.S.One]
    for n in range(1, len(exponent)):
        series.append(sp.expand(sp.Add(*(k * exponent[k] * series[n - k] for k in range(1, n + 1))) / n))
    return series


def _limit(leading: sp.Expr) -> sp.Expr:
    poly = sp.Poly(leading, _rate)
    if poly.degree() == 1:
        return sp.cancel(-poly.coeff_monomial(1) / poly.LC())
    if poly.degree() == 2:
        middle = sp.cancel(-poly.coeff_monomial(_rate) / (2 * poly.LC()))
        return middle + ROOT
    raise InputError(f"expected an equation of order 1 or 2 in time, got a scheme for one of order {poly.degree()}")
