"""What follows from polynomials that are not negative: a search for a proof by addition and multiplication.

From facts f >= 0 every sum of products of them is a fact, each times a number or a monomial that is not negative. Whether a
polynomial is such a sum is a linear programme, solved in rational numbers; its solution is a proof at all parameters at once.
None found means unknown, never false: the products tried are those of no higher degree than what is to be proved.

>>> r, s, nu = *sp.symbols("r s", positive=True), sp.Symbol("nu", real=True)
>>> facts = Facts(Domain.of([r, s, nu]), (2 * r - nu**2, 1 - 2 * r - 2 * s))
>>> facts.imply(1 - nu**2), facts.imply(1 - 2 * nu**2)
(True, False)

Source: Handelman (1988), for products of linear facts on a polytope.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, combinations_with_replacement, product
from operator import add
from typing import Any

import sympy as sp

from derive.conditions.ways.feasible import solution
from derive.conditions.ways.signs import Domain, Range

Powers = tuple[int, ...]
Terms = dict[Powers, Any]
"""Powers of the parameters -> rational coefficient."""
MOST_SUMMANDS = 150
"""Products in one linear programme; a longer one takes seconds."""


@dataclass(frozen=True)
class Facts:
    """Polynomials that are not negative.

    Attributes:
        domain: what is known of single parameters.
        given: polynomials in them.
    """

    domain: Domain
    given: tuple[sp.Expr, ...] = ()

    def imply(self, wanted: sp.Expr) -> bool:
        """Whether a polynomial is proved not to be negative, factor by factor."""
        wanted = sp.expand(wanted)
        if self.domain.sign(wanted) in ("+", "0+", "0"):
            return True
        sign, rest = self.factored(wanted)
        if len(rest) == 1:
            return self._proves(sp.expand(sign * rest[0]))
        signs = [self.sign(f) for f in rest]
        unknown = [f for f, known in zip(rest, signs, strict=True) if known == 0]
        sign *= sp.Mul(*(known for known in signs if known))
        return self._proves(sp.expand(sign * sp.Mul(*unknown))) if unknown else bool(sign > 0)

    def factored(self, f: sp.Expr) -> tuple[sp.Expr, list[sp.Expr]]:
        """Its sign, 1 or -1, and the factors of odd power whose signs are not known from single parameters."""
        coefficient, powers = sp.factor_list(f)[:2]
        sign, rest = sp.sign(coefficient), []
        for g, n in powers:
            known = (self.domain.sign(g) or self._of_one(g)) if n % 2 else "+"
            if known is None:
                rest.append(g)
            elif known.endswith("-"):
                sign = -sign
        return sign, rest

    def _of_one(self, g: sp.Expr) -> str | None:
        """The sign of a polynomial in one parameter that has no root in its range (Sturm)."""
        poly = sp.Poly(g)
        if len(poly.gens) > 1 or not (poly.domain.is_QQ or poly.domain.is_ZZ):
            return None
        known = self.domain.ranges.get(poly.gen, Range())
        if poly.count_roots(*(None if end.is_infinite else end for end in (known.low, known.high))):
            return None
        inside = known.low if known.low.is_finite else known.high if known.high.is_finite else sp.S.Zero
        return "+" if poly.eval(inside) > 0 else "-"

    def is_never_zero(self, g: sp.Expr) -> bool:
        """Whether it keeps a strict sign in the ranges of single parameters."""
        return (self.domain.sign(g) or self._of_one(g)) in ("+", "-")

    def sign(self, f: sp.Expr) -> int:
        """1 for not negative, -1 for not positive, 0 for unknown."""
        return next((sign for sign in (1, -1) if self._proves(sp.expand(sign * f))), 0)

    def _proves(self, f: sp.Expr) -> bool:
        """Directly, by the facts times monomials or by their products; or multiplied by parameters that are positive."""
        if any(sp.expand(f - g) == 0 for g in self.given):
            return True
        if not _is_rational(f):
            return False
        target = self._terms(f)
        return any(self._is_sum(target, *kind) for kind in ((1, 0), (1, 2), (2, 2))) or any(
            self._is_sum(_times(target, {helper: 1}), 1, 0) for helper in self._positive(2)
        )

    def proves_by_multiple(self, f: sp.Expr) -> bool:
        """Whether some sum of positive parameters times the polynomial is a sum of facts times monomials."""
        if not _is_rational(f):
            return False
        target, helpers = self._terms(sp.expand(f)), self._positive(1)
        multiples = [_times(target, {helper: sp.QQ(1)}) for helper in helpers]
        if len(helpers) < 2:
            return False
        summands = list(self._summands(multiples[0], 1, 2))
        if len(summands) > MOST_SUMMANDS:
            return False
        rows: dict[Powers, dict] = {m: {} for poly in [*multiples, *summands] for m in poly}
        for k, (poly, sign) in enumerate([*((p, 1) for p in multiples), *((p, -1) for p in summands)]):
            for m, coefficient in poly.items():
                rows[m][k] = sign * coefficient
        for k, m in enumerate(rows):
            if self._is_not_negative(m):
                rows[m][len(multiples) + len(summands) + k] = sp.QQ(-1)
        one = dict.fromkeys(range(len(multiples)), sp.QQ(1))
        return solution([*rows.values(), one], [*[sp.QQ(0)] * len(rows), sp.QQ(1)]) is not None

    @cached_property
    def _symbols(self) -> list[sp.Symbol]:
        used = {s for g in self.given for s in g.free_symbols}
        return sorted(used | set(self.domain.ranges), key=str)

    @cached_property
    def _signs(self) -> list[str | None]:
        return [self.domain.sign(p) for p in self._symbols]

    def _terms(self, f: sp.Expr) -> Terms:
        return dict(sp.Poly(f, *self._symbols, domain="QQ").rep.to_dict())

    @cached_property
    def _known(self) -> list[Terms]:
        return [self._terms(g) for g in [*self.given, *_of_ranges(self.domain)] if _is_rational(g)]

    def _is_sum(self, target: Terms, factors: int, room: int) -> bool:
        """Of products of so many facts and a monomial of so high a degree, and of monomials, with positive numbers."""
        summands = list(self._summands(target, factors, room))
        if not summands or len(summands) > MOST_SUMMANDS:
            return False
        rows: dict[Powers, dict] = {m: {} for poly in [target, *summands] for m in poly}
        for k, poly in enumerate(summands):
            for m, coefficient in poly.items():
                rows[m][k] = coefficient
        for k, m in enumerate(rows):
            if self._is_not_negative(m):  # what is left over of it may be positive
                rows[m][len(summands) + k] = sp.QQ(1)
        return solution(list(rows.values()), [target.get(m, sp.QQ(0)) for m in rows]) is not None

    def _is_not_negative(self, powers: Powers) -> bool:
        return all(n % 2 == 0 or sign in ("+", "0+") for sign, n in zip(self._signs, powers, strict=True))

    def _summands(self, target: Terms, factors: int, most: int) -> Iterator[Terms]:
        """Products of facts and monomials, of no higher degree than the target (or 2), in its parameters."""
        degree, used = max(2, *map(sum, target)), {k for m in target for k, n in enumerate(m) if n}
        pairs = [_times(f, g) for f, g in combinations_with_replacement(self._known, 2)] if factors == 2 else []
        for f in [*self._known, *pairs]:
            room = min(degree - max(map(sum, f)), most)
            yield from (_times(f, {m: sp.QQ(1)}) for m in self._monomials(room, used))

    def _monomials(self, room: int, used: set[int]) -> list[Powers]:
        """Those in the parameters used that are not negative, up to a degree."""
        every = product(*(range(room + 1 if k in used else 1) for k in range(len(self._symbols))))
        return [m for m in every if sum(m) <= room and self._is_not_negative(m)]

    def _positive(self, degree: int) -> list[Powers]:
        """Products of different positive parameters, up to a degree."""
        known = [k for k, sign in enumerate(self._signs) if sign == "+"]
        every = (some for n in range(1, degree + 1) for some in combinations(known, n))
        return [tuple(int(k in some) for k in range(len(self._symbols))) for some in every]


def _is_rational(f: sp.Expr) -> bool:
    """Whether its coefficients are: linear programmes are solved in rational numbers."""
    if not f.free_symbols:
        return bool(f.is_Rational)
    return all(c.is_Rational for c in sp.Poly(f, *sorted(f.free_symbols, key=str)).coeffs())


def _times(f: Terms, g: Terms) -> Terms:
    found: Terms = {}
    for (m, a), (n, b) in product(f.items(), g.items()):
        power = tuple(map(add, m, n))
        found[power] = found.get(power, 0) + a * b
    return {m: c for m, c in found.items() if c}


def _of_ranges(domain: Domain) -> Iterable[sp.Expr]:
    """Bounds on single parameters, beyond their signs."""
    for p, known in domain.ranges.items():
        yield from _bounds(p, known)


def _bounds(p: sp.Symbol, known: Range) -> Iterator[sp.Expr]:
    if known.low.is_Rational and known.low != 0:
        yield p - known.low
    if known.high.is_Rational:
        yield known.high - p
