"""Eliminate the frequency: from a margin that must be positive at every frequency to inequalities in the parameters.

Where a margin is affine or concave in a frequency variable its least value over an interval is at an end; where it is
monotone, at one known end; a quadratic adds its vertex. So "at all frequencies" becomes "at these few", each necessary and
sufficient, one variable after the other while the rest stay symbols. Factors of known sign are dropped first. Slope and bend
have to be certified by `signs` for all parameters at once; where they are not, and the margin is no quadratic in the last
variable, it is given up (`NoClosedForm`).

>>> c, r = sp.Symbol("c", real=True), sp.Symbol("r", positive=True)
>>> box = {c: (-sp.S.One, sp.S.One)}
>>> demand(1 - r + r * c, box, Domain.of([c, r], box=box), strict=False)  # its slope is r > 0: least at c = -1
1 - 2*r >= 0
>>> demand(c**3 - r * c + 1, box, Domain.of([c, r], box=box), strict=False)
Traceback (most recent call last):
derive.conditions.ways.margins.NoClosedForm
"""

from __future__ import annotations

from collections.abc import Iterable

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.ways.factors import factors_of
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.quadratic import is_never_negative
from derive.conditions.ways.signs import Domain
from derive.conditions.ways.vanishing import zero_throughout

Box = dict[sp.Symbol, tuple[sp.Expr, sp.Expr]]


def demand(margin: sp.Expr, box: Box, domain: Domain, strict: bool) -> Boolean:
    """The condition, in the parameters alone, that a margin is non-negative (or positive) on the whole box.

    Args:
        margin: rational function of the parameters and of the keys of `box`.
        box: frequency variable -> (least, greatest) value.
        domain: what is known of the parameters and the frequency variables.
        strict: positive, not only non-negative.

    Raises:
        NoClosedForm: none of the cases above applies.
    """
    numerator = over_positive(margin, domain)
    rest, zeros = _without_known_factors(numerator, box, domain, strict)
    condition = _on_box(rest, box, domain, strict)
    return sp.Or(condition, *(_unless_implied(zero, condition) for zero in zeros))


def over_positive(margin: sp.Expr, domain: Domain) -> sp.Expr:
    """The numerator over a positive denominator; over one of unknown sign, numerator times denominator."""
    if margin.is_polynomial():
        return sp.expand(margin)
    numerator, denominator = sp.fraction(sp.cancel(sp.together(margin)))
    sign = domain.sign(denominator)
    if sign in ("+", "-"):
        return numerator if sign == "+" else -numerator
    return sp.expand(numerator * denominator)


def _without_known_factors(expr: sp.Expr, box: Box, domain: Domain, strict: bool) -> tuple[sp.Expr, list[Boolean]]:
    """The product of the factors whose sign is open, and where one that is dropped is zero throughout: a weak margin holds.

    A factor that depends on the frequency and keeps its sign has no say in a weak inequality elsewhere: it vanishes at single
    frequencies only, and there the rest is non-negative by continuity.
    """
    coefficient, factors = factors_of(sp.expand(expr))
    kept, zeros = [sp.sign(coefficient)], []
    for factor, power in factors:
        sign = domain.sign(factor**power)
        if sign in ("+", "-"):
            kept.append(1 if sign == "+" else -1)
        elif sign in ("0+", "0-") and not strict:
            kept.append(1 if sign == "0+" else -1)
            zeros.append(vanishing(factor, box, domain))
        else:
            kept.append(factor if power % 2 or not strict else factor**2)
    return sp.Mul(*kept), zeros


def vanishing(factor: sp.Expr, box: Iterable[sp.Symbol], domain: Domain) -> Boolean:
    """Where in the parameters a polynomial is zero at every frequency: all its coefficients in the frequency variables are.

    >>> c, p, q = sp.symbols("c p q", real=True)
    >>> vanishing(p + 2 * q * (c - 1), [c], Domain.of([c, p, q])), vanishing(p + 2 * c, [c], Domain.of([c, p]))
    (Eq(p, 0) & Eq(q, 0), False)
    """
    zeros = zero_throughout(factor, box, domain)
    return sp.false if zeros is None else sp.And(*(sp.Eq(zero, 0) for zero in zeros))


def _unless_implied(zero: Boolean, condition: Boolean) -> Boolean:
    """Single values at which the condition holds anyway need not be named."""
    at_zero = {part.lhs: 0 for part in sp.And.make_args(zero) if part not in (sp.true, sp.false)}
    named = bool(at_zero) and all(name.is_Symbol for name in at_zero)
    return sp.false if named and condition.subs(at_zero) == sp.true else zero


def _on_box(expr: sp.Expr, box: Box, domain: Domain, strict: bool) -> Boolean:
    used = [q for q in box if expr.has(q)]
    if not used:
        return relation(expr, domain, strict)
    for q in used:
        ends = _deciding_ends(sp.expand(expr), q, box, domain)
        if ends is not None:
            return sp.And(*(_on_box(sp.factor(expr.subs(q, end)), box, domain, strict) for end in ends))
    if len(used) == 1 and sp.degree(expr, used[0]) == 2:
        return _quadratic(sp.expand(expr), used[0], box, domain, strict)
    raise NoClosedForm


def _deciding_ends(expr: sp.Expr, q: sp.Symbol, box: Box, domain: Domain) -> list[sp.Expr] | None:
    """The ends of q's interval among which the least value over q is, whatever the other variables."""
    low, high = box[q]
    slope = domain.sign(sp.diff(expr, q))
    if slope in ("+", "0+"):
        return [low]
    if slope in ("-", "0-"):
        return [high]
    bend = domain.sign(sp.diff(expr, q, 2))
    return [low, high] if bend in ("0", "-", "0-") else None


def _quadratic(expr: sp.Expr, q: sp.Symbol, box: Box, domain: Domain, strict: bool) -> Boolean:
    """Both ends, and the vertex where the parabola opens upwards and has it inside the interval."""
    second, first, constant = sp.Poly(expr, q).all_coeffs()
    low, high = box[q]
    ends = [relation(expr.subs(q, end), domain, strict) for end in (low, high)]
    vertex = sp.Or(
        relation(-second, domain, False),
        relation(first + 2 * second * low, domain, False),
        relation(-first - 2 * second * high, domain, False),
        relation(4 * second * constant - first**2, domain, strict),
    )
    return sp.And(*ends, vertex)


def relation(margin: sp.Expr, domain: Domain, strict: bool) -> Boolean:
    """`margin > 0` or `margin >= 0`, freed of factors of known sign; decided where the sign is known."""
    margin = sp.expand(margin)
    if domain.sign(margin) in (("+",) if strict else ("+", "0+", "0")):
        return sp.true
    if domain.sign(margin) in (("-", "0", "0-") if strict else ("-",)):
        return sp.false
    short = strip(margin, domain)
    if not strict and is_never_negative(sp.expand(short)):
        return sp.true
    if domain.sign(margin) == "0-":  # never positive, so non-negative where it is zero
        return sp.Or(*(sp.Eq(f, 0) for f, _ in sp.factor_list(short)[1] if domain.sign(f) not in ("+", "-")))
    pair = _two_positive(short, domain)
    if pair:
        return sp.And(*(relation(f, domain, strict) for f in pair))
    return sp.Gt(short, 0) if strict else sp.Ge(short, 0)


def _two_positive(short: sp.Expr, domain: Domain) -> tuple[sp.Expr, sp.Expr] | None:
    """Two factors of a product that is not negative, where neither can be: a positive combination of the two is positive.

    >>> v, r = sp.symbols("v r", real=True)
    >>> _two_positive(sp.factor(1 - (v + r) ** 2), Domain.of([v, r]))
    (r + v + 1, -r - v + 1)
    """
    number, factors = factors_of(sp.expand(short))
    if len(factors) != 2 or any(power != 1 for _, power in factors):
        return None
    (f, _), (g, _) = factors
    for one, other in ((f, sp.sign(number) * g), (-f, -sp.sign(number) * g)):
        if any(domain.sign(sp.expand(one + k * other)) == "+" for k in _scales(one, other)):
            return one, other
    return None


def _scales(one: sp.Expr, other: sp.Expr) -> set[sp.Expr]:
    """Positive numbers k for which a term of one + k other is zero; and 1."""
    first, second = (sp.Poly(f, *sorted(one.free_symbols | other.free_symbols, key=str)).as_dict() for f in (one, other))
    ratios = (-first[m] / second[m] for m in first.keys() & second.keys())
    return {sp.S.One, *(k for k in ratios if k.is_positive)}


def strip(expr: sp.Expr, domain: Domain) -> sp.Expr:
    """Drop factors that are known not to vanish, keeping the sign."""
    coefficient, factors = factors_of(sp.expand(expr))
    kept = [sp.sign(coefficient)]
    for factor, power in factors:
        sign = domain.sign(factor)
        kept.append(factor**power if sign not in ("+", "-") else 1 if sign == "+" or power % 2 == 0 else -1)
    return sp.Mul(*kept)
