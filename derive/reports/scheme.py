"""What is found about a scheme, as steps to read: equations, amplification polynomial, root conditions, condition."""

from __future__ import annotations

import sympy as sp

from derive.conditions.bound import Stability
from derive.conditions.stability_text import assumed_in_words, ranges_of, to_read, where_it_fails
from derive.conditions.status import NO_FORMULA
from derive.conditions.ways.margins import NeverStable, NoClosedForm, complex_coefficients, margins
from derive.conditions.ways.signs import Domain
from derive.fields.phases import SHIFTS, SINES, THETAS
from derive.fields.symbols import xi
from derive.modes.amplification import in_phases, in_real_parts, matrix_of, symbols_of
from derive.paper.derivation import Step
from derive.printing.text import indent, pretty
from derive.schemes.composed import ComposedScheme
from derive.schemes.composed_system import ComposedSystem, pair_of
from derive.schemes.grid import GridScheme

_GRADES = {
    "schur": "Every root lies strictly inside the unit disc",
    "power-bounded": "Every root lies in the closed unit disc, and is simple on the circle",
    "von-neumann": "Every root lies in the closed unit disc",
}


def amplifier(stability: Stability) -> sp.Eq:
    """The equation of the amplification factor to be read: solved at degree 1, else without denominators."""
    numerator = sp.fraction(sp.together(stability.polynomial.as_expr()))[0]
    _, primitive = sp.Poly(numerator, xi).primitive()
    if primitive.LC().could_extract_minus_sign():
        primitive = -primitive
    if primitive.degree() == 1:
        lead, constant = primitive.all_coeffs()
        change = sp.factor(sp.cancel(-constant / lead) - 1)
        return sp.Eq(xi, in_phases(1 + change), evaluate=False)
    terms = (in_phases(sp.factor(coefficient)) * xi**power for (power,), coefficient in primitive.terms())
    return sp.Eq(sp.Add(*terms), 0, evaluate=False)


def modes(stability: Stability, scheme: GridScheme) -> tuple[sp.Tuple, str]:
    """The amplification polynomial to be read, with its legend; of an integrator P(z), and z."""
    composed = _composed(stability, scheme)
    if composed is not None:
        return composed
    return sp.Tuple(amplifier(stability)), f"amplification polynomial ({legend(stability)})"


def _composed(stability: Stability, scheme: GridScheme) -> tuple[sp.Tuple, str] | None:
    one_stencil = isinstance(scheme, ComposedScheme) and len(scheme.right) == 1
    if not (one_stencil or isinstance(scheme, ComposedSystem)) or any(p.name == "z" for p in scheme.parameters):
        return None
    phi = scheme.integrator.characteristic(z := sp.Symbol("z"))
    lead, *rest = phi.all_coeffs()
    stages = max((sp.degree(c, z) for c in phi.all_coeffs() if c.has(z)), default=0)
    if one_stencil and stages < 2 and len(rest) < 3:  # short as it is
        return None
    step = sp.Eq(xi, sp.expand(-rest[0] / lead)) if len(rest) == 1 and lead.is_number else sp.Eq(phi.as_expr(), 0)
    values = [symbols_of(scheme)[0]] if one_stencil else _eigenvalues(stability, scheme)
    told = (
        "dt times the symbol of the right side" if one_stencil else "every eigenvalue of dt times the symbol of the right side"
    )
    shown = dict.fromkeys(sp.Eq(z, _in_angles(value), evaluate=False) for value in values)  # of equal ones one
    return sp.Tuple(step, *shown), f"amplification factors (xi: of one step; z: {told})"


def _eigenvalues(stability: Stability, scheme: ComposedSystem) -> list[sp.Expr]:
    """In closed form of two unknowns; else the matrix that they are of."""
    matrix = matrix_of(scheme)
    if matrix.rows != 2:
        return [sp.ImmutableMatrix(matrix)]
    known = pair_of(matrix, Domain.of(scheme.parameters, stability.assumptions).sign)
    if known is not None:
        return [known.at(known.size), known.at(-known.size)]
    middle, square = matrix.trace() / 2, sp.factor(sp.expand(matrix.trace() ** 2 / 4 - matrix.det()))
    return [middle + sp.sqrt(square), middle - sp.sqrt(square)]


def _in_angles(value: sp.Expr) -> sp.Expr:
    """With sines and cosines, factored."""
    if isinstance(value, sp.MatrixBase):
        return value.applyfunc(_in_angles)
    if any(value.has(sp.sqrt(e)) and e.has(*SHIFTS) for e in (p.base for p in value.atoms(sp.Pow) if not p.exp.is_Integer)):
        return value
    sines = {s: sp.sin(t) for s, t in zip(SINES, THETAS, strict=True)}
    return in_phases(sp.factor(in_real_parts(sp.expand(value)))).subs(sines)


def legend(stability: Stability) -> str:
    """What its symbols stand for."""
    shifts = [f"{w} = exp(i theta_{w.name[-1]})" for w in SHIFTS if stability.polynomial.has(w)]
    return ", ".join(["xi: amplification factor of one step", *shifts])


def summary(scheme: GridScheme, stability: Stability) -> str:
    """Amplification polynomial with its legend, and below it what `print` shows of the condition, and where it fails."""
    equations, told = modes(stability, scheme)
    return "\n".join([told, "", indent(pretty(equations)), "", str(stability), *where_it_fails(stability)])


def steps(scheme: GridScheme, stability: Stability) -> list[Step]:
    """The derivation; the root conditions are left out where the margins have no closed form."""
    equations = tuple(sp.Eq(residual, 0) for residual in scheme.residuals)
    amplified, told = modes(stability, scheme)
    why = f"Insert u[n, j] = xi^n exp(i j theta); a mode is a root of the determinant: {told}."
    shown = to_read(stability)
    stated = sp.Tuple(shown.condition, *shown.equations) if shown.definitions else shown.condition
    condition = Step("Condition", stated, _eliminated(stability))
    return [
        Step("Scheme", equations[0] if len(equations) == 1 else sp.Tuple(*equations), "All terms on one side."),
        Step("Amplification polynomial", amplified[0] if len(amplified) == 1 else amplified, why),
        *_root_conditions(stability),
        condition,
        *_where_it_fails(stability),
    ]


def _where_it_fails(stability: Stability) -> list[Step]:
    if stability.condition == sp.false:  # said with the condition
        return []
    return [
        Step("Needed", one.edge, f"Without it the scheme fails{one.where and f' {one.where}'}: {one.witness}.")
        for one in stability.witnesses
    ]


def _eliminated(stability: Stability) -> str:
    assumed = f" for {assumed_in_words(stability)}" if stability.assumed else ""
    if not stability.has_formula:
        return f"No closed form was found: {NO_FORMULA[stability.status]}{assumed} ({stability.grade})."
    ranges = "".join(f", and at every {name} from {low} to {high}" for name, (low, high) in ranges_of(stability).items())
    return f"The same at every frequency{ranges}: necessary and sufficient{assumed} ({stability.status}, {stability.grade})."


def _root_conditions(stability: Stability) -> list[Step]:
    try:
        needed = margins(complex_coefficients(stability.polynomial), stability.grade)
    except (NoClosedForm, NeverStable, sp.PolynomialError):
        return []
    relations = [(sp.Gt if m.strict else sp.Ge)(in_phases(sp.factor(m.value)), 0, evaluate=False) for m in needed]
    if not relations:
        return []
    why = f"{_GRADES[stability.grade]} (Schur-Cohn, Miller), at one frequency."
    return [Step("Root conditions", relations[0] if len(relations) == 1 else sp.Tuple(*relations), why)]
