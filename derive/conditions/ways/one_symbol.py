"""Schemes that see the frequency through one symbol: phi(xi; z) with numeric coefficients, z real or imaginary.

Any time integrator of u' = q u with a difference operator of real symbol (diffusion) or imaginary symbol (centred
advection) is of this kind: the frequency and all parameters enter through z = x or i x alone. Over all frequencies x runs
through an interval that holds 0, its value at frequency zero; the stable set of the integrator on that line is a finite
union of intervals and points, found once for all parameters. So all frequencies are stable iff the two extremes of x,
which are expressions in the parameters, lie in the piece that holds 0.

Given up (None, and another way is tried) where coefficients at frequency zero still depend on parameters, where more than
`MOST_STAGES` powers of z occur, where z is neither real nor imaginary, and where its extremes are not found: they are for a
symbol affine in cosines, or a sum of terms in one phase each.

>>> from derive.modes.amplification import amplification
>>> from derive.reading.parse import parse_scheme
>>> heat = amplification(parse_scheme("u[1, 0] == u[0, 0] + r*(u[0, 1] - 2*u[0, 0] + u[0, -1])", positive=["r"]))
>>> reduce(heat)  # xi = 1 - x
OneSymbol(phi=[1, x - 1], extremes=[4*r, 0])
>>> on_the_line(reduce(heat).phi, "power-bounded"), condition(heat, "power-bounded")
(Interval(0, 2), 4*r <= 2)

Source: the method of lines; LeVeque, Finite Difference Methods (2007), Sec 7.3 and 9.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import sympy as sp
from mpmath import mpf, workdps
from sympy.logic.boolalg import Boolean

from derive.conditions.ways.integrator_line import qualifying
from derive.conditions.ways.line import component, stable_set
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.tests_on_a_line import critical_polynomials, decide, decide_at
from derive.fields.phases import COSINES, SHIFTS, SINES
from derive.fields.symbols import xi
from derive.modes.amplification import MARK, Amplification, in_real_parts
from derive.modes.roots import function_of

MOST_STAGES = 8
SMALL, STEP = 1e-9, mpf(2) ** -64
_x = sp.Symbol("x", real=True)


@dataclass(frozen=True)
class OneSymbol:
    """A reduced scheme.

    Attributes:
        phi: coefficients in xi, polynomials in the real variable x, where the symbol is x or i x.
        extremes: expressions in the parameters; the range of x is the hull of their values, and contains 0.
    """

    phi: list[sp.Expr]
    extremes: list[sp.Expr]


def condition(found: Amplification, grade: str) -> Boolean | None:
    """The exact condition of a scheme with one symbol; None if it has no such form."""
    of_integrator = _of_integrator(found, grade)
    if of_integrator is not None:
        return of_integrator
    reduced = reduce(found) if found.phases else None
    if reduced is None:
        return None
    part = component(on_the_line(reduced.phi, grade), sp.S.Zero)
    return sp.false if part is None else sp.And(*(_inside(value, part) for value in reduced.extremes))


def decides(found: Amplification) -> bool:
    """Whether the condition comes from an integrator's line, which says where a new value exists too."""
    return _of_integrator(found, "von-neumann") is not None


def _of_integrator(found: Amplification, grade: str) -> Boolean | None:
    """Of an integrator whose polynomial and stencil are known: over all phases z runs through an interval of its line."""
    if found.composed is None or found.composed[0].free_symbols != {xi, MARK}:
        return None
    phi, symbol = found.composed
    ray = _ray(symbol)
    if ray is None:
        return None
    unit, _, extremes = ray
    try:
        pieces = qualifying(phi, MARK, unit, grade)
    except NoClosedForm:
        return None
    if found.phases and _at_one(symbol) == 0:  # then it holds zero
        pieces = [piece for piece in pieces if piece.contains(sp.S.Zero) == sp.true]
    return sp.Or(*(sp.And(*(_inside(value, piece) for value in extremes)) for piece in pieces))


def on_the_line(phi: list[sp.Expr], grade: str) -> sp.Set:
    """The values of x at which all roots qualify."""
    critical = critical_polynomials(phi, _x)
    return stable_set(critical, lambda x: decide(phi, _x, x, grade), lambda x, *cells: decide_at(phi, _x, x, cells, grade))


def _inside(value: sp.Expr, part: sp.Set) -> Boolean:
    if isinstance(part, sp.FiniteSet):
        return sp.Eq(value, part.args[0])
    above = (sp.Gt if part.left_open else sp.Ge)(value, part.start)
    below = (sp.Lt if part.right_open else sp.Le)(value, part.end)
    return sp.And(above, below)


def reduce(found: Amplification) -> OneSymbol | None:
    """Find the symbol of a scheme, as the lowest power of the parameters that the frequency comes with."""
    parameters = sorted(found.polynomial.free_symbols - {xi, *SHIFTS, *COSINES}, key=str)
    at_zero = [_at_one(c) for c in found.polynomial.all_coeffs()]
    if not parameters or at_zero[0] == 0 or not all(sp.cancel(c / at_zero[0]).is_number for c in at_zero):
        return None
    if not _depend_on_one([c / at_zero[0] for c in found.polynomial.all_coeffs()], parameters):
        return None
    coefficients = _in_shifts(found, at_zero[0])
    for symbol in _candidates(coefficients, parameters):
        ray = _ray(symbol)
        if ray is not None and all(_depend_on_one([c, symbol], parameters) for c in coefficients):
            series = [_in_powers(c, symbol) for c in coefficients]
            if None not in series:
                return _along_the_line(series, ray[0], ray[2])
    return None


def _in_shifts(found: Amplification, lead: sp.Expr) -> list[sp.Expr]:
    """Coefficients as Laurent polynomials in w, the leading one scaled to 1 at zero frequency."""
    in_shifts = {c: (w + 1 / w) / 2 for c, w in zip(COSINES, SHIFTS, strict=True)}
    coefficients = [sp.expand(c.subs(in_shifts)) for c in found.polynomial.all_coeffs()]
    return coefficients if lead == 1 else [sp.expand(sp.cancel(c / lead)) for c in coefficients]


def _depend_on_one(coefficients: list[sp.Expr], parameters: list[sp.Symbol]) -> bool:
    """Whether the gradients of all coefficients are parallel, as they are for functions of one symbol, at a random point.

    It costs little, and spares the divisions below where there is nothing to find.
    """
    variables = [*parameters, *(w for w in (*SHIFTS, *COSINES) if any(c.has(w) for c in coefficients))]
    values = function_of(variables, coefficients, "mpmath")
    with workdps(60):  # differences are derivatives to 38 digits, and cost less than those of long expressions
        at = [mpf(7 * k + 5) / (11 * k + 13) for k in range(len(variables))]
        sides = [[values(*at[:k], at[k] + step, *at[k + 1 :]) for step in (STEP, -STEP)] for k in range(len(at))]
        slopes = [[(up - down) / (2 * STEP) for up, down in zip(*ends, strict=True)] for ends in sides]
    rows = [row for row in zip(*slopes, strict=True) if any(abs(entry) > SMALL for entry in row)]
    if not rows:
        return True
    first, k = rows[0], max(range(len(variables)), key=lambda i: abs(rows[0][i]))
    return all(abs(row[i] * first[k] - first[i] * row[k]) < SMALL for row in rows for i in range(len(variables)))


def _at_one(expr: sp.Expr) -> sp.Expr:
    """At zero frequency."""
    return sp.cancel(expr.subs(dict.fromkeys((*SHIFTS, *COSINES), sp.S.One)))


def _candidates(coefficients: list[sp.Expr], parameters: list[sp.Symbol]):
    for c in coefficients:
        varying = sp.expand(c - _at_one(c))
        if varying != 0 and varying.has(*parameters):
            yield _lowest(varying, parameters)


def _lowest(expr: sp.Expr, parameters: list[sp.Symbol]) -> sp.Expr:
    """The terms of least total degree in the parameters."""
    numerator, denominator = sp.fraction(sp.cancel(expr))
    poly = sp.Poly(numerator, *parameters)
    least = min(map(sum, poly.monoms()))
    return sp.Poly({m: c for m, c in poly.terms() if sum(m) == least}, *parameters).as_expr() / denominator


def _in_powers(expr: sp.Expr, symbol: sp.Expr) -> list[sp.Expr] | None:
    """Numbers a_k with expr = sum a_k symbol^k, by Horner's scheme from below; the symbol vanishes at w = 1."""
    numbers: list[sp.Expr] = []
    for _ in range(MOST_STAGES + 1):
        constant = _at_one(expr)
        if not constant.is_number:
            return None
        numbers.append(constant)
        rest = sp.cancel(sp.together(expr - constant))
        if rest == 0:
            return numbers
        expr = sp.cancel(rest / symbol)
    return None


def _along_the_line(series: list[list[sp.Expr]], unit: sp.Expr, extremes: list[sp.Expr]) -> OneSymbol:
    return OneSymbol(
        [sp.expand(sp.Add(*(a * (unit * _x) ** k for k, a in enumerate(numbers)))) for numbers in series], extremes
    )


def _ray(symbol: sp.Expr) -> tuple[sp.Expr, sp.Expr, list[sp.Expr]] | None:
    """The symbol as x (real) or i x (imaginary): which unit, x, and the extremes of x."""
    parts = sp.Poly(in_real_parts(sp.expand(symbol)), *COSINES, *SINES)
    real, imaginary = _real_part(parts), _real_part(parts * -sp.I)
    if (real == 0) == (imaginary == 0):
        return None
    unit, x = (sp.S.One, real) if imaginary == 0 else (sp.I, imaginary)
    extremes = _extremes(sp.expand(x))
    return None if extremes is None else (unit, x, extremes)


def _real_part(poly: sp.Poly) -> sp.Expr:
    """The real part; parameters are real."""
    expr = sp.expand(poly.as_expr())
    return sp.expand((expr + expr.subs(sp.I, -sp.I)) / 2)


def _extremes(x: sp.Expr) -> list[sp.Expr] | None:
    """Values whose hull is the range of x over all phases, for a sum of terms in one phase each, or one affine in cosines."""
    used = [c for c in COSINES if x.has(c)]
    if not x.has(*SINES) and all(sp.degree(x, c) <= 1 for c in used):
        return [x.subs(dict(zip(used, ends, strict=True))) for ends in product((-1, 1), repeat=len(used))]
    rest, per_axis = x, []
    for c, s in zip(COSINES, SINES, strict=True):
        term = sp.Add(*(t for t in sp.Add.make_args(x) if t.has(c, s)))
        if term != 0:
            found = _extremes_along(term, c, s)
            if found is None or term.has(*(set(COSINES + SINES) - {c, s})):
                return None
            per_axis.append(found)
            rest -= term
    return [sp.expand(rest + sum(values)) for values in product(*per_axis)]


def _extremes_along(term: sp.Expr, c: sp.Symbol, s: sp.Symbol) -> list[sp.Expr] | None:
    """Least and greatest value of p f(theta) with a numeric f, times p."""
    poly = sp.Poly(term, c, s)
    scale = poly.coeffs()[0]
    shape = sp.cancel(poly.as_expr() / scale)
    if shape.free_symbols - {c, s} or sp.degree(shape, s) > 1:
        return None
    if not shape.has(s):
        values = _on_interval(shape, c)
        return [sp.expand(scale * min(values)), sp.expand(scale * max(values))]
    odd = sp.cancel(shape / s)
    if odd.has(s):
        return None
    greatest = sp.sqrt(max(_on_interval(sp.expand((1 - c**2) * odd**2), c)))
    return [-scale * greatest, scale * greatest]


def _on_interval(f: sp.Expr, c: sp.Symbol) -> list[sp.Expr]:
    """Values of a numeric polynomial at the ends of [-1, 1] and at its critical points inside."""
    inside = [root for root in sp.real_roots(sp.diff(f, c)) if -1 < root < 1] if sp.degree(f, c) > 1 else []
    return [sp.radsimp(sp.expand(f.subs(c, point))) for point in (-1, 1, *inside)]
