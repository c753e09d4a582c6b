"""Which curves in the plane of two parameters the verdict may change at.

A margin m(c; p, q) has to be non-negative for all c in [-1, 1]. Of its irreducible factors those of odd power count, and each
changes the number of its roots inside only where it vanishes at c = 1 or -1 or has a double root. Leading coefficients are not
needed, the interval being compact. So the curves are f(1) = 0, f(-1) = 0, disc f = 0, the factors without c, and, since roots
of two factors may cover each other on a curve, their resultants. Where two margins are zero at one phase unit roots may meet;
so of factors that have double roots on one curve, of whatever margins, it is also asked where these are the same. A curve is
`degenerate` where the margins themselves lose their say: it makes a margin vanish at all phases, or is found in two ways for
one factor.

>>> c, p, q = sp.symbols("c p q", real=True)
>>> found = Projection.of([sp.Poly(p * c**2 + q * c + 1, c, p, q)])
>>> [str(curve.as_expr()) for curve in found.curves]
['p + q + 1', 'p - q + 1', '4*p - q**2']
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations

import sympy as sp

from derive.conditions.ways.algebra import discriminant, factor_powers, factors, resultant, weight
from derive.conditions.ways.margins import NoClosedForm

MOST_TERMS, MOST_DEGREE = 60, 16
"""Of a curve: what is longer takes too long, and nobody prints it."""
MOST_COUNTED = 5
"""Degree up to which subresultants are calculated."""
MOST_PAIRS = 700
"""Sum of 2 deg_p deg_q over the curves, about the degree of what the base line is cut at."""


@dataclass(frozen=True)
class Margin:
    """A margin by its factors.

    Attributes:
        value: polynomial in (c, p, q), with whole coefficients.
        odd: factors that move with c, of odd power, other than c - 1 and c + 1.
        even: those of even power.
        still: factors without c.
    """

    value: sp.Poly
    odd: tuple[sp.Poly, ...]
    even: tuple[sp.Poly, ...]
    still: tuple[sp.Poly, ...]

    @classmethod
    def of(cls, value: sp.Poly) -> Margin:
        """Factor it."""
        c = value.gens[0]
        ends = [sp.Poly(c - 1, *value.gens), sp.Poly(c + 1, *value.gens)]
        powers = [(f, n) for f, n in factor_powers(value) if f.set_domain(sp.QQ) not in [e.set_domain(sp.QQ) for e in ends]]
        moving = [(f, n) for f, n in powers if f.degree() > 0]
        still = tuple(_in_parameters(f) for f, _ in powers if f.degree() == 0)
        whole = value.clear_denoms(convert=True)[1].set_domain(sp.ZZ)
        return cls(whole, tuple(f for f, n in moving if n % 2), tuple(f for f, n in moving if n % 2 == 0), still)


@dataclass(frozen=True)
class Projection:
    """The margins, and the curves that cut the plane.

    Attributes:
        margins: of the scheme.
        curves: irreducible polynomials in (p, q), the short ones first.
        degenerate: those of them on which margins say too little.
    """

    margins: tuple[Margin, ...]
    curves: tuple[sp.Poly, ...]
    degenerate: frozenset[sp.Poly]

    @classmethod
    def of(cls, values: Sequence[sp.Poly], also: Sequence[sp.Poly] = (), with_even: bool = False) -> Projection:
        """From the margins, polynomials in (c, p, q).

        Args:
            values: of the margins.
            also: more polynomials in (p, q).
            with_even: whether it is of account that roots meet on the circle: then so are the roots of factors of even power,
                and where double roots of two factors are the same.

        Raises:
            NoClosedForm: a curve is too long, or too many.
        """
        margins = tuple(Margin.of(value) for value in values)
        curves: set[sp.Poly] = {g for f in also for g in factors(f)}
        degenerate: set[sp.Poly] = set()
        for margin in margins:
            curves |= set(margin.still)
            degenerate |= set(margin.still)
            for f in (*margin.odd, *margin.even):
                found, twice = _of_factor(f, f in margin.odd or with_even)
                curves |= found
                degenerate |= twice
            for f, g in combinations(margin.odd, 2):
                curves |= set(factors(resultant(f, g)))
        if with_even:
            moving = dict.fromkeys(f for margin in margins for f in (*margin.odd, *margin.even) if f.degree() > 1)
            pairs = [pair for pair in combinations(moving, 2) if frozenset.intersection(*map(double_root_curves, pair))]
            curves |= {g for pair in pairs for g in factors(resultant(*pair))}
        return cls(margins, _bounded(curves), frozenset(degenerate))

    def joined(self, more: Iterable[sp.Poly]) -> Projection:
        """With more curves, irreducible polynomials in (p, q).

        Raises:
            NoClosedForm: one is too long, or there are too many.
        """
        return replace(self, curves=_bounded({*self.curves, *more}))

    def only(self, kept: set[sp.Poly]) -> Projection:
        """With fewer."""
        return replace(self, curves=tuple(g for g in self.curves if g in kept))

    def refined(self) -> list[sp.Poly]:
        """More curves, the short ones first: derivatives at the ends tell on which side of [-1, 1] a double root lies."""
        found: set[sp.Poly] = set()
        for f in {f for margin in self.margins for f in margin.odd}:
            slope = f.diff(f.gens[0])
            while slope.degree() > 0:
                found |= {g for end in (1, -1) for g in factors(_at_end(slope, end))}
                slope = slope.diff(f.gens[0])
        return sorted(found - set(self.curves), key=lambda g: (weight(g), str(g)))

    def counting(self) -> list[sp.Poly]:
        """Curves whose signs count the roots inside (Sturm): what the subresultants of f and f' are at the ends."""
        found: set[sp.Poly] = set()
        for f in {f for margin in self.margins for f in margin.odd if 2 < f.degree() <= MOST_COUNTED}:
            c, *others = f.gens
            chain = sp.subresultants(f.as_expr(), f.diff(c).as_expr(), c)
            at_ends = (sp.Poly(g.subs(c, end), *others) for g in chain[1:] for end in (1, -1))
            found |= {g for value in at_ends for g in factors(value)}
        return sorted(found - set(self.curves), key=lambda g: (weight(g), str(g)))


def _of_factor(f: sp.Poly, roots_count: bool) -> tuple[set[sp.Poly], set[sp.Poly]]:
    """Curves of one factor, and those found in two ways."""
    ways = [set(factors(_at_end(f, end))) for end in (1, -1)]
    common = ways[0] & ways[1]
    if roots_count and f.degree() > 1:
        ways.append(set(double_root_curves(f)))
    seen = Counter(g for way in ways for g in way)
    twice = {g for g, n in seen.items() if n > 1}
    zeros = {g for k in _coefficients(f) for g in factors(k)} if common else set()  # where all of f vanishes is a corner
    return set(seen) | zeros, twice


@lru_cache(maxsize=64)  # for the curves, and again for what happens on them
def double_root_curves(f: sp.Poly) -> frozenset[sp.Poly]:
    """Where a factor has a double root in c; its roots are simple elsewhere."""
    return frozenset(factors(discriminant(f)))


def _coefficients(f: sp.Poly) -> list[sp.Poly]:
    groups: dict[int, dict] = {}
    for m, value in f.rep.to_dict().items():
        groups.setdefault(m[0], {})[m[1:]] = value
    return [sp.Poly.from_dict(g, *f.gens[1:], domain=f.domain) for g in groups.values()]


def _at_end(f: sp.Poly, end: int) -> sp.Poly:
    return f.eval(f.gens[0], end)


def _in_parameters(f: sp.Poly) -> sp.Poly:
    return f.eval(f.gens[0], 0)


def _bounded(curves: set[sp.Poly]) -> tuple[sp.Poly, ...]:
    if any(len(g.terms()) > MOST_TERMS or g.total_degree() > MOST_DEGREE for g in curves):
        raise NoClosedForm
    if sum(2 * g.degree(g.gens[0]) * g.degree(g.gens[1]) for g in curves) > MOST_PAIRS:
        raise NoClosedForm
    return tuple(sorted(curves, key=lambda g: (weight(g), str(g))))
