"""At an irrational edge beside which a scheme is stable: are its roots on the circle simple, at all phases? Proved, or refused.

They leave the circle nowhere, since roots are continuous. Where two meet a gap before the last is zero; between the ends of
[-1, 1] it is not negative, so there it has a double root in c. These places are enclosed, and the roots at each: they are
surely apart, or the phase is one of rational cosine and sine and the field of the number tells exactly, as it does at the ends.

>>> from derive.conditions.ways.margins import complex_coefficients, gaps
>>> from derive.modes.amplification import amplification
>>> from derive.reading.parse import parse_scheme
>>> a = sp.Symbol("a", real=True)
>>> text = "u[1,0] == u[-1,0] - (a + a**2)*(u[0,1] - u[0,-1])"  # leapfrog at the end: roots meet at theta = pi/2
>>> phi = complex_coefficients(amplification(parse_scheme(text)).polynomial)
>>> edge = Edge(phi, sp.symbols("c_1 s_1", real=True), a, (sp.sqrt(5) - 1) / 2)
>>> edge.qualifies_at_ends("power-bounded"), edge.simple([gap for gap, _ in gaps(phi, "von-neumann")])
(True, False)
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import sympy as sp

from derive.conditions.ways.algebra import Root
from derive.conditions.ways.apart import simple_between
from derive.conditions.ways.at_root import bounds, place_of, qualifies
from derive.conditions.ways.intervals import function_of_intervals, interval, precisely
from derive.conditions.ways.margins import Complex, NoClosedForm
from derive.conditions.ways.nearly import Nearly, near_double_roots

SHORT = 1000
"""Denominator of a rational cosine that is looked at, at most."""


class Edge:
    """A value of the only parameter.

    Args:
        phi: coefficients in xi from the leading one down, rational polynomials in the parameter, the cosine and the sine.
        waves: the cosine and the sine.
        x: the parameter.
        point: its value, an algebraic number.
    """

    def __init__(self, phi: Sequence[Complex], waves: Sequence[sp.Symbol], x: sp.Symbol, point: sp.Expr) -> None:
        self.phi, self.waves, self.place = phi, waves, place_of(point, x)

    def qualifies_at_ends(self, grade: str) -> bool:
        """Whether all roots do at the phases 0 and pi, exactly."""
        return all(self._exactly((sp.Integer(end), sp.S.Zero), grade) for end in (1, -1))

    def simple(self, found: Sequence[sp.Poly]) -> bool:
        """Whether those on the circle are, between the ends, if they are in the closed disc everywhere.

        Args:
            found: the gaps at whose zeros alone roots may meet, polynomials in the parameter and the cosine.

        Raises:
            NoClosedForm: that is not told.
        """
        evaluate = function_of_intervals(self.phi, [*self.waves, self.place.minimal.gen])
        with precisely():
            number = interval(self.place.root)
            for cosine in (root for gap in found for root in near_double_roots(self._at(gap))):
                if not simple_between(evaluate, interval(cosine), [number], len(self.phi) - 1):
                    if self._exactly(_rational(cosine), "power-bounded"):
                        raise NoClosedForm  # at that phase, but maybe not at all that are so near
                    return False
        return True

    def _at(self, gap: sp.Poly) -> Nearly:
        """A polynomial in the cosine, without factors that vanish at the ends throughout."""
        f, x = sp.Poly(gap.as_expr(), self.waves[0]), self.place.minimal.gen
        for end in (1, -1):
            while not f.is_zero and sp.expand(f.eval(end)) == 0:
                f = f.quo(sp.Poly(f.gen - end, f.gen))
        rows = ([Fraction(int(k.p), int(k.q)) for k in sp.Poly(row, x).all_coeffs()] for row in f.all_coeffs())
        return Nearly.of([interval(Root(*bounds(row, self.place.root))) for row in rows])

    def _exactly(self, phase: tuple[sp.Expr, sp.Expr], grade: str) -> bool:
        there, x = dict(zip(self.waves, phase, strict=True)), self.place.minimal.gen
        part = lambda f: sp.Poly(f.as_expr().subs(there), x, domain=sp.QQ)  # noqa: E731
        return qualifies([Complex(part(k.real), part(k.imaginary)) for k in self.phi], self.place, grade)


def _rational(cosine: Root) -> tuple[sp.Rational, sp.Expr]:
    """Cosine and sine of a phase that is enclosed, if there is a rational one."""
    c = ((cosine.low + cosine.high) / 2).limit_denominator(SHORT)
    sine = sp.sqrt(1 - sp.Rational(c.numerator, c.denominator) ** 2)
    if not (cosine.low <= c <= cosine.high and sine.is_Rational):
        raise NoClosedForm
    return sp.Rational(c.numerator, c.denominator), sine
