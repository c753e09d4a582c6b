"""The exact condition of one parameter and two phases: the parameter line is cut where the verdict may change.

A gap of the reduction is a polynomial in p and the tangents of half the phases. Where one of its irreducible factors of odd
power may begin or cease to change sign is found by projecting twice: over a generic p the number of roots in y, between generic
x, changes only where a discriminant or a leading coefficient in y vanishes, and those curves over x turn back or meet only
where a discriminant, a leading coefficient or a resultant in x does. Between two such p one fraction speaks for all
(`on_the_real_plane`). Stability is closed, so that a cut next to a stable piece is stable; between two that are not, at a
rational cut it is settled, at another it is shown at some pair of phases that a gap is negative in a whole interval around it.

>>> from derive.modes.amplification import amplification
>>> from derive.reading.parse import parse_scheme
>>> heat = "u[1,0,0] == u[0,0,0] + p*(u[0,1,0] + u[0,-1,0] + u[0,0,1] + u[0,0,-1] - 4*u[0,0,0])"
>>> stable_values(amplification(parse_scheme(heat)), sp.Symbol("p", real=True), "power-bounded", Domain())
Interval(0, 1/4)

Source: Collins (1975); McCallum (1993), for the open pieces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import cached_property, reduce
from itertools import combinations, groupby, pairwise, product
from operator import itemgetter

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.ways.algebra import Root, dense, discriminant, factor_powers, factors, real_roots, resultant
from derive.conditions.ways.at_numbers import AtNumbers
from derive.conditions.ways.at_root import bounds
from derive.conditions.ways.between import apart, between
from derive.conditions.ways.margins import NoClosedForm, complex_coefficients, gaps
from derive.conditions.ways.on_the_real_plane import nowhere_negative, with_squares
from derive.conditions.ways.signs import Domain, Range
from derive.conditions.ways.two_phases import TANGENTS, turned
from derive.fields.phases import COSINES, SINES
from derive.modes.amplification import Amplification

MOST = (50, 400)
"""Degree in x of a discriminant of the first projection, and in p of one of the second: what is longer takes too long."""
LOOKED_AT = [Fraction(sign * n, d) for n, d in ((1, 1), (1, 3), (3, 1), (1, 20), (20, 1), (2, 3), (3, 2)) for sign in (1, -1)]
LINES = [sp.Rational(n, d) for n, d in ((3, 7), (-5, 3), (11, 4))]
"""Along which a factor that two have in common is seen."""
Cut = tuple[Root, sp.Poly]
"""A real number, and its minimal polynomial."""


def condition(found: Amplification, names: Sequence[sp.Symbol], grade: str, domain: Domain) -> Boolean:
    """The same as a relation.

    Raises:
        NoClosedForm: there are several parameters, or as `stable_values`.
    """
    if len(names) != 1:
        raise NoClosedForm
    return stable_values(found, names[0], grade, domain).as_relational(names[0])


def stable_values(found: Amplification, parameter: sp.Symbol, grade: str, domain: Domain) -> sp.Set:
    """The values of the only parameter at which no root leaves the disc, where a new value is determined.

    Args:
        found: amplification polynomial.
        parameter: the parameter.
        grade: von-neumann, or power-bounded of a single step.
        domain: what is known of the parameter.

    Raises:
        NoClosedForm: not two phases, another grade, curves that are too long, or a cut that is not decided.
    """
    single = found.polynomial.degree() == 1
    if len(found.phases) != 2 or not (grade == "von-neumann" or (grade == "power-bounded" and single)):
        raise NoClosedForm
    at_numbers = AtNumbers(found)
    exactly = lambda value: at_numbers.stable({parameter.name: value}, grade)  # noqa: E731
    over = _Over([_in_tangents(gap, found.phases, parameter) for gap in _gaps(found)], exactly)
    low = domain.ranges.get(parameter, Range()).low
    wanted = lambda value: not low.is_Rational or value > Fraction(int(low.p), int(low.q))  # noqa: E731
    cuts = over.cuts([parameter - low] if low.is_Rational else [])
    stable = [wanted(value) and over.stable(value) for value in between([root for root, _ in cuts])]
    alone = [k for k, beside in enumerate(pairwise(stable)) if not any(beside) and wanted(cuts[k][0].high)]
    points = [_number(cuts[k]) for k in alone if over.stable_at(cuts[k][0])]
    ends = [-sp.oo, *cuts, sp.oo]
    runs = [[k for k, _ in run] for holds, run in groupby(enumerate(stable), key=itemgetter(1)) if holds]
    return sp.Union(*(sp.Interval(_number(ends[run[0]]), _number(ends[run[-1] + 1])) for run in runs), sp.FiniteSet(*points))


def _gaps(found: Amplification) -> list[sp.Poly]:
    pairs = gaps(complex_coefficients(found.polynomial), "von-neumann")
    if any(demanded == "never" for _, demanded in pairs):
        raise NoClosedForm
    return [gap for gap, _ in pairs]


def _in_tangents(gap: sp.Poly, axes: tuple[int, ...], parameter: sp.Symbol) -> sp.Poly:
    """In (t_1, t_2, p)."""
    by_power = sp.Poly(gap.as_expr(), parameter).all_terms()
    waves = [family[axis] for axis in axes for family in (COSINES, SINES)]
    parts = {n: dict(sp.Poly(c, *waves, domain="QQ").rep.to_dict()) for (n,), c in by_power}
    degrees = [max((m[k] + m[k + 1] for part in parts.values() for m in part), default=0) for k in (0, 2)]
    terms = {(*m, n): c for n, part in parts.items() for m, c in turned(part, degrees).rep.to_dict().items()}
    return sp.Poly.from_dict(terms or {(0, 0, 0): 0}, *TANGENTS, parameter, domain="QQ")


class _Over:
    """Gaps over the line of the parameter."""

    def __init__(self, values: list[sp.Poly], exactly: Callable[[sp.Rational], bool]) -> None:
        self.gaps, self.exactly = values, exactly

    def cuts(self, more: Sequence[sp.Expr]) -> list[Cut]:
        """Ascending; at the zeros of more polynomials too."""
        found = {g for e in more for g in factors(sp.Poly(e, self.gaps[0].gens[2]))}
        found |= {g for gap in self.gaps for f, n in factor_powers(gap) if n % 2 or _is_still(f) for g in _critical(f)}
        found |= {g for gap in self.gaps for pair in combinations(_odd(gap), 2) for g in _shared(*pair)}
        pairs = [(root, g) for g in found for root in real_roots(dense(g))]
        if len(apart([root for root, _ in pairs])) < len(pairs):
            raise NoClosedForm
        return sorted(pairs, key=lambda pair: pair[0].low)

    def stable(self, value: Fraction) -> bool:
        """At a number."""
        return all(
            nowhere_negative(gap.eval(gap.gens[2], sp.Rational(value.numerator, value.denominator))) for gap in self.gaps
        )

    def stable_at(self, root: Root) -> bool:
        """At a cut between two pieces that are not stable."""
        if root.exact is not None:  # where a gap may vanish throughout
            return self.exactly(sp.Rational(root.exact.numerator, root.exact.denominator))
        if any(bounds(at, root)[1] < 0 for at in self._somewhere):
            return False
        raise NoClosedForm

    @cached_property
    def _somewhere(self) -> list[list[Fraction]]:
        """At some phases, coefficients in p from the leading one down."""
        found = []
        for gap, place in product(self.gaps, product(LOOKED_AT, repeat=2)):
            at = gap(*(sp.Rational(v.numerator, v.denominator) for v in place))
            found.append([Fraction(int(c.p), int(c.q)) for c in sp.Poly(at, gap.gens[2]).all_coeffs()])
        return found


def _is_still(f: sp.Poly) -> bool:
    """Whether a factor does not depend on the phases: of any power it makes the gap vanish throughout."""
    return f.degree(f.gens[0]) <= 0 and f.degree(f.gens[1]) <= 0


def _odd(gap: sp.Poly) -> list[sp.Poly]:
    """The factors that may change their sign with the phases."""
    return [f for f, n in factor_powers(gap) if n % 2 and not _is_still(f)]


def _shared(f: sp.Poly, g: sp.Poly) -> Iterator[sp.Poly]:
    """Where two factors may have one in common, whose changes of sign cancel: one that is seen along some lines."""
    for axis in (0, 1):
        if min(f.degree(f.gens[axis]), g.degree(f.gens[axis])) > 0:
            at = [[h.eval(h.gens[1 - axis], value) for h in (f, g)] for value in LINES]
            both = reduce(sp.gcd, (resultant(*pair) for pair in at))
            if both.is_zero:
                raise NoClosedForm
            yield from factors(both)


def _critical(f: sp.Poly) -> Iterator[sp.Poly]:
    """Where an irreducible factor, a polynomial in (t_1, t_2, p), may begin or cease to change its sign."""
    f, squares = with_squares(f)
    if f.degree(f.gens[0]) <= 0 or 0 < f.degree(f.gens[1]) < f.degree(f.gens[0]):
        f, squares = f.reorder(f.gens[1], f.gens[0], f.gens[2]), squares[::-1]
    if f.degree() <= 0:
        yield from factors(_without(f, 2))
        return
    if 2 * (f.degree() - 1) * f.degree(f.gens[1]) > MOST[0]:
        raise NoClosedForm
    curves = {g for h in _projected(f, squares[0]) for g in factors(h)}
    yield from (g for h in curves if h.degree() <= 0 for g in factors(_without(h, 1)))
    moving = [h for h in curves if h.degree() > 0]
    if any(2 * (h.degree() - 1) * h.degree(h.gens[1]) > MOST[1] for h in moving):
        raise NoClosedForm
    values = [v for h in moving for v in _projected(h, squares[1])] + [resultant(g, h) for g, h in combinations(moving, 2)]
    yield from (g for value in values for g in factors(value))


def _projected(f: sp.Poly, positive: bool) -> list[sp.Poly]:
    """Without the first generator: where its roots may change in number, or, of positive ones, pass zero."""
    y, rows = f.gens[0], {}
    for m, c in f.rep.to_dict().items():
        rows.setdefault(m[0], {})[m[1:]] = c
    kept = {max(rows), 0} & set(rows) if positive else {max(rows)}
    ends = [sp.Poly.from_dict(rows[k], *f.gens[1:], domain=f.domain) for k in kept]
    return [*ends, *([discriminant(f)] if f.degree(y) > 1 else [])]


def _without(f: sp.Poly, count: int) -> sp.Poly:
    """Of a polynomial that does not depend on its first generators."""
    return sp.Poly.from_dict({m[count:]: c for m, c in f.rep.to_dict().items()}, *f.gens[count:], domain=f.domain)


def _number(cut: Cut | sp.Expr) -> sp.Expr:
    if isinstance(cut, sp.Expr):
        return cut
    root, minimal = cut
    if root.exact is not None:
        return sp.Rational(root.exact.numerator, root.exact.denominator)
    return sp.real_roots(minimal)[real_roots(dense(minimal)).index(root)]
