"""Make a condition short: drop what is implied, merge what is about one parameter.

What comes out is true at the same points of the domain as what went in. Each inequality is freed of its factors of known
sign. What speaks of one parameter alone is a set of real numbers, hence a few bounds. A part of a conjunction goes where the
ranges that the other parts leave to single parameters give it a certified sign, or where its margin is that of one other part
times a positive number, plus something that is not negative; and what is redundant by exact means (`redundant`). Parts go one
by one, by those that are still there, so that no two take each other away. There is no search for the shortest.

>>> r, nu = sp.Symbol("r", positive=True), sp.Symbol("nu", real=True)
>>> tidy(sp.And(r * (2 * r - nu**2) >= 0, 1 - 2 * r >= 0, 3 - 2 * r >= 0), Domain.of([r, nu]))
(r <= 1/2) & (nu**2 <= 2*r)
"""

from __future__ import annotations

import sympy as sp
from sympy.core.relational import _Inequality
from sympy.logic.boolalg import Boolean

from derive.conditions.redundant import without_redundant
from derive.conditions.ways.eliminate import over_positive, relation
from derive.conditions.ways.signs import Domain

_DIGITS = 40


def tidy(condition: Boolean, domain: Domain) -> Boolean:
    """An equivalent condition on the domain."""
    roots, known = domain.of_roots(condition)
    if roots:
        squared = condition.subs({s: t**2 for t, s in roots.items()}, simultaneous=True)
        return tidy(squared, known).subs({t: sp.sqrt(s) for t, s in roots.items()}, simultaneous=True)
    decided = condition.replace(lambda e: isinstance(e, _Inequality), lambda e: _decided(e, domain))
    if len(decided.free_symbols) == 1:
        return _merged(decided, domain)
    short = without_redundant(_pruned(decided, domain) if isinstance(decided, sp.And) else decided, domain)
    if len(short.free_symbols) == 1:
        return _merged(short, domain)
    return short.replace(lambda e: isinstance(e, _Inequality), _to_read)


def _decided(fact: Boolean, domain: Domain) -> Boolean:
    return relation(over_positive(fact.gts - fact.lts, domain), domain, fact.rel_op in ("<", ">"))


def _merged(condition: Boolean, domain: Domain) -> Boolean:
    """A condition in one parameter as bounds on it."""
    (symbol,) = condition.free_symbols
    quickly = _of_bounds(condition, symbol)
    if quickly is not None:
        kept = quickly.replace(lambda e: isinstance(e, _Inequality), lambda e: _unless_known(e, domain))
        return sp.And(*(part.canonical for part in sp.And.make_args(kept)))
    real = sp.Dummy("x", real=True)
    bounds = condition.xreplace({symbol: real}).as_set().as_relational(real).xreplace({real: symbol})
    kept = bounds.replace(lambda e: isinstance(e, _Inequality), lambda e: _unless_known(e, domain))
    return sp.And(*(part.canonical for part in sp.And.make_args(kept))) if isinstance(kept, sp.And) else kept


def _of_bounds(condition: Boolean, symbol: sp.Symbol) -> Boolean | None:
    """A conjunction of bounds by the greatest lower and the least upper one; None where it is none, or two are hardly told."""
    sides: dict[bool, list[tuple[sp.Expr, bool]]] = {True: [], False: []}
    for part in sp.And.make_args(condition):
        margin = sp.expand(part.gts - part.lts) if isinstance(part, _Inequality) else None
        if margin is None or not margin.is_polynomial(symbol) or sp.degree(margin, symbol) != 1:
            return None
        slope, rest = sp.Poly(margin, symbol).all_coeffs()
        sides[bool(slope.is_positive)].append((sp.radsimp(-rest / slope), part.rel_op in ("<", ">")))
    low, high = (_tightest(sides[up], 1 if up else -1) for up in (True, False))
    if sp.nan in (low[0], high[0]) or (low[0].is_finite and high[0].is_finite and not _apart(low[0], high[0])):
        return None
    if low[0] != -sp.oo and high[0] != sp.oo and (high[0] - low[0]).evalf(_DIGITS) < 0:
        return sp.false
    below = (sp.Gt if low[1] else sp.Ge)(symbol, low[0], evaluate=False)
    above = (sp.Lt if high[1] else sp.Le)(symbol, high[0], evaluate=False)
    return sp.And(*([below] if low[0] != -sp.oo else []), *([above] if high[0] != sp.oo else []))


def _tightest(bounds: list[tuple[sp.Expr, bool]], sign: int) -> tuple[sp.Expr, bool]:
    """The greatest lower bound (sign 1), or the least upper one, and whether it is strict; NaN where two are hardly told."""
    tightest = (-sign * sp.oo, True)
    for value, strict in bounds:
        if value == tightest[0]:
            tightest = (value, strict or tightest[1])
        elif tightest[0].is_finite and not _apart(value, tightest[0]):
            return sp.nan, True
        elif not tightest[0].is_finite or (sign * (value - tightest[0])).evalf(_DIGITS) > 0:
            tightest = (value, strict)
    return tightest


def _apart(one: sp.Expr, other: sp.Expr) -> bool:
    """Whether two numbers differ, certainly."""
    return bool(abs((one - other).evalf(_DIGITS)) > sp.Float(10) ** (5 - _DIGITS) * (1 + abs(one.evalf(_DIGITS))))


def _unless_known(fact: Boolean, domain: Domain) -> Boolean:
    if fact.gts == sp.oo or fact.lts == -sp.oo:
        return sp.true
    known = _decided(fact, domain)
    return known if known in (sp.true, sp.false) else fact


def _pruned(condition: sp.And, domain: Domain) -> Boolean:
    """Drop a part that follows from the ranges which the others give to single parameters."""
    parts = list(sp.And.make_args(condition))
    for part in sorted(parts, key=sp.count_ops, reverse=True):
        others = [p for p in parts if p != part]
        wider = Domain(dict(domain.ranges))
        for other in others:
            wider.learn(_about_one(other, wider))
        implied = isinstance(part, _Inequality) and _decided(part, wider) == sp.true
        if implied or any(_implies(other, part, domain) for other in others):
            parts = others
    return sp.And(*_merged_by_symbol(parts, domain))


def _merged_by_symbol(parts: list[Boolean], domain: Domain) -> list[Boolean]:
    """Parts about one and the same parameter as bounds on it."""
    alone = {next(iter(p.free_symbols)) for p in parts if len(p.free_symbols) == 1}
    about = {symbol: sp.And(*(p for p in parts if p.free_symbols == {symbol})) for symbol in alone}
    merged = [_merged(about[symbol], domain) for symbol in sorted(alone, key=str)]
    return [*merged, *(p for p in parts if len(p.free_symbols) != 1)]


def _to_read(fact: Boolean) -> Boolean:
    """An affine one in a single parameter, as there is in alternatives, as a bound on it."""
    bound = _of_bounds(fact, next(iter(fact.free_symbols))) if len(fact.free_symbols) == 1 else None
    return _in_positive_terms(fact) if bound is None else bound


def _in_positive_terms(fact: Boolean) -> Boolean:
    """`2 r - nu^2 >= 0` as `nu^2 <= 2 r`: the terms of either sign on a side of their own, without a common factor."""
    poly = sp.Poly(sp.expand(fact.gts - fact.lts), *sorted(fact.free_symbols, key=str)).primitive()[1]
    gains = {m: c for m, c in poly.terms() if c > 0}
    losses = {m: -c for m, c in poly.terms() if c < 0}
    large, small = (sp.Poly(terms or {(0,) * len(poly.gens): 0}, *poly.gens).as_expr() for terms in (gains, losses))
    return sp.Lt(small, large) if fact.rel_op in ("<", ">") else sp.Le(small, large)


def _implies(one: Boolean, other: Boolean, domain: Domain) -> bool:
    """Whether the second margin is the first, times a positive number, plus something that is not negative."""
    if not (isinstance(one, _Inequality) and isinstance(other, _Inequality)):
        return False
    given, wanted = (sp.expand(fact.gts - fact.lts) for fact in (one, other))
    zero = dict.fromkeys(given.free_symbols | wanted.free_symbols, sp.S.Zero)
    scales = {sp.S.One, sp.cancel(wanted.subs(zero) / given.subs(zero)) if given.subs(zero) != 0 else sp.S.One}
    rests = [domain.sign(sp.expand(wanted - k * given)) for k in scales if k.is_positive]
    weak = one.rel_op == other.rel_op or one.rel_op in (">", "<")
    return any(rest == "+" or (rest in ("0", "0+") and weak) for rest in rests)


def _about_one(fact: Boolean, domain: Domain) -> Boolean:
    """A relation `c p >= 0` with c of known sign as one about p alone."""
    if not isinstance(fact, _Inequality) or not fact.free_symbols:
        return fact
    short = _decided(fact, domain)
    if not isinstance(short, _Inequality):
        return fact
    margin, strict = sp.expand(short.gts - short.lts), short.rel_op in ("<", ">")
    if len(margin.free_symbols) != 1 or sp.degree(margin) != 1:
        return short
    (symbol,) = margin.free_symbols
    slope, rest = sp.Poly(margin, symbol).all_coeffs()
    up = (sp.Gt if strict else sp.Ge)(symbol, -rest / slope)
    return up if slope.is_positive else (sp.Lt if strict else sp.Le)(symbol, -rest / slope)
