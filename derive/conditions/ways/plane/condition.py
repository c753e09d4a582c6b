"""The exact condition of a scheme with one phase and two parameters, as "A and (B or C)".

The curves at which the verdict may change cut the plane into cells (`projection`, `cells`). Every open cell is decided at
a rational point, and a short formula in the signs of the curves tells stable from unstable (`cover`). With weak inequalities
it holds on the edge too, as does stability. Then the formula is checked on every other cell, piece of a curve or corner, each
decided for itself (`verdict`): where all are right the condition is exact, and where one is not, an inequality becomes strict,
a curve is named with a condition of its own, or a corner excluded; if that does not help, nothing is claimed (`NoClosedForm`).

A parameter whose sign does not matter is looked at through its square (`squares`).

>>> from derive.modes.amplification import amplification
>>> from derive.reading.parse import parse_scheme
>>> text = "u[1, 0] == u[0, 0] - a*(u[0, 0] - u[0, -1]) + b*(u[0, 1] - u[0, 0])"
>>> found, names = amplification(parse_scheme(text)), sp.symbols("a b", real=True)
>>> condition(found, names, "power-bounded", Domain.of(names), less=lambda scheme, grade: sp.false)
(-a - b + 1 >= 0) & (-a**2 + 2*a*b + a - b**2 + b >= 0)

Source: Collins, Quantifier elimination by cylindrical algebraic decomposition (1975), in two dimensions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from itertools import chain, combinations
from math import inf

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.ways.algebra import at, factors, sign_at
from derive.conditions.ways.margins import NoClosedForm, complex_coefficients
from derive.conditions.ways.plane.arcs import one_of_each
from derive.conditions.ways.plane.box import box_about, outside
from derive.conditions.ways.plane.cell import Cell
from derive.conditions.ways.plane.cells import beside_on_a_line, decompose
from derive.conditions.ways.plane.coincidences import coincidences
from derive.conditions.ways.plane.cover import Signs
from derive.conditions.ways.plane.ends import Ends
from derive.conditions.ways.plane.formula import Formula
from derive.conditions.ways.plane.limits import admits, fences
from derive.conditions.ways.plane.lines import Along
from derive.conditions.ways.plane.projection import Projection
from derive.conditions.ways.plane.scheme import margin_values
from derive.conditions.ways.plane.squares import Names, Squares
from derive.conditions.ways.plane.verdict import Verdict
from derive.conditions.ways.signs import Domain
from derive.fields.phases import COSINES
from derive.fields.symbols import xi
from derive.modes.amplification import Amplification

Less = Callable[[Amplification, str], Boolean]
"""The condition of a scheme with fewer parameters."""


def condition(found: Amplification, names: Sequence[sp.Symbol], grade: str, domain: Domain, less: Less) -> Boolean:
    """The exact condition, grade power-bounded or von-neumann.

    Args:
        found: amplification polynomial.
        names: its parameters.
        grade: of the roots.
        domain: what is known of the parameters.
        less: how a scheme with fewer parameters is decided.

    Raises:
        NoClosedForm: not two parameters and one phase, a margin that is not even in it, curves that are too long, or a cell
            that is not decided.
    """
    if len(names) != 2 or len(found.phases) != 1 or grade == "schur":
        raise NoClosedForm
    values = margin_values(found, grade)
    squares = _squares(found, names, values, grade, domain)
    if squares:
        with suppress(_Split):
            return _Plane(found, squares, values, grade, domain, less).condition()
    return _Plane(found, Squares(_base_first(found, Squares(tuple(names)))), values, grade, domain, less).condition()


class _Split(Exception):
    """The square of a parameter does not do: of a curve in it two pieces are left, each with a condition of its own."""


def _squares(found: Amplification, names: Sequence[sp.Symbol], values: list[sp.Expr], grade: str, domain: Domain) -> Squares:
    """Which parameters are looked at through their squares, the base first."""
    polys = [sp.Poly(value, *names) for value in values]
    if grade == "power-bounded":
        polys += chain(*coincidences(found.polynomial, tuple(names), found.phases[0]).values())
    which = Squares.of(tuple(names), found, polys, domain)
    base = _base_first(found, which)
    return which if base == which.names else Squares(base, which.which[::-1])


def _base_first(found: Amplification, squares: Squares) -> Names:
    """The parameter of higher degree is the base: over it there are fewer curves in a stack."""
    numerator = sp.fraction(sp.together(found.polynomial.as_expr()))[0]
    one, other = (sp.degree(numerator, s) / (1 + is_square) for s, is_square in zip(squares.names, squares.which, strict=True))
    return squares.names if one >= other else squares.names[::-1]


class _Plane:
    def __init__(
        self, found: Amplification, squares: Squares, values: list[sp.Expr], grade: str, domain: Domain, less: Less
    ) -> None:
        names = squares.names
        self.squares, self.found, self.names, self.grade, self.domain, self.less = squares, found, names, grade, domain, less
        self.phi = complex_coefficients(found.polynomial)
        looked_at = squares.ranges(domain)
        self.admits = admits(names, looked_at)
        also = [*fences(names, looked_at)]
        if grade == "power-bounded":
            also += map(squares.halved, chain(*coincidences(found.polynomial, names, found.phases[0]).values()))
        margins = [squares.halved(sp.Poly(m, COSINES[found.phases[0]], *names)) for m in values]
        self.projection = Projection.of(margins, also, grade == "power-bounded")
        within = (g for g in self.projection.curves if looked_at.sign(g.as_expr()) not in ("+", "-"))  # not all of it outside
        self.along = {g: a for g in within if g in self.projection.degenerate and (a := self._along(g))}

    def condition(self) -> Boolean:
        """The formula of the open cells, checked and mended on all others."""
        self.projection, self.verdict, formula = self._separated()
        cells = list(decompose(self.projection.curves, self.admits))
        truth = [(cell, self._truth(cell)) for cell in one_of_each(cells)]
        for may_lose in (True, False):
            with suppress(NoClosedForm):
                return self._mended(formula, cells, truth, may_lose)
        raise NoClosedForm

    def _mended(self, formula: Formula, cells: list[Cell], truth: list[tuple[Cell, bool]], may_lose: bool) -> Boolean:
        """With strict inequalities, stable pieces named and unstable corners left out, such that all cells are right."""
        pieces = self._pieces(formula, [cell for cell, holds in truth if holds and not formula.holds(cell.signs)])
        formula = self._with_strict(formula, pieces, truth, may_lose)
        pieces += self._pieces(formula, [cell for cell, holds in truth if holds and not self._claimed(formula, pieces, cell)])
        wrong = [(cell, holds) for cell, holds in truth if holds != self._claimed(formula, pieces, cell)]
        if any(holds for _, holds in wrong):
            raise NoClosedForm
        claimed = lambda cell: self._claimed(formula, pieces, cell)  # noqa: E731
        holes = [self._hole(cell, cells, [c.signs for c, holds in truth if holds], claimed) for cell, _ in wrong]
        weak = formula.boolean(self.domain, self.squares.plain)
        return sp.And(sp.Or(weak, *(piece for piece, _ in pieces)), *dict.fromkeys(holes))

    def _separated(self) -> tuple[Projection, Verdict, Formula]:
        """Curves whose signs tell stable from unstable open cells, and a formula in them."""
        projection = self.projection.joined(f for a in self.along.values() for f in self._breaks(a))
        always, verdict = projection.curves, Verdict(self.found, self.phi, self.squares, projection, self.grade)
        while True:
            sides: dict[bool, dict[Signs, Cell]] = {True: {}, False: {}}
            for cell in decompose(projection.curves, self.admits, open_only=True):
                sides[verdict.in_open_cell(cell.p.low, cell.q.low)].setdefault(cell.signs, cell)
            mixed = [(sides[True][v], sides[False][v]) for v in sides[True].keys() & sides[False].keys()]
            if not mixed:
                break
            projection = projection.joined(self._telling(projection, mixed))
        formula = Formula.of(projection.curves, list(sides[True]), list(sides[False]))
        projection = projection.only({*always, *formula.used})
        return projection, verdict.among(projection), formula.among(projection.curves)

    def _breaks(self, along: Along) -> list[sp.Poly]:
        """At which the verdict along a curve changes."""
        return [g for f in along.breaks(self.squares.which[self.names.index(along.y)]) for g in factors(f)]

    def _telling(self, projection: Projection, mixed: list[tuple[Cell, Cell]]) -> list[sp.Poly]:
        """Of more curves, in turn, those whose signs tell apart points that have been in one class."""
        chosen = []
        for candidates in (projection.refined, projection.counting):
            for g in candidates() if mixed else []:
                left = [(a, b) for a, b in mixed if _sign(g, a) == _sign(g, b)]
                if len(left) < len(mixed):
                    chosen, mixed = [*chosen, g], left
        if mixed:
            raise NoClosedForm
        return chosen

    def _along(self, curve: sp.Poly) -> Along | None:
        parts = self.squares.in_parameters(curve, self.domain)
        if len(parts) > 1:
            raise _Split
        return Along.of(parts[0], self._solved) if parts else None

    def _solved(self, x: sp.Symbol, expr: sp.Expr) -> Boolean:
        value = sp.together(self.found.polynomial.as_expr().subs(x, expr))
        if value.has(sp.zoo, sp.nan) or sp.degree(sp.fraction(value)[0], xi) < self.found.polynomial.degree():
            raise NoClosedForm
        return self.less(replace(self.found, polynomial=sp.Poly(value, xi), assumptions=sp.true, composed=None), self.grade)

    def _truth(self, cell: Cell) -> bool:
        on = self._through(cell)
        for g in on:
            if g in self.along:
                return self._on(self.along[g], cell)
        if not self.projection.degenerate.intersection(on) and self._fails_at_an_end(cell):
            return False
        known_by_margins = cell.kind == "corner" or not self.projection.degenerate.intersection(on)
        if cell.kind == "corner" and len(on) == 1 and on[0].total_degree() == 1 and on[0] not in self.projection.degenerate:
            cell = beside_on_a_line(on[0], cell)
        return self.verdict.on(cell, self.projection.curves, known_by_margins)

    def _through(self, cell: Cell) -> list[sp.Poly]:
        """Curves that pass through it."""
        return [g for g, sign in zip(self.projection.curves, cell.signs, strict=True) if sign == 0]

    def _fails_at_an_end(self, cell: Cell) -> bool:
        return self.ends.fail(dict(zip(self.projection.curves, cell.signs, strict=True)))

    @cached_property
    def ends(self) -> Ends:
        """The margins near cos(theta) = 1 and -1."""
        return Ends([m.value for m in self.projection.margins])

    def _on(self, along: Along, cell: Cell) -> bool:
        axis = self.names.index(along.y)
        on = self._through(cell)
        at_break = len(on) > 1 and not set(on).isdisjoint(self._breaks(along))
        return along.contains(self.squares.root(axis, (cell.p, cell.q)[axis]), at_break)

    def _pieces(self, formula: Formula, missing: list[Cell]) -> list[tuple[Boolean, Callable[[Cell], bool]]]:
        """Curves, or corners, that are stable by themselves."""
        found: dict[sp.Poly, Along] = {}
        corners = []
        for cell in missing:
            curve, along = next(
                ((g, a) for g in self._through(cell) if (a := self.along.get(g) or self._along(g))), (None, None)
            )
            if along is not None:
                found[curve] = along
            elif cell.p.exact is not None and cell.q.exact is not None:
                corners.append(cell)
            else:
                raise NoClosedForm
        return [*(self._curve_piece(g, a) for g, a in found.items()), *(self._corner_piece(cell) for cell in corners)]

    def _curve_piece(self, curve: sp.Poly, along: Along) -> tuple[Boolean, Callable[[Cell], bool]]:
        k = self.projection.curves.index(curve)
        return along.boolean(), lambda cell: cell.signs[k] == 0 and self._on(along, cell)

    def _corner_piece(self, corner: Cell) -> tuple[Boolean, Callable[[Cell], bool]]:
        values = [sp.Rational(x.low.numerator, x.low.denominator) for x in (corner.p, corner.q)]
        equal = [self.squares.equal(axis, value) for axis, value in enumerate(values)]
        return sp.And(*equal), lambda cell: (cell.p, cell.q) == (corner.p, corner.q)

    def _hole(self, corner: Cell, cells: list[Cell], stable: list[Signs], claimed: Callable[[Cell], bool]) -> Boolean:
        """All but a corner at which weak inequalities meet and nothing is stable: it, a box, or where two curves meet."""
        if self.squares:
            raise _Split
        if corner.kind != "corner":
            raise NoClosedForm
        if corner.p.exact is not None and corner.q.exact is not None:
            return sp.Or(*(sp.Ne(one.lhs, one.rhs) for one in self._corner_piece(corner)[0].args))
        box = box_about(self.projection.curves, corner, cells, claimed)
        if box:
            return outside(box, self.names)
        on = [k for k, sign in enumerate(corner.signs) if sign == 0]
        for i, j in combinations(on, 2):
            if not any(signs[i] == signs[j] == 0 for signs in stable):
                return sp.Or(*(sp.Ne(self.projection.curves[k].as_expr(), 0) for k in (i, j)))
        raise NoClosedForm

    def _claimed(self, formula: Formula, pieces: list, cell: Cell) -> bool:
        return formula.holds(cell.signs) or any(inside(cell) for _, inside in pieces)

    def _with_strict(self, formula: Formula, pieces: list, truth: list[tuple[Cell, bool]], may_lose: bool) -> Formula:
        """Inequalities made strict one by one, as long as fewer cells are wrong; or all, and weak again where that is right.

        Stable cells may be lost by that, to be named as pieces, or not.
        """
        wrong = lambda f: sum(self._cost(f, pieces, cell, holds, may_lose) for cell, holds in truth)  # noqa: E731
        count = wrong(formula)
        for literal in formula.literals:
            if count:
                stricter = replace(formula, strict=formula.strict | {literal})
                if wrong(stricter) < count:
                    formula, count = stricter, wrong(stricter)
        strict = replace(formula, strict=frozenset(formula.literals))
        if count and not wrong(strict):
            for literal in formula.literals:
                weaker = replace(strict, strict=strict.strict - {literal})
                strict = strict if wrong(weaker) else weaker
            return strict
        return formula

    def _cost(self, formula: Formula, pieces: list, cell: Cell, holds: bool, may_lose: bool) -> float:
        claimed = self._claimed(formula, pieces, cell)
        return 0 if holds == claimed else inf if holds and not may_lose else 1


def _sign(g: sp.Poly, cell: Cell) -> int:
    return sign_at(at(g, cell.p.low), cell.q.low)
