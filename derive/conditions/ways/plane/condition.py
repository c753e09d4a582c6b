"""The exact condition of a scheme with one phase and two parameters, as "A and (B or C)".

The curves at which the verdict may change cut the plane into cells (`projection`, `cells`). Every open cell is decided at a
rational point, and a short formula in the signs of the curves separates stable from unstable (`cover`). With weak inequalities
it holds on the edge too, as does stability. Then the formula is checked on every other cell, piece of a curve or corner, decided
for itself (`verdict`): where all are right the condition is exact, and where one is not, an inequality becomes strict or a
curve is named with a condition of its own; if that does not help, nothing is claimed (`NoClosedForm`).

>>> from derive.modes.amplification import amplification
>>> from derive.reading.parse import parse_scheme
>>> text = "u[1, 0] == u[0, 0] - a*(u[0, 0] - u[0, -1]) + b*(u[0, 1] - u[0, 0])"
>>> condition(amplification(parse_scheme(text)), "power-bounded", Domain.of(sp.symbols("a b", real=True)), None)
(a + b >= 0) & (a + b <= 1)

Source: Collins, Quantifier elimination by cylindrical algebraic decomposition (1975), in two dimensions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.ways.eliminate import relation
from derive.conditions.ways.margins import Complex, NoClosedForm, complex_coefficients, gaps, margins
from derive.conditions.ways.plane.algebra import Root, factor_powers, factors
from derive.conditions.ways.plane.cells import Cell, decompose
from derive.conditions.ways.plane.formula import Formula
from derive.conditions.ways.plane.lines import Along
from derive.conditions.ways.plane.projection import Projection
from derive.conditions.ways.plane.verdict import Verdict
from derive.conditions.ways.signs import Domain, Range
from derive.fields.phases import COSINES, SINES
from derive.fields.symbols import xi
from derive.modes.amplification import Amplification

Less = Callable[[Amplification, str], Boolean]
"""The condition of a scheme with fewer parameters."""
Names = tuple[sp.Symbol, sp.Symbol]


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
    return _Plane(found, _base_first(found, names), grade, domain, less).condition()


def _base_first(found: Amplification, names: Sequence[sp.Symbol]) -> Names:
    """The parameter of higher degree is the base: over it there are fewer curves in a stack."""
    one, other = names
    numerator = sp.fraction(sp.together(found.polynomial.as_expr()))[0]
    return (one, other) if sp.degree(numerator, one) >= sp.degree(numerator, other) else (other, one)


class _Plane:
    def __init__(self, found: Amplification, names: Names, grade: str, domain: Domain, less: Less) -> None:
        self.found, self.names, self.grade, self.domain, self.less = found, names, grade, domain, less
        self.phi = complex_coefficients(found.polynomial)
        fences = [_fence(self.domain.ranges.get(s, Range()), s, names) for s in names]
        also = [g for fence in fences for g in fence]
        if grade == "power-bounded":
            also += _coincidences(self.phi, names, COSINES[found.phases[0]])
        gens = (COSINES[found.phases[0]], *names)
        self.values = [sp.Poly(m, *gens) for m in _values(found)]
        self.projection = Projection.of(self.values, also, grade == "power-bounded")
        self.along = {g: a for g in self.projection.curves if g in self.projection.degenerate and (a := self._along(g))}
        also += [f for a in self.along.values() for f in a.breaks]
        self.also = also

    def condition(self) -> Boolean:
        """The formula of the open cells, checked and mended on all others."""
        self.projection, self.verdict, cells, formula = self._separated()
        truth = [(cell, self._truth(cell)) for cell in cells if cell.kind != "open"]
        pieces = self._pieces(formula, [cell for cell, holds in truth if holds and not formula.holds(cell.signs)])
        formula = self._with_strict(formula, pieces, truth)
        if any(holds != self._claimed(formula, pieces, cell) for cell, holds in truth):
            raise NoClosedForm
        return sp.Or(formula.boolean(self.domain), *(piece for piece, _ in pieces))

    def _separated(self) -> tuple[Projection, Verdict, list[Cell], Formula]:
        """Curves whose signs tell stable from unstable open cells."""
        more: list[sp.Poly] = []
        waiting: list[sp.Poly] | None = None
        while True:
            projection = Projection.of(self.values, [*self.also, *more], self.grade == "power-bounded")
            verdict = Verdict(self.phi, self.found.phases[0], self.names, projection, self.grade)
            cells = list(decompose(projection.curves, self._admits))
            holds = [verdict.in_open_cell(c.p.low, c.q.low) for c in cells if c.kind == "open"]
            signs = [c.signs for c in cells if c.kind == "open"]
            true = [v for v, h in zip(signs, holds, strict=True) if h]
            false = [v for v, h in zip(signs, holds, strict=True) if not h]
            if not set(true) & set(false):
                return projection, verdict, cells, Formula.of(projection.curves, true, false)
            waiting = projection.refined() if waiting is None else waiting
            if not waiting:
                raise NoClosedForm
            more.append(waiting.pop(0))

    def _admits(self, axis: int, value: Root) -> bool:
        known = self.domain.ranges.get(self.names[axis], Range())
        return _within(value, known)

    def _along(self, curve: sp.Poly) -> Along | None:
        return Along.of(curve, self._solved)

    def _solved(self, x: sp.Symbol, expr: sp.Expr) -> Boolean:
        value = sp.together(self.found.polynomial.as_expr().subs(x, expr))
        if value.has(sp.zoo, sp.nan) or sp.degree(sp.fraction(value)[0], xi) < self.found.polynomial.degree():
            raise NoClosedForm
        return self.less(replace(self.found, polynomial=sp.Poly(value, xi), assumptions=sp.true), self.grade)

    def _truth(self, cell: Cell) -> bool:
        on = [g for g, sign in zip(self.projection.curves, cell.signs, strict=True) if sign == 0]
        for g in on:
            if g in self.along:
                return self._on(self.along[g], cell)
        known_by_margins = cell.kind == "corner" or not self.projection.degenerate.intersection(on)
        return self.verdict.on(cell, self.projection.curves, known_by_margins)

    def _on(self, along: Along, cell: Cell) -> bool:
        return along.contains(cell.p if along.y == self.names[0] else cell.q)

    def _pieces(self, formula: Formula, missing: list[Cell]) -> list[tuple[Boolean, Callable[[Cell], bool]]]:
        """Curves, or corners, that are stable by themselves."""
        found: dict[sp.Poly, Along] = {}
        corners = []
        for cell in missing:
            on = [g for g, sign in zip(self.projection.curves, cell.signs, strict=True) if sign == 0]
            along = next((a for g in on if (a := self.along.get(g) or self._along(g))), None)
            if along is not None:
                found[along.curve] = along
            elif cell.p.exact is not None and cell.q.exact is not None:
                corners.append(cell)
            else:
                raise NoClosedForm
        return [*(self._curve_piece(a) for a in found.values()), *(self._corner_piece(cell) for cell in corners)]

    def _curve_piece(self, along: Along) -> tuple[Boolean, Callable[[Cell], bool]]:
        k = self.projection.curves.index(along.curve)
        return along.boolean(), lambda cell: cell.signs[k] == 0 and self._on(along, cell)

    def _corner_piece(self, corner: Cell) -> tuple[Boolean, Callable[[Cell], bool]]:
        values = [sp.Rational(x.low.numerator, x.low.denominator) for x in (corner.p, corner.q)]
        return sp.And(*map(sp.Eq, self.names, values)), lambda cell: (cell.p, cell.q) == (corner.p, corner.q)

    def _claimed(self, formula: Formula, pieces: list, cell: Cell) -> bool:
        return formula.holds(cell.signs) or any(inside(cell) for _, inside in pieces)

    def _with_strict(self, formula: Formula, pieces: list, truth: list[tuple[Cell, bool]]) -> Formula:
        """Inequalities made strict one by one, as long as fewer cells are wrong."""
        wrong = lambda f: sum(holds != self._claimed(f, pieces, cell) for cell, holds in truth)  # noqa: E731
        count = wrong(formula)
        for literal in formula.literals:
            if count:
                stricter = replace(formula, strict=formula.strict | {literal})
                if wrong(stricter) < count:
                    formula, count = stricter, wrong(stricter)
        return formula


def _values(found: Amplification) -> list[sp.Expr]:
    """All margins of the von Neumann grade, free of sines."""
    numerator = sp.fraction(sp.together(found.polynomial.as_expr()))[0]
    parts = [sp.Poly(f, xi) for f, _ in sp.factor_list(sp.expand(numerator), gaussian=numerator.has(sp.I))[1] if f.has(xi)]
    values = [value for part in parts for value in _of_factor(complex_coefficients(part))]
    if any(value.has(*SINES) for value in values):
        raise NoClosedForm
    return values


def _of_factor(phi: list[Complex]) -> list[sp.Expr]:
    try:
        return [m.value for m in margins(phi, "von-neumann")]
    except NoClosedForm:
        found = gaps(phi, "von-neumann")
    if any(grade == "never" for _, grade in found):
        raise NoClosedForm
    return [gap.as_expr() for gap, _ in found]


def _coincidences(phi: list[Complex], names: Names, c: sp.Symbol) -> list[sp.Poly]:
    """Where roots meet at the phases 0 and pi, at which unit roots may be there throughout.

    Raises:
        NoClosedForm: there they meet always, or coefficients are not real.
    """
    found = []
    s = SINES[COSINES.index(c)]
    for end in (1, -1):
        at_end = [(k.real.as_expr().subs({c: end, s: 0}), k.imaginary.as_expr().subs({c: end, s: 0})) for k in phi]
        if any(imaginary != 0 for _, imaginary in at_end):
            raise NoClosedForm
        poly = sp.Poly([real for real, _ in at_end], xi).as_expr()
        powers = [(f, n) for f, n in factor_powers(sp.Poly(poly, xi, *names)) if f.degree() > 0]
        if any(n > 1 and f.as_expr() != xi for f, n in powers):
            raise NoClosedForm
        both = sp.prod([f.as_expr() for f, _ in powers])
        found += factors(sp.Poly(sp.discriminant(both, xi), *names)) if sp.degree(both, xi) > 1 else []
    return found


def _fence(known: Range, symbol: sp.Symbol, names: Names) -> list[sp.Poly]:
    return [sp.Poly(symbol - end, *names) for end in (known.low, known.high) if end.is_finite]


def _within(value: Root, known: Range) -> bool:
    low, high = (sp.Rational(x.numerator, x.denominator) for x in (value.low, value.high))
    above = low > known.low or (low == known.low and not known.low_open)
    return bool(above and (high < known.high or (high == known.high and not known.high_open)))
