"""Linear multistep methods by their coefficients, and the families of the textbooks, computed from what defines them.

sum_j alpha_j u_{n+j} = h sum_j beta_j f(u_{n+j}), the oldest level first; u_{n+k} is the new value.

>>> adams_bashforth(3).powers
{1: [1], 0: [-1, -23/12], -1: [0, 4/3], -2: [0, -5/12]}
>>> multistep([-1, 0, 1], [sp.Rational(1, 3), sp.Rational(4, 3), sp.Rational(1, 3)], "Milne-Simpson").order
4

Source: Hairer, Norsett and Wanner, Solving Ordinary Differential Equations I (1993), Sec III.1 and III.2.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.errors import InputError
from derive.lines.entries import Entry, entry, listed
from derive.lines.integrator import Integrator
from derive.lines.powers import advanced_by, order_of
from derive.lines.quadrature import integral
from derive.shown import quoted

_t = sp.Symbol("t")
ON_CIRCLE = sp.Float("1e-20", 30)


def multistep(
    alpha: Sequence[Entry], beta: Sequence[Entry], name: str = "multistep", assumptions: Boolean = sp.true
) -> Integrator:
    """The integrator of a linear multistep method.

    Args:
        alpha: of the values, k + 1 of them, the oldest level first; the last one is not zero.
        beta: of the rates, as many; the last one is zero in an explicit method.
        name: what it is called.
        assumptions: on parameters in the coefficients.

    Raises:
        InputError: coefficients that are no finite real numbers, or not as many; or the method is not consistent, as when the
            newest level comes first.
    """
    values, rates = [entry(x) for x in listed(alpha)], [entry(x) for x in listed(beta)]
    if len(values) != len(rates) or len(values) < 2 or values[-1] == 0:
        raise InputError(
            f"expected as many alpha as beta, two at least, the oldest level first and the new one's alpha other than zero; "
            f"got alpha = {quoted(values)}, beta = {quoted(rates)}"
        )
    pairs = list(zip(values, rates, strict=True))
    powers = {1 - k: _row(a, -b) for k, (a, b) in enumerate(reversed(pairs)) if (a, b) != (0, 0)}
    order = order_of(powers, 2 * len(values))
    if order < 1:
        raise InputError(
            f"expected a consistent method, sum(alpha) = 0 and sum(j alpha_j) = sum(beta), the oldest level first; "
            f"got alpha = {quoted(values)}, beta = {quoted(rates)}"
        )
    _warn_unless_zero_stable(values, name)
    return Integrator(name, order, advanced_by(powers), assumptions=assumptions, powers=powers)


def _warn_unless_zero_stable(alpha: Sequence[sp.Expr], name: str) -> None:
    """Say that a method converges for no equation, by Dahlquist's root condition at step zero."""
    if all(a.is_Rational for a in alpha) and not _is_zero_stable(sp.Poly(list(reversed(alpha)), _t)):
        warnings.warn(
            f"{name} is not zero-stable: a root of sum(alpha_j x^j) lies outside the unit disc, or is multiple on the circle; "
            "it is unstable at every step, however small",
            UserWarning,
            stacklevel=3,
        )


def _is_zero_stable(rho: sp.Poly) -> bool:
    """Whether all roots lie in the closed unit disc, those on the circle simple; by 30 digits of each irreducible factor's."""
    sizes = [(abs(root), power) for factor, power in rho.factor_list()[1] for root in factor.nroots(n=30, maxsteps=200)]
    return all(size < 1 - ON_CIRCLE or (size < 1 + ON_CIRCLE and power == 1) for size, power in sizes)


def _row(value: sp.Expr, rate: sp.Expr) -> list[sp.Expr]:
    return [value, rate] if rate != 0 else [value]


def adams_bashforth(steps: int) -> Integrator:
    """u' = u + the integral over the step of the polynomial through the last `steps` rates."""
    return _by_quadrature(f"AB{steps}", range(1 - steps, 1), -1)


def adams_moulton(steps: int) -> Integrator:
    """The same with the new rate besides: order steps + 1."""
    return _by_quadrature(f"AM{steps}", range(1 - steps, 2), -1)


def nystrom(steps: int) -> Integrator:
    """u' = u at level -1 + the integral over both steps; leapfrog is that of two."""
    return _by_quadrature(f"Nystrom{steps}", range(1 - steps, 1), -2)


def milne_simpson() -> Integrator:
    """u' = u at level -1 + Simpson's rule, the new rate included."""
    return _by_quadrature("Milne-Simpson", range(-1, 2), -2)


def bdf(steps: int) -> Integrator:
    """The derivative, at the new level, of the polynomial through `steps` + 1 values is the rate there."""
    levels = range(1 - steps, 2)
    slopes = [sp.diff(_lagrange(levels, j), _t).subs(_t, 1) for j in levels]
    return multistep(slopes, [sp.Integer(j == 1) for j in levels], f"BDF{steps}")


def _by_quadrature(name: str, rates: range, since: int) -> Integrator:
    """From the level before the last, or the last, to the new one: the integral of the polynomial through the rates."""
    weights = {j: integral(_lagrange(rates, j), _t, sp.Integer(since + 1), sp.S.One) for j in rates}
    levels = range(min(rates[0], since + 1), 2)
    alpha = [sp.Integer((j == 1) - (j == since + 1)) for j in levels]
    return multistep(alpha, [weights.get(j, sp.S.Zero) for j in levels], name)


def _lagrange(levels: range, j: int) -> sp.Expr:
    return sp.expand(sp.Mul(*(sp.Rational(1, j - i) * (_t - i) for i in levels if i != j)))
