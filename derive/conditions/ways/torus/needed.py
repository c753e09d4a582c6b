"""What a margin needs at the corners of the torus, taken apart into single inequalities.

`f g >= 0` says `g >= 0` where f >= 0 is known and g is not negative where f is zero, the remainder of its division by f; only
then is it taken apart. Inequalities that follow from the others are dropped at the end, the long ones first.

>>> r, s = sp.symbols("r s", positive=True)
>>> apart([(r + s) * (1 - r - s), 1 - r, 2 - r], Domain.of([r, s]))
[-r - s + 1]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import sympy as sp

from derive.conditions.ways.eliminate import strip
from derive.conditions.ways.signs import Domain
from derive.conditions.ways.torus.facts import Facts
from derive.conditions.ways.torus.forms import Axes, corners, long_waves, minors, value_at


def at_corners(margin: sp.Expr, axes: Axes) -> Iterator[sp.Expr]:
    """Polynomials in the parameters that are not negative where the margin is not, at any phase."""
    for corner in corners(axes):
        value = value_at(corner, axes, margin)
        if value != 0:
            yield value
        else:
            yield from minors(long_waves(corner, axes, margin))


def apart(needed: Iterable[sp.Expr], domain: Domain) -> list[sp.Expr]:
    """Polynomials that are all non-negative iff the given ones are; short ones, none that follows from the others."""
    return pruned(list(taken_apart(needed, domain).given), domain)


def taken_apart(needed: Iterable[sp.Expr], domain: Domain) -> Facts:
    """The same, with what follows from others; each is known from those before it."""
    wanted = sorted({strip(n, domain) for n in needed if domain.sign(n) not in ("+", "0+", "0")}, key=sp.count_ops)
    facts, left = Facts(domain), []
    for n in wanted:
        single = _single(n, facts)
        if single is None:
            left.append(n)
        else:
            facts = Facts(domain, (*facts.given, single))
    for n in left:  # now that more is known
        facts = Facts(domain, (*facts.given, _single(n, facts) or n))
    return facts


def pruned(known: Sequence[sp.Expr], domain: Domain) -> list[sp.Expr]:
    """Without what follows from the others."""
    kept = list(dict.fromkeys(known))
    for f in sorted(kept, key=sp.count_ops, reverse=True):
        others = tuple(g for g in kept if g != f)
        if Facts(domain, others).imply(f):
            kept = list(others)
    return kept


def _single(n: sp.Expr, facts: Facts) -> sp.Expr | None:
    """The factor of unknown sign, if `n >= 0` says that it is not negative."""
    powers = sp.factor_list(n)[1]
    if len(powers) == 1:
        return n if powers[0][1] == 1 else None
    sign, rest = facts.factored(n)
    signs = dict.fromkeys(rest, 0) if len(rest) == 1 else {f: facts.sign(f) for f in rest}
    unknown = [f for f in rest if signs[f] == 0]
    wanted = sp.expand(sign * sp.Mul(*(s for s in signs.values() if s)) * sp.Mul(*unknown))
    known = [g for g, k in powers if (g not in unknown or k > 1) and not facts.is_never_zero(g)]
    rests = [sp.reduced(wanted, [g], *sorted(wanted.free_symbols | g.free_symbols, key=str))[1] for g in known]
    return wanted if unknown and all(facts.imply(rest) for rest in rests) else None
