"""What is found about a scheme, as steps to read: equations, amplification polynomial, root conditions, condition."""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from derive.conditions.bound import Stability
from derive.conditions.stability_text import assumed_in_words, in_words, where_it_fails
from derive.conditions.status import NO_FORMULA
from derive.conditions.ways.margins import NeverStable, NoClosedForm, complex_coefficients, margins
from derive.fields.phases import SHIFTS
from derive.fields.symbols import xi
from derive.modes.accuracy import in_grid_units, modified_equation
from derive.modes.amplification import in_phases
from derive.modes.dispersion import Dispersion, dispersion
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
    """Amplification polynomial with its legend, and below it what `print` shows of the condition, and where it fails."""
    return "\n".join(
        [
            f"amplification polynomial ({legend(stability)})",
            "",
            indent(pretty(amplifier(stability))),
            "",
            str(stability),
            *where_it_fails(stability),
        ]
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
        *_where_it_fails(stability),
    ]


def _where_it_fails(stability: Stability) -> list[Step]:
    return [
        Step("Needed", one.part, f"Without it the scheme fails{one.where and f' {one.where}'}: {one.witness}.")
        for one in stability.witnesses
    ]


def _eliminated(stability: Stability) -> str:
    assumed = f" for {assumed_in_words(stability)}" if stability.assumed else ""
    if not stability.has_formula:
        return f"No closed form was found: {NO_FORMULA[stability.status]}{assumed} ({stability.grade})."
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


def analysis(scheme: GridScheme, meaning: Mapping[str, sp.Expr]) -> str:
    """Modified equation, order of accuracy, physical and parasitic roots."""
    equation, roots = modified_equation(scheme, meaning), _roots(scheme, meaning)
    units = str(equation.order)
    if equation.in_grid_units:
        small = ", ".join(p.name for p in roots.small)
        equation = in_grid_units(scheme, roots.small)
        units = f"in grid units, dt = dx = 1{f', {small} as small as a derivative' if small else ''}"
    blocks = [_titled(f"modified equation ({units})", equation.equation)]
    tacit = [p.name for p in roots.small if p.name not in meaning and p.name != "dt"]
    given = f", if {', '.join(tacit)} vanishes with the step" if tacit else ""
    blocks += [_titled(f"physical amplification factor{given}", form) for form in roots.physical]
    blocks += [_titled("parasitic amplification factor", form) for form in roots.parasitic]
    if not roots.closed_forms:
        blocks.append(
            f"{roots.order_in_time} of {roots.polynomial.degree()} amplification factors physical{given}, the others parasitic"
        )
    return "\n\n".join(blocks)


def _roots(scheme: GridScheme, meaning: Mapping[str, sp.Expr]) -> Dispersion:
    """Labelled where the phases and what the meaning says to vanish with the step do; else what has to vanish is found."""
    known = {p.name for p in scheme.parameters}
    with_step = [name for name, value in meaning.items() if name in known and sp.cancel(value.subs(_step(value))) == 0]
    with_step += [name for name in known if name == "dt"]
    at_zero = [name for name in with_step if not _is_ratio(meaning.get(name))]
    return dispersion(scheme, small=at_zero) if at_zero else dispersion(scheme)


def _is_ratio(value: sp.Expr | None) -> bool:
    """Whether a spacing keeps a parameter from vanishing with the step."""
    return value is not None and any(s.name in ("dx", "dy", "dz") for s in value.free_symbols)


def _step(value: sp.Expr) -> dict[sp.Symbol, int]:
    return {s: 0 for s in value.free_symbols if s.name == "dt"}


def _titled(title: str, expr: sp.Basic) -> str:
    return f"{title}\n\n{indent(pretty(expr))}"
