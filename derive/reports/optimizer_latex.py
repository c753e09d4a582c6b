r"""An optimiser in LaTeX, in lines that fit a column: a block for reading, and its bounds as macros."""

from __future__ import annotations

import sympy as sp

from derive.fields.symbols import MEANINGS, curvature, xi
from derive.printing.narrow import aligned, broken, in_lines
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
    sign = "< " if isinstance(bound, sp.Lt) else r"\le "
    return in_lines(typesetter().doprint(bound.lts), _lines(bound.gts, sign))


def _lines(expr: sp.Expr, sign: str = "") -> list[str]:
    """A sum in lines, by its terms."""
    first, *rest = broken(typesetter().terms(expr))
    return [sign + first, *rest]


def _legend(shown: list[sp.Basic]) -> str:
    symbols = sorted({s for e in shown for s in e.free_symbols if s in MEANINGS and "'" not in s.name and s != xi}, key=str)
    return "; ".join(f"${latex(s)}$ is {escaped(MEANINGS[s].text)}" for s in symbols)
