"""The largest curvature at which an optimiser is stable, in closed form.

The amplification polynomial is split into factors; the root conditions of each are margins, affine in the curvature. A
margin that falls with the curvature bounds it from above; every other one must be positive at all positive curvatures.
Both are decided with a certificate (`signs`), from the optimiser's assumptions.

Source: Jury (1964), via `margins`.
"""

from __future__ import annotations

import sympy as sp

from derive.conditions.closed_form import domain_of
from derive.conditions.ways.eliminate import over_positive
from derive.conditions.ways.margins import complex_coefficients, margins
from derive.conditions.ways.signs import Domain
from derive.errors import InputError
from derive.fields.symbols import curvature, xi
from derive.modes.amplification import amplification
from derive.schemes.fixed import fixed
from derive.schemes.grid import GridScheme
from derive.schemes.optimizers import optimizers


def maximal_curvature(optimizer: str | GridScheme, **settings: float) -> sp.Expr:
    """A mode of positive curvature converges below this value and diverges above it; in the optimiser's parameters.

    Args:
        optimizer: a name in `optimizers`, or a recurrence of your own with the symbol `curvature` in it.
        **settings: numbers for some of its parameters, such as ``nesterov=1``.

    Raises:
        InputError: unknown or excluded optimiser, a setting it cannot have, or its assumptions do not decide which condition
            binds.
    """
    scheme = fixed(optimizers[optimizer] if isinstance(optimizer, str) else optimizer, settings)
    polynomial, domain = amplification(scheme).polynomial, positive_domain(scheme)
    needed = [m.value for factor in _factors(polynomial) for m in margins(complex_coefficients(factor), "schur")]
    upper = list(dict.fromkeys(m for m in needed if _bounds_from_above(m, domain)))
    if not upper:
        raise InputError(f"expected an optimiser that a large curvature makes unstable, got {polynomial.as_expr()}")
    return readable(_least_edge(upper, domain), domain)


def positive_domain(scheme: GridScheme) -> Domain:
    """What is known of an optimiser's parameters, at positive curvatures."""
    domain = domain_of(amplification(scheme))
    domain.learn(sp.Gt(curvature, 0))
    return domain


def _factors(polynomial: sp.Poly) -> list[sp.Poly]:
    """The factors in xi: the roots of a product are the roots of its factors."""
    numerator = sp.fraction(sp.together(polynomial.as_expr()))[0]
    return [sp.Poly(f, xi) for f, _ in sp.factor_list(sp.expand(numerator))[1] if f.has(xi)]


def _bounds_from_above(margin: sp.Expr, domain: Domain) -> bool:
    slope = sp.diff(margin, curvature)
    if slope.has(curvature):
        raise InputError(f"expected a condition affine in {curvature}, got {sp.factor(margin)}")
    if domain.sign(margin) == "+":
        return False
    if domain.sign(slope) != "-":
        raise InputError(f"expected assumptions that decide the sign of {sp.factor(slope)}")
    return True


def _least_edge(upper: list[sp.Expr], domain: Domain) -> sp.Expr:
    """The edge at which no margin has become negative yet."""
    edges = [sp.cancel(-m.subs(curvature, 0) / sp.diff(m, curvature)) for m in upper]
    for edge in edges:
        at_edge = (over_positive(margin.subs(curvature, edge), domain) for margin in upper)
        if all(domain.sign(value) in ("+", "0+", "0") for value in at_edge):
            return edge
    raise InputError(f"expected assumptions that decide which of {', '.join(map(str, edges))} is the least")


def readable(expr: sp.Expr, domain: Domain) -> sp.Expr:
    """The shortest of one fraction and the sums over powers of one symbol, in factors that are positive."""
    sums = (by_powers(expr, symbol, domain) for symbol in sorted(expr.free_symbols, key=str))
    return min([in_factors(expr, domain), *sums], key=sp.count_ops)


Seen = dict[sp.Expr, sp.Expr]
"""What was put in factors, as every order of the symbols asks for the same parts."""


def by_powers(expr: sp.Expr, symbol: sp.Symbol, domain: Domain, seen: Seen | None = None) -> sp.Expr:
    """A sum over the powers of one symbol, each term in factors that are positive."""
    terms = sp.collect(sp.expand(expr), symbol, evaluate=False)
    return sp.Add(*(in_factors(coefficient * power, domain, seen) for power, coefficient in terms.items()))


def in_factors(expr: sp.Expr, domain: Domain, seen: Seen | None = None) -> sp.Expr:
    """Factored, with 1 - beta1 for beta1 - 1 where that is the positive one; a minus left over goes into an open factor."""
    seen = {} if seen is None else seen
    if expr not in seen:
        seen[expr] = _in_factors(expr, domain, seen)
    return seen[expr]


def _in_factors(expr: sp.Expr, domain: Domain, seen: Seen) -> sp.Expr:
    number, factors = sp.factor(expr).as_coeff_mul()
    flipped = []
    for base, power in (part.as_base_exp() for part in factors):
        known = domain.sign(base) if base.is_Add else "+"
        if known in ("-", "0-") or (known is None and number.is_negative and power == 1):
            base, number = -base, number * (-1) ** power
        flipped.append(_short(base, domain, seen) ** power)
    return sp.Mul(number, *flipped)


def _short(factor: sp.Expr, domain: Domain, seen: Seen) -> sp.Expr:
    """A sum, by powers of the symbol that makes it shortest."""
    symbols = sorted(factor.free_symbols, key=str) if factor.is_Add and len(factor.args) > 2 else []
    return min([*(by_powers(factor, s, domain, seen) for s in symbols), factor], key=sp.count_ops)
