"""Root conditions of a polynomial whose coefficients are symbols: real margins that must be positive, or non-negative.

The coefficients are pairs (real part, imaginary part) of polynomials in the parameters and in the cosines and sines of
the phases, so that conjugation is a change of sign. The grades, and the theorem, are those of `schur`: each step of the
reduction asks one inequality and lowers the degree, so about as many margins as roots say all, at every frequency.

A margin that must be non-negative at every frequency, and is not zero at all of them, is positive at almost every
frequency; roots are continuous, so the von Neumann grade needs no more. What happens where a margin is zero at all
frequencies, or where unit roots meet, is decided here or refused (`NoClosedForm`), never assumed.

>>> b, k = sp.symbols("b k", positive=True)  # momentum; learning rate times curvature
>>> heavy_ball = sp.Poly(xi**2 - (1 + b - k) * xi + b, xi)
>>> [margin.value for margin in margins(complex_coefficients(heavy_ball), "schur")]  # at xi = 1, at xi = -1, of the product
[k, 2*b - k + 2, 1 - b]

Source: Miller (1971); Jury (1964) for real coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, reduce

import sympy as sp

from derive.conditions.ways.reciprocal import is_reciprocal, reciprocal_margins
from derive.conditions.ways.schur import lower, reduced
from derive.conditions.ways.signs import Domain
from derive.fields.phases import COSINES, SHIFTS, SINES
from derive.fields.symbols import xi
from derive.modes.amplification import in_real_parts, powers_of


class NoClosedForm(Exception):
    """No closed form was found; the condition has to be sampled."""


class NeverStable(Exception):
    """No parameters qualify: at all of them a root has modulus one, or more."""


@dataclass(frozen=True)
class Margin:
    """A real polynomial that must be non-negative at every frequency, or positive.

    Attributes:
        value: polynomial in the parameters, cosines and sines.
        strict: positive, not only non-negative.
        delicate: non-negative is not the whole truth: where it is zero unit roots may meet (grade power-bounded), and
            where it is zero at every frequency the reduction says nothing (grade von-neumann).
    """

    value: sp.Expr
    strict: bool
    delicate: bool = False


@dataclass(frozen=True)
class Complex:
    """A complex number with real polynomials as parts; what `schur.reduced` calculates with."""

    real: sp.Poly
    imaginary: sp.Poly

    def __mul__(self, other: Complex | int) -> Complex:
        if isinstance(other, int):
            return Complex(self.real * other, self.imaginary * other)
        return Complex(
            without_sine_squares(self.real * other.real - self.imaginary * other.imaginary),
            without_sine_squares(self.real * other.imaginary + self.imaginary * other.real),
        )

    def __sub__(self, other: Complex) -> Complex:
        return Complex(self.real - other.real, self.imaginary - other.imaginary)

    def __bool__(self) -> bool:
        return not (self.real.is_zero and self.imaginary.is_zero)

    @property
    def is_rational(self) -> bool:
        """Whether all coefficients are."""
        return all(part.domain in (sp.ZZ, sp.QQ) for part in (self.real, self.imaginary))

    def conjugate(self) -> Complex:
        """The imaginary part negated: parameters, cosines and sines are real."""
        return Complex(self.real, -self.imaginary)

    def square(self) -> sp.Poly:
        """|z|^2, a real polynomial, with 1 - c^2 for s^2."""
        return without_sine_squares(self.real**2 + self.imaginary**2)


def without_sine_squares(poly: sp.Poly) -> sp.Poly:
    """Replace s^2 by 1 - c^2: term by term, since the way through an expression takes a hundred times as long."""
    for c, s in zip(COSINES, SINES, strict=True):
        if s in poly.gens and poly.degree(s) > 1:
            k, square = poly.gens.index(s), sp.Poly(1 - c**2, *poly.gens, domain=poly.domain)
            groups: dict[int, dict] = {}
            for m, coefficient in poly.rep.to_dict().items():
                groups.setdefault(m[k] // 2, {})[(*m[:k], m[k] % 2, *m[k + 1 :])] = coefficient
            pieces = (sp.Poly.from_dict(g, *poly.gens, domain=poly.domain) * square**half for half, g in groups.items())
            poly = sum(pieces, poly * 0)
    return poly


def complex_coefficients(polynomial: sp.Poly) -> list[Complex]:
    """Coefficients in xi, from the leading one down, over a common denominator that is dropped: it moves no root.

    A common shift w^k moves none either; it is chosen such that what is real comes out real.
    """
    return list(_complex_coefficients(polynomial))


@lru_cache(maxsize=64)  # every way asks for them
def _complex_coefficients(polynomial: sp.Poly) -> tuple[Complex, ...]:
    numerator, denominator = sp.fraction(sp.together(polynomial.as_expr()))
    shifts = denominator.as_independent(*SHIFTS, as_Add=False)[1]
    whole = numerator / shifts if all(f.as_base_exp()[0] in SHIFTS for f in sp.Mul.make_args(shifts)) else numerator
    whole = _centred(sp.expand(whole))
    powers = sp.Poly(in_real_parts(whole), xi)
    gens = sorted(_with_pairs(powers.free_symbols - {xi}), key=str) or [COSINES[0]]
    return tuple(_split(coefficient, gens) for coefficient in powers.all_coeffs())


def _centred(expr: sp.Expr) -> sp.Expr:
    """Times the shift that puts the powers of every w about zero."""
    for w in SHIFTS:
        if expr.has(w):
            powers = powers_of(expr, w)
            expr = sp.expand(expr * w ** -int((min(powers) + max(powers)) / 2))
    return expr


def _with_pairs(symbols: set[sp.Symbol]) -> set[sp.Symbol]:
    """Add the cosine to every sine, which s^2 = 1 - c^2 brings in."""
    return symbols | {c for c, s in zip(COSINES, SINES, strict=True) if s in symbols}


def _split(expr: sp.Expr, gens: list[sp.Symbol]) -> Complex:
    """Real and imaginary part; the parameters are real numbers."""
    poly = sp.Poly(expr, *gens)
    parts = [{m: sp.expand(part(c)) for m, c in poly.terms()} for part in (sp.re, sp.im)]  # im(I a + I b) is -I (I a + I b)
    return Complex(*(without_sine_squares(sp.Poly(part, *gens)) for part in parts))


def explicit_step(polynomial: sp.Poly) -> tuple[sp.Expr, sp.Expr]:
    """Real and imaginary part of the amplification factor of one step, polynomials in cosines and sines.

    Raises:
        NoClosedForm: there are more levels, or the newest one has neighbours.
    """
    if polynomial.degree() != 1:
        raise NoClosedForm
    lead, rest = complex_coefficients(polynomial)
    size = lead.real.as_expr()
    if not lead.imaginary.is_zero or size.has(*COSINES, *SINES):
        raise NoClosedForm
    real, imaginary = (sp.expand(sp.cancel(-part.as_expr() / size)) for part in (rest.real, rest.imaginary))
    return real, imaginary


def margins(phi: list[Complex], grade: str, domain: Domain | None = None) -> list[Margin]:
    """Margins of a polynomial that is irreducible over the rational functions of its symbols.

    Args:
        phi: coefficients from the leading one down.
        grade: one of `schur.GRADES`.
        domain: what is known of the symbols: where the lead has a sign it is no factor of the margins, and where lead and
            constant have one modulus, it tells whether parameters are left.

    Raises:
        NeverStable: a root of modulus one, or larger, occurs for all parameters.
        NoClosedForm: it depends on the parameters in a way that is not resolved here.
    """
    if len(phi) == 1:
        return []
    gap = phi[0].square() - phi[-1].square()
    if gap.is_zero and grade == "schur":  # the product of all roots is one in modulus
        raise NeverStable
    if grade == "von-neumann" and is_reciprocal(phi):
        return [Margin(value, False) for value in reciprocal_margins([c.real for c in phi])]
    if gap and not any(c.imaginary for c in phi):
        return _real([c.real for c in phi], grade, domain)
    if gap and len(phi) == 2:
        return [Margin(gap.as_expr(), grade == "schur")]
    shorter = lower(phi, gap, grade, Complex.conjugate)
    if shorter is None:
        raise NeverStable if domain and _is_never_zero(reduced(phi, Complex.conjugate), domain) else NoClosedForm
    rest = margins(_primitive(shorter[0]), shorter[1])  # where an earlier gap is zero it says nothing, so no domain
    return [*([Margin(gap.as_expr(), grade == "schur", grade != "schur")] if gap else []), *rest]


def _is_never_zero(phi: list[Complex], domain: Domain) -> bool:
    """Whether the coefficients vanish together, at all phases, for no parameters: one at a power of c and s keeps a sign.

    With |lead| = |const| at every phase roots are in the disc only if all are on the circle, where phi_1 is zero; the powers
    of c, and each times s, are linearly independent.
    """
    return any(domain.sign(k) in ("+", "-") for k in in_phases(phi))


def in_phases(phi: list[Complex]) -> list[sp.Expr]:
    """What real and imaginary parts have at each power of c and s: polynomials in the parameters."""
    return [k for part in _parts(phi) for k in sp.Poly(part.as_expr(), *COSINES, *SINES).coeffs()]


def gaps(phi: list[Complex], grade: str) -> list[tuple[sp.Poly, str]]:
    """The gap |lead|^2 - |const|^2 of every step of the reduction, with the grade demanded there.

    Where a gap is zero and nothing qualifies, what would have to vanish comes last, with the grade "never": what keeps phi
    from being self-inversive, or, where it is and the grade is schur, its lead.
    """
    found = []
    while len(phi) > 1:
        gap = phi[0].square() - phi[-1].square()
        shorter = lower(phi, gap, grade, Complex.conjugate)
        if shorter is None:
            wanting = _parts(reduced(phi, Complex.conjugate)) or [phi[0].square()]
            return [*found, *((part, "never") for part in wanting)]
        found += [(gap, grade)] if gap else []
        phi, grade = _primitive(shorter[0]), shorter[1]
    return found


def before_last(phi: list[Complex], found: list[tuple[sp.Poly, str]]) -> list[sp.Poly]:
    """Of the gaps of phi those at whose zeros alone unit roots may meet: where they are positive, the last step has one root.

    A gap that is zero is not among those found: where one is, as at the last step of a root that never leaves the circle, none
    of the others is the last, or all after it have to be positive.
    """
    return [gap for gap, _ in (found[:-1] if len(found) == len(phi) - 1 else found)]


def _primitive(phi: list[Complex]) -> list[Complex]:
    """Divide by the common real factor; it moves no root, and divides an earlier gap."""
    common = reduce(sp.gcd, _parts(phi))
    return [Complex(c.real.quo(common), c.imaginary.quo(common)) for c in phi]


def _parts(phi: list[Complex]) -> list[sp.Poly]:
    """Those that are not zero."""
    return [part for c in phi for part in (c.real, c.imaginary) if not part.is_zero]


def _real(phi: list[sp.Poly], grade: str, domain: Domain | None) -> list[Margin]:
    """phi(1) > 0, (-1)^n phi(-1) > 0, and |lead| > |const| at every step down to degree 2, all relative to the lead."""
    degree, lead = len(phi) - 1, phi[0]
    known = domain.sign(lead.as_expr()) if domain and degree == 1 else None
    if known in ("+", "-"):  # a product would hide that what is left is affine in every cosine
        lead = lead.one if known == "+" else -lead.one
    at_one = sum(phi[1:], phi[0])
    at_minus_one = sum((c * (-1) ** k for k, c in enumerate(phi)), phi[0] * 0)
    ends = [Margin((lead * value).as_expr(), grade == "schur") for value in (at_one, at_minus_one)]
    delicate = grade == "power-bounded" or (grade == "von-neumann" and degree > 2)
    return [*ends, *_inner(phi, grade == "schur", delicate)] if degree > 1 else ends


def _inner(phi: list[sp.Poly], strict: bool, delicate: bool) -> list[Margin]:
    """At degree 2 the margin lead (lead - const) is enough: the two ends imply lead (lead + const) > 0."""
    lead, const = phi[0], phi[-1]
    if len(phi) == 3:
        return [Margin((lead * (lead - const)).as_expr(), strict, delicate)]
    gap = Margin((lead**2 - const**2).as_expr(), strict, delicate)
    if gap.value == 0:
        raise NoClosedForm
    shorter = reduced(phi, lambda c: c)
    common = reduce(sp.gcd, shorter)  # the lead of the polynomial before last, which moves no root
    return [gap, *_inner([c.quo(common) for c in shorter], strict, delicate)]
