"""Ends of intervals that are compared: which of several binds, and which interval contains another.

>>> a, b = sp.symbols("a b", positive=True)
>>> domain = Domain.of([a, b])
>>> binding([(a / b, False), (sp.sqrt(2) * a / b, False), (b, False)], -1, domain)
[(a/b, False), (b, False)]
>>> union([sp.Interval.Lopen(0, a), sp.Interval.open(0, a + b)], domain)
Interval.open(0, a + b)
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from derive.conditions.ways.signs import Domain

End = tuple[sp.Expr, bool]


def higher(one: sp.Expr, other: sp.Expr, domain: Domain) -> bool | None:
    """Whether one end is above another; False where it is not; None where that is not known."""
    if one == other or {one, other} & {sp.oo, -sp.oo}:
        return None if one == other else bool(one == sp.oo or other == -sp.oo)
    ratio = sp.cancel(one / other) if other != 0 else sp.nan
    if ratio.is_number and ratio.is_real and ratio != 1 and (sign := _sign(other, domain)) is not None:
        return bool(ratio > 1) == (sign > 0)
    difference = _sign(one - other, domain) or _by_squares(one, other, domain)
    return None if difference is None else difference > 0


def _sign(expr: sp.Expr, domain: Domain) -> int | None:
    top, bottom = sp.fraction(sp.together(expr))
    if any(not p.exp.is_Integer and not p.base.is_Symbol and not p.is_number for p in expr.atoms(sp.Pow)):
        return 1 if expr.is_positive else -1 if expr.is_negative else None
    return {"+": 1, "-": -1}.get(domain.sign(sp.expand(top * bottom)) or "")


def _by_squares(one: sp.Expr, other: sp.Expr, domain: Domain) -> int | None:
    """Of two that are not negative."""
    if not (one.is_nonnegative and other.is_nonnegative):
        return None
    return _sign(sp.expand(sp.cancel(one**2 - other**2)), domain)


def binding(ends: Sequence[End], direction: int, domain: Domain) -> list[End]:
    """Those that may bind: the highest ones of lower ends (direction 1), the lowest ones of upper ends (-1)."""
    beyond = lambda a, b: higher(a, b, domain) is (direction > 0) and a != b  # noqa: E731
    return [end for end in ends if not any(beyond(other, end[0]) for other, _ in ends)]


def union(sets: Sequence[sp.Set], domain: Domain) -> sp.Set:
    """Without intervals that lie in one of the others."""
    kept = list(dict.fromkeys(s for s in sets if s is not sp.S.EmptySet))
    for one in list(kept):
        if any(one != other and _within(one, other, domain) for other in kept):
            kept.remove(one)
    return sp.Union(*kept)


def _within(one: sp.Set, other: sp.Set, domain: Domain) -> bool:
    if not (isinstance(one, sp.Interval) and isinstance(other, sp.Interval)) or one.start != other.start:
        return False
    starts = one.left_open or not other.left_open
    return starts and (higher(other.end, one.end, domain) is True)
