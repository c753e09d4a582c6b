"""Is a scheme stable at given numbers, over all phases? Of two phases at most that is settled exactly; nothing is sampled.

With t = tan(theta/2) the phase runs through the real line, and theta = pi beside it; every coefficient is a polynomial in t
with rational coefficients, over a power of 1 + t^2. The gaps |lead|^2 - |const|^2 of the reduction tell the verdict by their
signs: none may be negative anywhere (`on_the_real_line`). Where one is zero the closed disc needs no more, since roots are
continuous; for a stricter grade each such place is decided in the field of that number (`at_root`). The lead must not vanish:
there would be no new value. Of two phases, `two_phases` tells the same of polynomials in two variables.

>>> from derive.modes.amplification import amplification
>>> from derive.reading.parse import parse_scheme
>>> text = "u[1, 0] == u[0, 0] - nu*(u[0, 1] - u[0, -1])/2 + r*(u[0, 1] - 2*u[0, 0] + u[0, -1])"
>>> ftcs = AtNumbers(amplification(parse_scheme(text)))
>>> at = lambda nu, r: ftcs.stable({"nu": sp.Rational(nu), "r": sp.Rational(r)}, "power-bounded")
>>> at("0.8", "0.32"), at("0.8000000000000001", "0.32")  # nu^2 <= 2 r
(True, False)

Source: Miller (1971).
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from derive.conditions.ways import two_phases
from derive.conditions.ways.at_root import places_of, qualifies
from derive.conditions.ways.margins import Complex, NoClosedForm, before_last, complex_coefficients, gaps
from derive.conditions.ways.on_the_real_line import non_negative, positive
from derive.conditions.ways.schur import numeric_verdict
from derive.conditions.ways.two_phases import Wave, Waves
from derive.fields.phases import COSINES, SHIFTS, SINES
from derive.modes.amplification import Amplification

_t = sp.Symbol("t")
Terms = list[tuple[tuple[int, ...], Wave, sp.Rational]]
"""Of a polynomial: powers of the parameters, of the cosine and of the sine along every axis, coefficient."""


class AtNumbers:
    """The question, prepared for many numbers.

    Args:
        found: amplification polynomial.

    Raises:
        NoClosedForm: three phases, other frequency variables, or coefficients that are not rational.
    """

    def __init__(self, found: Amplification) -> None:
        if len(found.phases) > 2 or (not found.polynomial.has(*SHIFTS) and any(q not in COSINES for q in found.box)):
            raise NoClosedForm
        bound = {*found.polynomial.gens, *COSINES, *SHIFTS, *found.box}
        self.names = tuple(sorted(found.polynomial.free_symbols - bound, key=str))
        self.phases, self.axes = len(found.phases), found.phases or (0,)
        self.phi = [(self._terms(c.real), self._terms(c.imaginary)) for c in complex_coefficients(found.polynomial)]
        self.degree = max((sum(wave) for parts in self.phi for part in parts for _, wave, _ in part), default=0)

    def _terms(self, poly: sp.Poly) -> Terms:
        waves = [family[axis] for axis in self.axes for family in (COSINES, SINES)]
        terms = sp.Poly(poly.as_expr(), *self.names, *waves).terms()
        if not all(c.is_Rational for _, c in terms):
            raise NoClosedForm
        count = len(self.names)
        return [(m[:count], m[count:], sp.QQ(int(c.p), int(c.q))) for m, c in terms]

    def tells(self, grade: str) -> bool:
        """Whether the grade can be told: of two phases, not where single ones decide."""
        return self.phases < 2 or grade == "von-neumann" or (grade == "power-bounded" and len(self.phi) <= 2)

    def stable(self, values: Mapping[str, sp.Rational], grade: str) -> bool:
        """The verdict at rational numbers, one for each parameter.

        Raises:
            NoClosedForm: a sign was not told, or the grade cannot be.
        """
        if not self.tells(grade):
            raise NoClosedForm
        numbers = [sp.QQ(int(values[p.name].p), int(values[p.name].q)) for p in self.names]
        waves = [tuple(_in_waves(part, numbers) for part in parts) for parts in self.phi]
        if self.phases == 2:
            return two_phases.stable(waves)
        if not _at_end(waves, -1, grade):
            return False
        return not self.phases or _at_all_phases([Complex(*(self._turned(p) for p in parts)) for parts in waves], grade)

    def qualifies_at_ends(self, values: Mapping[str, sp.Rational], grade: str) -> bool:
        """Whether all roots do at the phases 0 and pi, of one phase."""
        numbers = [sp.QQ(int(values[p.name].p), int(values[p.name].q)) for p in self.names]
        waves = [tuple(_in_waves(part, numbers) for part in parts) for parts in self.phi]
        return all(_at_end(waves, end, grade) for end in (1, -1))

    def determines(self, values: Mapping[str, sp.Rational]) -> bool:
        """Whether the lead vanishes at no phase, of one phase at most."""
        numbers = [sp.QQ(int(values[p.name].p), int(values[p.name].q)) for p in self.names]
        lead = tuple(_in_waves(part, numbers) for part in self.phi[0])
        if self.phases > 1:
            raise NoClosedForm
        return any(_value_at_end(part, -1) for part in lead) and positive(Complex(*(self._turned(p) for p in lead)).square())

    def _turned(self, part: Waves) -> sp.Poly:
        """In t, times (1 + t^2)^degree."""
        total = sp.Poly(0, _t, domain=sp.QQ)
        for (a, b), number in part.items():
            total += _wave(a, b, self.degree - a - b) * sp.Poly({(0,): number}, _t, domain=sp.QQ)
        return total


_WAVES: dict[tuple[int, int, int], sp.Poly] = {}


def _wave(a: int, b: int, rest: int) -> sp.Poly:
    """(1 - t^2)^a (2 t)^b (1 + t^2)^rest."""
    key = (a, b, rest)
    if key not in _WAVES:
        cosine, sine, one = (sp.Poly(e, _t, domain=sp.QQ) for e in (1 - _t**2, 2 * _t, 1 + _t**2))
        _WAVES[key] = cosine**a * sine**b * one**rest
    return _WAVES[key]


def _in_waves(part: Terms, numbers: list) -> Waves:
    found: Waves = {}
    for powers, wave, value in part:
        for number, power in zip(numbers, powers, strict=True):
            value = value * number**power
        found[wave] = found.get(wave, sp.QQ(0)) + value
    return found


def _at_end(waves: list[tuple[dict, ...]], cosine: int, grade: str) -> bool:
    """At cosine 1 or -1, and sine 0."""
    numbers = [[_value_at_end(part, cosine) for part in parts] for parts in waves]
    exact = [
        sp.Rational(int(x.numerator), int(x.denominator)) + sp.I * sp.Rational(int(y.numerator), int(y.denominator))
        for x, y in numbers
    ]
    return exact[0] != 0 and numeric_verdict(exact, grade)


def _value_at_end(part: Waves, cosine: int) -> sp.Rational:
    return sum((v * cosine**a for (a, b), v in part.items() if b == 0), sp.QQ(0))


def _at_all_phases(phi: list[Complex], grade: str) -> bool:
    """At all but pi."""
    if not positive(phi[0].square()):
        return False
    found = gaps(phi, grade)
    if any(demanded == "never" for _, demanded in found):
        return False
    if not all(positive(gap) if demanded == "schur" else non_negative(gap) for gap, demanded in found):
        return False
    return grade != "power-bounded" or _simple_on_the_circle(phi, before_last(phi, found))


def _simple_on_the_circle(phi: list[Complex], found: list[sp.Poly]) -> bool:
    """Unit roots may meet where a gap before the last is zero, and nowhere else."""
    mirrored = all(_is_even(c.real) and _is_even(c.imaginary * sp.Poly(_t, _t)) for c in phi)
    for gap in found:
        for place in places_of(gap):
            if not (mirrored and place.root.high < 0) and not qualifies(phi, place, "power-bounded"):
                return False
    return True


def _is_even(f: sp.Poly) -> bool:
    return all(power % 2 == 0 for (power,), _ in f.terms())
