r"""An optimiser in LaTeX, in lines that fit a column: a block for reading, and its bounds as macros."""

from __future__ import annotations

import sympy as sp
from sympy.printing.precedence import PRECEDENCE

from derive.fields.symbols import MEANINGS, curvature, xi
from derive.printing.narrow import aligned, broken, fits, in_lines, multiplied
from derive.printing.text import escaped, latex
from derive.reports.optimizer_row import Row, typesetter
from derive.reports.theorem_macros import Macro, in_letters, legend


def block(record: Row, fixed: str) -> str:
    """A paragraph: recurrence, polynomial, edge, what it is solved for, mean square, and a legend of its symbols."""
    bounds = (sp.Lt(curvature, record.edge, evaluate=False), *record.bounds)
    at = f", {escaped(fixed)}" if fixed else ""
    shown = [*record.recurrence, record.polynomial, *bounds, record.in_mean_square]
    return "\n".join(
        [
            rf"\paragraph{{{escaped(record.name)}{at}}}",
            _display(*(in_lines(typesetter().doprint(e.lhs), _lines(e.rhs, "= ")) for e in record.recurrence)),
            rf"Amplification polynomial in ${typesetter().doprint(xi)}$:",
            _display(in_lines("", _lines(record.polynomial))),
            "Stable for",
            _display(*map(_relation, bounds)),
            "and in mean square",
            _display(_relation(record.in_mean_square)),
            f"Here {_legend(shown)}.",
        ]
    )


def macros_of(record: Row) -> list[Macro]:
    """The edge, and what it is solved for."""
    own = sp.Lt(curvature, record.edge, evaluate=False)
    return [
        {
            "name": in_letters(f"optimizer-{record.name}") + in_letters(str(bound.lhs)),
            "formula": aligned(_relation(bound)),
            "source": f"{record.name}: stable {bound.lhs} on a mode of positive curvature",
            "assumed": "gradient = curvature * theta; parameters as in torch, an adaptive denominator frozen",
            "legend": legend(bound),
        }
        for bound in (own, *record.bounds)
    ]


def typeset_relation(bound: sp.Basic) -> str:
    """A bound that was solved for, in lines; what is no single inequality, as it is."""
    return aligned(_relation(bound)) if isinstance(bound, sp.Lt | sp.Le) else typesetter().doprint(bound)


def _display(*rows: str) -> str:
    return rf"\[ {aligned(*rows)} \]"


def _relation(bound: sp.Rel) -> str:
    """A row; two, its sides one below the other, where what is more than a symbol stands left and both are too long for one."""
    left, right = _lines(bound.lts), _lines(bound.gts, "< " if isinstance(bound, sp.Lt) else r"\le ")
    if bound.lts.is_Symbol or fits(*left, *right):
        return in_lines(" ".join(left), right)
    return rf"{in_lines('', left)} \\ {in_lines('', right)}"


def _lines(expr: sp.Expr, sign: str = "") -> list[str]:
    """A sum in lines, by its terms; a product that is too long for one, by its factors."""
    terms = typesetter().terms(expr)
    first, *rest = broken(terms) if expr.is_Add or fits(*terms) else multiplied(_factors(expr))
    return [sign + first, *rest]


def _factors(expr: sp.Expr) -> list[str]:
    """A product's, one by one; a fraction is a single one."""
    if not sp.fraction(expr)[1].is_number:
        return [typesetter().doprint(expr)]
    if expr.as_coeff_Mul()[0].is_negative:
        first, *rest = _factors(-expr)
        return [f"- {first}", *rest]
    return [_in_brackets(factor) for factor in expr.as_ordered_factors()]


def _in_brackets(factor: sp.Expr) -> str:
    """A sum in brackets, and within them in lines where it is too long for one; anything else as it is."""
    lines = _lines(factor) if factor.is_Add else []
    if len(lines) < 2:
        return typesetter().parenthesize(factor, PRECEDENCE["Mul"])
    return rf"\left({aligned(*(f'& {line}' for line in lines))}\right)"


def _legend(shown: list[sp.Basic]) -> str:
    symbols = sorted({s for e in shown for s in e.free_symbols if s in MEANINGS and "'" not in s.name and s != xi}, key=str)
    return "; ".join(f"${latex(s)}$ is {escaped(MEANINGS[s].text)}" for s in symbols)
