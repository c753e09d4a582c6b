"""A condition for every value of one of its parameters in a range: an equivalent one in the ends of the range and the others.

"For all c" goes through "and", and past what c does not stand in. What is left is
1. in c alone: its values are a known set, and the range has to lie in one part of it (`alone`);
2. one inequality: as the frequency is eliminated, by its ends where it is monotone, affine or concave in c, or with its
   vertex where it is quadratic in c, or in c^2 on a range from -C to C (`eliminate.demand`);
3. anything with one parameter beside c: the plane of the two is cut into cells (`plane`).
Each is necessary and sufficient. What is none of these is given up (`NoClosedForm`).

>>> c, C, r = sp.Symbol("c", real=True), sp.Symbol("C", nonnegative=True), sp.Symbol("r", positive=True)
>>> throughout((c**2 <= 2 * r) & (2 * r <= 1), Span(c, -C, C), Domain.of([c, C, r]))
(2*r <= 1) & (-C**2 + 2*r >= 0)
>>> throughout(r + c * (1 - c) >= 0, Span(c, sp.S.Zero, C), Domain.of([c, C, r]))  # it is concave: the ends
-C**2 + C + r >= 0
"""

from __future__ import annotations

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean
from sympy.polys.polyerrors import BasePolynomialError

from derive.conditions.ranges.alone import contains
from derive.conditions.ranges.plane import in_the_plane
from derive.conditions.ranges.span import Span
from derive.conditions.ways.eliminate import demand, over_positive
from derive.conditions.ways.factors import factors_of
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.signs import Domain, Range


def throughout(condition: Boolean, span: Span, domain: Domain) -> Boolean:
    """The condition for all values in the range.

    Args:
        condition: made of relations.
        span: the parameter and its range; of its ends the lower one is not above the upper one.
        domain: what is known of the parameters, those in the ends among them.

    Raises:
        NoClosedForm: none of the ways applies.
    """
    if not condition.has(span.symbol):
        return condition
    roots, known = domain.of_roots(condition)
    if roots:
        return _by_roots(condition, span, known, roots)
    if isinstance(condition, sp.And):
        return sp.And(*(throughout(part, span, domain) for part in condition.args))
    if condition.free_symbols == {span.symbol}:
        return contains(condition, span)
    apart = [part for part in sp.Or.make_args(condition) if not part.has(span.symbol)]
    if apart:
        rest = sp.Or(*(part for part in condition.args if part not in apart))
        return sp.Or(*apart, throughout(rest, span, domain))
    if isinstance(condition, Relational):
        try:
            return _of_relation(condition, span, domain)
        except (NoClosedForm, BasePolynomialError):
            pass
    return in_the_plane(condition, span, domain)


def _by_roots(condition: Boolean, span: Span, known: Domain, roots: dict[sp.Symbol, sp.Symbol]) -> Boolean:
    """In the square roots of parameters, where these stand in it."""
    squares = {s: t**2 for t, s in roots.items()}
    inner = condition.subs(squares, simultaneous=True)
    if span.symbol in squares:
        (root,) = (t for t, s in roots.items() if s == span.symbol)
        ends = [sp.Dummy(f"root_{k}", nonnegative=True) for k in range(2)]
        known = Domain({**known.ranges, **{end: Range(sp.S.Zero, sp.oo, False, True) for end in ends}})
        own = {end: sp.sqrt(value) for end, value in zip(ends, (span.low, span.high), strict=True)}
        numbers = {end: value for end, value in own.items() if value.is_Rational}
        low, high = (numbers.get(end, end) for end in ends)
        found = throughout(inner, Span(root, low, high, span.low_open, span.high_open), known).subs(own)
    else:
        moved = Span(span.symbol, span.low.subs(squares), span.high.subs(squares), span.low_open, span.high_open)
        found = throughout(inner, moved, known)
    return found.subs({t: sp.sqrt(s) for t, s in roots.items()}, simultaneous=True)


def _of_relation(relation: Relational, span: Span, domain: Domain) -> Boolean:
    if relation.rel_op in ("==", "!="):
        return _of_equation(relation, span, domain)
    margin = over_positive(relation.gts - relation.lts, domain)
    if not margin.is_polynomial(span.symbol):
        raise NoClosedForm
    return _positive(margin, span, domain, relation.rel_op in ("<", ">"))


def _of_equation(relation: Relational, span: Span, domain: Domain) -> Boolean:
    """Zero everywhere: every coefficient is. Zero nowhere: one sign everywhere."""
    difference = relation.lhs - relation.rhs
    if relation.rel_op == "!=":
        return sp.Or(*(_positive(sign * difference, span, domain, strict=True) for sign in (1, -1)))
    if domain.sign(span.high - span.low) != "+":  # at a single value it need not be
        raise NoClosedForm
    return sp.And(*(sp.Eq(k, 0) for k in sp.Poly(difference, span.symbol).coeffs()))


def _positive(margin: sp.Expr, span: Span, domain: Domain, strict: bool) -> Boolean:
    """At every value in the range, or not negative."""
    if _is_new(span, margin, domain):  # its size is known to be not negative then
        length = sp.Dummy("length", nonnegative=True)
        longer = Span(span.symbol, span.low, span.low + length, span.low_open, span.high_open)
        known = Domain({**domain.ranges, length: Range(sp.S.Zero, sp.oo, False, True)})
        return _positive(margin, longer, known, strict).subs(length, span.high - span.low)
    t = sp.Dummy("t", real=True)
    inside, (low, high) = span.unit(t)
    value = sp.expand(margin.subs(span.symbol, inside))
    if low == -high and all(power % 2 == 0 for (power,) in sp.Poly(value, t).monoms()):
        value = sp.Poly.from_dict({(n // 2,): k for (n,), k in sp.Poly(value, t).terms()}, t).as_expr()
        low, high = sp.S.Zero, high**2
    within = Domain({**domain.ranges, t: Range(low, high, False, False)})
    if strict:
        _check_open_ends(value, t, span, within)
    else:
        _check_factors(value, t, within)
    return demand(value, {t: (low, high)}, within, strict)


def _is_new(span: Span, margin: sp.Expr, domain: Domain) -> bool:
    """Whether the upper end is a name of its own, of which nothing is known but that the lower one is below."""
    apart = span.high.is_Symbol and not margin.has(span.high) and not span.low.has(span.high)
    return bool(apart and domain.sign(span.high - span.low) is None)


def _check_open_ends(value: sp.Expr, t: sp.Symbol, span: Span, domain: Domain) -> None:
    """That an end which is left out may be counted in: the value is positive there, or not less than at the other end.

    Raises:
        NoClosedForm: it is not known to be.
    """
    known, slope = domain.ranges[t], domain.sign(sp.diff(value, t)) or ""
    for is_open, end, away in ((span.low_open, known.low, "-"), (span.high_open, known.high, "+")):
        if is_open and not slope.endswith(away) and domain.sign(sp.expand(value.subs(t, end))) != "+":
            raise NoClosedForm


def _check_factors(value: sp.Expr, t: sp.Symbol, domain: Domain) -> None:
    """That no factor which is left out for its sign is zero for all t at some parameters, where the others have no say.

    Raises:
        NoClosedForm: it may be.
    """
    for factor, power in factors_of(value)[1]:
        is_left_out = factor.has(t) and domain.sign(factor**power) in ("0+", "0-")
        if is_left_out and not any(domain.sign(k) in ("+", "-") for k in sp.Poly(factor, t).coeffs()):
            raise NoClosedForm
