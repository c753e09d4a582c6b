"""The phase at which a scheme touches the limit on an edge of its condition, exactly.

Beyond such an edge a margin f, a polynomial in c = cos(theta), is negative beside an end of [-1, 1], where it vanishes on the
edge, or between two of its roots, which meet there: then f and its derivative in c have a common root: the resultant is 0.
That either does so on all of the edge is seen from the edge's own polynomial, which divides it. Where the linear subresultant
a c + b of the two does not vanish with the resultant, it is their greatest common divisor up to a factor (specialisation of
subresultants), and c = -b/a is that root, as a rational function of the parameters.

>>> from derive.conditions.sampling import parameters
>>> from derive.modes.amplification import amplification
>>> from derive.reading.parse import parse_scheme
>>> text = "u[1, 0] == u[-1, 0] - a*(u[0, 1] - u[0, -1]) + 2*r*(u[-1, 1] - 2*u[-1, 0] + u[-1, -1])"
>>> found = amplification(parse_scheme(text, positive=["r"]))
>>> a, r = parameters(found)
>>> Touching(found, "von-neumann").cosine(a**2 + 4 * r <= 1, {a: sp.Rational(1, 2), r: sp.Rational(1, 5)})
2*r/(2*r - 1)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from derive.conditions.ways.margins import NeverStable, NoClosedForm, complex_coefficients, margins
from derive.fields.phases import COSINES, SINES
from derive.modes.amplification import Amplification

MOST_IN_C, MOST_TERMS, DIGITS = 8, 80, 30
"""Of a margin: powers of the cosine, and terms."""
Place = Mapping[sp.Symbol, sp.Rational]


class Touching:
    """Of a scheme with one phase.

    Args:
        found: its polynomial.
        grade: of the condition.
    """

    def __init__(self, found: Amplification, grade: str) -> None:
        self.found, self.grade, self.c = found, grade, COSINES[found.phases[0]]

    def cosine(self, edge: Boolean, beyond: Place) -> sp.Expr | None:
        """The cosine of the phase on the edge; None where there is none that is known exactly.

        Args:
            edge: a relation that is left.
            beyond: a place close behind it, a number for each parameter; a margin has to be negative there, at this cosine.
        """
        curve = _curve(edge)
        for margin, vanishes, value in self._roots if curve is not None else ():
            if _divides(curve, vanishes, [*beyond]):
                there = value.subs(beyond)
                if there.is_finite and abs(there) <= 1 and margin.subs(beyond).subs(self.c, there) < 0:
                    return self._number(value, curve, beyond) if len(curve.gens) == 1 else _shortest(value, curve)
        return None

    def everywhere(self, edge: Boolean, beyond: Place) -> bool:
        """Whether a margin vanishes at every phase on the edge, as where nothing moves."""
        curve = _curve(edge)
        return curve is not None and any(_divides(curve, margin, [*beyond, self.c]) for margin in self._margins)

    @cached_property
    def _margins(self) -> list[sp.Expr]:
        """Those that have no sine."""
        try:
            values = [margin.value for margin in margins(complex_coefficients(self.found.polynomial), self.grade)]
        except (NoClosedForm, NeverStable, sp.PolynomialError):
            return []
        return [value for value in values if not value.has(*SINES)]

    @cached_property
    def _roots(self) -> list[tuple[sp.Expr, sp.Expr, sp.Expr]]:
        """Margins, what vanishes if one has a root at an end or a double one, and that root."""
        found, c = [], self.c
        for margin in self._margins:
            left = _without_ends(margin, c)
            found += [(left, left.subs(c, end), sp.Integer(end)) for end in (1, -1)]
            found += [(left, *double) for f, _ in sp.factor_list(left)[1] if (double := _double_root(f, c))]
        return found

    def _number(self, value: sp.Expr, curve: sp.Poly, beyond: Place) -> sp.Expr:
        """Where the edge is a number: a root of what is left when the parameter is eliminated."""
        if value.is_number:
            return value
        (name,), (top, bottom) = curve.gens, sp.fraction(sp.together(value))
        edge = min(curve.real_roots(), key=lambda root: abs(root.evalf() - beyond[name]))
        near = value.subs(name, edge.evalf(DIGITS)).evalf(DIGITS)
        left = sp.Poly(sp.resultant(self.c * bottom - top, curve.as_expr(), name), self.c).sqf_part()
        return min(left.real_roots(), key=lambda root: abs(root.evalf(DIGITS) - near))


def _without_ends(margin: sp.Expr, c: sp.Symbol) -> sp.Expr:
    """Without powers of 1 - c and 1 + c, which have a sign on [-1, 1]."""
    left = sp.Poly(margin, c)
    for factor in (sp.Poly(1 - c, c), sp.Poly(1 + c, c)):
        while not left.is_zero and left.rem(factor).is_zero:
            left = left.quo(factor)
    return left.as_expr()


def _double_root(f: sp.Expr, c: sp.Symbol) -> tuple[sp.Expr, sp.Expr] | None:
    """The resultant of a factor and its derivative, and the root of their linear subresultant."""
    if not 2 <= sp.degree(f, c) <= MOST_IN_C or len(sp.Add.make_args(f)) > MOST_TERMS:
        return None
    *_, before, last = sp.subresultants(f, sp.diff(f, c), c)
    if sp.degree(before, c) != 1 or last.has(c):
        return None
    linear = sp.Poly(before, c)
    return last, -linear.coeff_monomial(1) / linear.coeff_monomial(c)


def _divides(curve: sp.Poly, other: sp.Expr, names: Sequence[sp.Symbol]) -> bool:
    """Whether a polynomial vanishes wherever the curve does."""
    return sp.Poly(other, *names).rem(sp.Poly(curve.as_expr(), *names)).is_zero


def _curve(edge: Boolean) -> sp.Poly | None:
    """A polynomial with rational coefficients that vanishes on the edge and nowhere else but on others of its kind."""
    if not isinstance(edge, Relational):
        return None
    margin, names = edge.lhs - edge.rhs, sorted(edge.free_symbols, key=str)
    if not margin.is_polynomial(*names):
        return None
    poly = sp.Poly(margin, *names)
    if all(k.is_Rational for k in poly.coeffs()):
        return poly.sqf_part()
    if len(names) == 1 and poly.degree() == 1:
        return sp.Poly(sp.minimal_polynomial(-poly.eval(0) / poly.LC(), names[0]), *names)
    return None


def _shortest(value: sp.Expr, curve: sp.Poly) -> sp.Expr:
    """As it is, or with the edge's equation used."""
    edge, (top, bottom) = curve.as_expr(), sp.fraction(sp.together(value))
    reduced = [
        sp.factor(sp.cancel(sp.rem(top, edge, s) / below))
        for s in curve.gens
        if sp.LC(edge, s).is_Rational and (below := sp.rem(bottom, edge, s)) != 0
    ]
    return min([sp.factor(value), *reduced], key=lambda e: (len(str(e)), str(e)))
