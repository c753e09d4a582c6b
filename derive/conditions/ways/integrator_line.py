"""A time integrator on a ray of the plane: for which real x do the roots of phi(xi; z) qualify at z = x, or at z = i x? Exact.

The verdict changes only where a gap |lead|^2 - |const|^2 of the reduction, or the lead, vanishes. Between those places it is
exact at one rational number; at each of them it is decided as well: in the field of that algebraic number. Of coefficients
that are irrational, such as those of a method with sqrt(3) in its tableau, the places are roots of the product of all
conjugates of these polynomials, and between two qualifying stretches the closed disc decides.

>>> z, xi = sp.symbols("z xi")
>>> fehlberg = sp.Poly(xi - sp.Add(*(z**k / sp.factorial(k) for k in range(6))) - z**6 / 2080, xi)
>>> [piece.evalf(6) for piece in qualifying(fehlberg, z, sp.I, "power-bounded")]  # |P(i x)| > 1 at small x
[Interval(-3.60656, -2.04605), {0}, Interval(2.04605, 3.60656)]
>>> qualifying(fehlberg, z, sp.S.One, "power-bounded")[-1].evalf(6)
Interval(-3.67771, 0)

Source: Hairer and Wanner, Solving Ordinary Differential Equations II (1996), Sec IV.2.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

import sympy as sp

from derive.conditions.ways.algebra import Root, dense, real_roots
from derive.conditions.ways.at_root import Place, bounds, places_of, qualifies
from derive.conditions.ways.margins import Complex, NoClosedForm, gaps

_x, _t = sp.Symbol("x", real=True), sp.Symbol("t")


@lru_cache(maxsize=256)
def qualifying(phi: sp.Poly, z: sp.Symbol, unit: sp.Expr, grade: str) -> tuple[sp.Set, ...]:
    """The pieces of the line on which all roots qualify, apart, ascending.

    Args:
        phi: in xi; its coefficients are polynomials in z with real algebraic coefficients.
        z: the variable.
        unit: 1 or I; z is that times x.
        grade: schur, power-bounded or von-neumann.

    Raises:
        NoClosedForm: coefficients of another kind, or a place that is not decided.
    """
    coefficients = _on_the_ray(phi, z, unit)
    field = coefficients[0].real.domain
    line = _Rational(coefficients, grade) if field == sp.QQ else _Irrational(coefficients, grade, field)
    return tuple(_pieces(line))


class _Rational:
    """Coefficients are rational polynomials in x."""

    def __init__(self, phi: list[Complex], grade: str) -> None:
        self.phi, self.grade = phi, grade
        found = [gap for gap, _ in gaps(phi, grade)] + [phi[0].square()]
        self.critical = [f for f in found if not f.is_zero]

    def rational(self) -> list[sp.Poly]:
        """Polynomials with rational coefficients that vanish wherever the verdict changes."""
        return self.critical

    def at_rational(self, value: sp.Rational) -> bool:
        """The verdict, at any rational x."""
        return qualifies(self.phi, _rational_place(value), self.grade)

    def at(self, place: Place, beside: tuple[bool, bool]) -> bool:
        """The verdict at a place, those of its neighbourhood given."""
        return qualifies(self.phi, place, self.grade)


class _Irrational(_Rational):
    """Coefficients are polynomials in x over the field of one real number."""

    def __init__(self, phi: list[Complex], grade: str, field: sp.Domain) -> None:
        super().__init__(phi, grade)
        minimal = sp.Poly(field.mod.to_list(), _t, domain=sp.QQ)
        near = sp.Rational(str(field.to_sympy(field.unit).evalf(60)))
        self.number = min(places_of(minimal), key=lambda p: abs(_middle(p) - Fraction(int(near.p), int(near.q))))

    def rational(self) -> list[sp.Poly]:
        """Products of conjugates."""
        return [f.norm() for f in self.critical]

    def at_rational(self, value: sp.Rational) -> bool:
        """With the number of the field in place of t."""
        turn = lambda f: _in_t(f, value)  # noqa: E731
        return qualifies([Complex(turn(c.real), turn(c.imaginary)) for c in self.phi], self.number, self.grade)

    def at(self, place: Place, beside: tuple[bool, bool]) -> bool:
        """By continuity of the roots, where the lead is not zero; else given up."""
        if place.root.exact is not None:
            return self.at_rational(sp.Rational(place.root.low.numerator, place.root.low.denominator))
        if not any(beside):
            return False if len(self.phi) == 2 and self._positive(-self._gap, place) else _give_up()
        if not self._positive(self.phi[0].square(), place):
            _give_up()
        if self.grade == "von-neumann" or (self.grade == "power-bounded" and len(self.phi) == 2):
            return True
        return True if all(beside) and all(self._positive(f, place) for f in self.critical) else _give_up()

    @property
    def _gap(self) -> sp.Poly:
        return self.phi[0].square() - self.phi[-1].square()

    def _positive(self, f: sp.Poly, place: Place) -> bool:
        """Whether it is, certainly: by interval arithmetic in x and in the number of the field."""
        low, high = Fraction(0), Fraction(0)
        for coefficient in f.rep.to_list():
            inner = [Fraction(int(c.numerator), int(c.denominator)) for c in coefficient.to_list()]
            below, above = bounds(inner, self.number.root)
            products = [a * b for a in (low, high) for b in (place.root.low, place.root.high)]
            low, high = min(products) + below, max(products) + above
        return low > 0


def _give_up() -> bool:
    raise NoClosedForm


def _on_the_ray(phi: sp.Poly, z: sp.Symbol, unit: sp.Expr) -> list[Complex]:
    rows = [sp.Poly(c, z).all_coeffs()[::-1] for c in phi.all_coeffs()]
    numbers = [number for row in rows for number in row]
    if any(number.free_symbols or number.is_real is False for number in numbers):
        raise NoClosedForm
    try:
        field, found = sp.construct_domain(numbers, extension=True, field=True)
    except NotImplementedError:
        raise NoClosedForm from None
    if not (field == sp.QQ or field.is_Algebraic):
        raise NoClosedForm
    exact = iter(found)
    return [_complex([next(exact) for _ in row], unit, field) for row in rows]


def _complex(row: list, unit: sp.Expr, field: sp.Domain) -> Complex:
    """sum a_k (unit x)^k, by real and imaginary part."""
    parts: tuple[dict, dict] = ({}, {})
    for k, a in enumerate(row):
        turns = k % 4 if unit == sp.I else 0
        parts[turns % 2][(k,)] = -a if turns > 1 else a
    return Complex(*(sp.Poly.from_dict(part or {(0,): field.zero}, _x, domain=field) for part in parts))


def _in_t(f: sp.Poly, value: sp.Rational) -> sp.Poly:
    """The value at a rational x, as a polynomial in the number of the field."""
    number = f.rep.eval(f.domain.from_sympy(value))
    return sp.Poly(number.to_list() or [0], _t, domain=sp.QQ)


def _rational_place(value: sp.Rational) -> Place:
    exact = Fraction(int(value.p), int(value.q))
    return Place(sp.Poly([1, -value], _x, domain=sp.QQ), Root(exact, exact))


def _middle(place: Place) -> Fraction:
    return (place.root.low + place.root.high) / 2


def _pieces(line: _Rational) -> list[sp.Set]:
    """Walk along the line: cells, and the places between them."""
    places = sorted({_key(p): p for f in line.rational() for p in places_of(f)}.values(), key=_middle)
    cells = [line.at_rational(sample) for sample in _samples(places)]
    truths = [line.at(p, beside) for p, beside in zip(places, pairwise(cells), strict=True)]
    found: list[sp.Set] = []
    start: tuple[sp.Expr, bool] | None = (-sp.oo, True) if cells[0] else None
    for place, here, after in zip(places, truths, cells[1:], strict=True):
        if start is not None and not (here and after):
            found.append(sp.Interval(start[0], _number(place), start[1], not here))
            start = None
        elif start is None and here and not after:
            found.append(sp.FiniteSet(_number(place)))
        if after and start is None:
            start = (_number(place), not here)
    return [*found, sp.Interval(start[0], sp.oo, start[1], True)] if start is not None else found


def _key(place: Place) -> tuple:
    return (place.minimal, place.root)


def _samples(places: list[Place]) -> list[sp.Rational]:
    """A rational number in every cell, of small denominator."""
    if not places:
        return [sp.S.Zero]
    ends = [(a.root.high, b.root.low) for a, b in pairwise(places)]
    first, last = places[0].root.low, places[-1].root.high
    inside = [_simplest(low, high) for low, high in [(first - 2, first), *ends, (last, last + 2)]]
    return [sp.Rational(value.numerator, value.denominator) for value in inside]


def _simplest(low: Fraction, high: Fraction) -> Fraction:
    """Between two numbers, well away from both."""
    gap, size = (high - low) / 4, 1
    while True:
        value = Fraction(-int(-(low + gap) * size // 1), size)
        if low + gap <= value <= high - gap:
            return value
        size *= 2


def _number(place: Place) -> sp.Expr:
    """As SymPy writes it; a negative one as what it is the negative of, so that mirror images look it."""
    root, f = place.root, place.minimal
    if root.exact is not None:
        return sp.Rational(root.low.numerator, root.low.denominator)
    if root.high < 0:
        return -_number(Place(f.compose(sp.Poly(-_x, *f.gens)), Root(-root.high, -root.low)))
    below = sum(other.high < root.low for other in real_roots(dense(f)))
    return sp.real_roots(f)[below]
