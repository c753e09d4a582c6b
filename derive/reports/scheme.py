"""What is found about a scheme, as steps to read: equations, amplification polynomial, root conditions, condition."""

from __future__ import annotations

import sympy as sp

from derive.conditions.bound import Stability
from derive.conditions.stability_text import assumed_in_words, in_words
from derive.conditions.ways.margins import NeverStable, NoClosedForm, complex_coefficients, margins
from derive.fields.phases import SHIFTS
from derive.fields.symbols import xi
from derive.modes.amplification import in_phases
from derive.paper.derivation import Step
from derive.printing.text import indent, pretty
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


def legend(stability: Stability) -> str:
    """What its symbols stand for."""
    shifts = [f"{w} = exp(i theta_{w.name[-1]})" for w in SHIFTS if stability.polynomial.has(w)]
    return ", ".join(["xi: amplification factor of one step", *shifts])


def summary(stability: Stability) -> str:
    """Amplification polynomial with its legend, and below it what `print` shows of the condition."""
    return "\n".join(
        [f"amplification polynomial ({legend(stability)})", "", indent(pretty(amplifier(stability))), "", str(stability)]
    )


def steps(scheme: GridScheme, stability: Stability) -> list[Step]:
    """The derivation; the root conditions are left out where the margins have no closed form."""
    equations = tuple(sp.Eq(residual, 0) for residual in scheme.residuals)
    why = f"Insert u[n, j] = xi^n exp(i j theta); a mode is a root of the determinant ({legend(stability)})."
    condition = Step("Condition", in_words(stability.condition), _eliminated(stability))
    return [
        Step("Scheme", equations[0] if len(equations) == 1 else sp.Tuple(*equations), "All terms on one side."),
        Step("Amplification polynomial", amplifier(stability), why),
        *_root_conditions(stability),
        condition,
    ]


def _eliminated(stability: Stability) -> str:
    assumed = f" for {assumed_in_words(stability)}" if stability.assumed else ""
    if stability.status == "decided":
        return f"No closed form was found; at given numbers it is settled exactly, for all phases{assumed} ({stability.grade})."
    if stability.status == "sampled":
        return f"No closed form was found: the spectral radius over a grid of phases{assumed} ({stability.grade})."
    return f"The same at every frequency: necessary and sufficient{assumed} ({stability.status}, {stability.grade})."


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
