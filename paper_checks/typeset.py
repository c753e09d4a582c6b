"""A print's formulas, each typed once: the sentence, the LaTeX and the values of a claim all come from the same expressions."""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp
from sympy.printing.latex import LatexPrinter
from sympy.printing.str import StrPrinter

from derive.derivations.error_linearised import Kbar
from derive.derivations.forward_euler import K_next
from derive.derivations.nesterov_limit import K_prev
from derive.derivations.nesterov_transform import Khat_prev
from derive.fields.dft import FrequencyConvolution, Khat, Khat_next
from derive.fields.symbols import (
    Ibar,
    area,
    diffusivity,
    epsilon,
    fidelity,
    latex_names,
    lr,
    momentum,
    power,
    power_max,
    power_min,
    slope,
    width,
    yhat,
)
from derive.fields.symbols import damping as d
from derive.paper.claim import Claim
from derive.paper.printed_table import Table

STAR = "⋆"
"""Stands for the print's convolution until products have lost their stars."""

LATEX = {power_min: r"\min_\omega|\hat{I}|^2", power_max: r"\max_\omega|\hat{I}|^2"}
"""Where the print writes otherwise than we do."""

PLAIN = {
    lr: "dt", power: "|Ihat|^2", power_min: "min|Ihat|^2", power_max: "max|Ihat|^2", Ibar: "Ibar", yhat: "yhat",
    diffusivity: "kappa", fidelity: "lambda", epsilon: "eps", d: "d", width: "w", slope: "s",
    K_next: "K_next", K_prev: "K_prev", Khat: "Khat", Khat_next: "Khat_next", Khat_prev: "Khat_prev",
    Kbar: "Kbar", momentum: "mu", area: "|W|",
}  # fmt: skip


class _Plain(StrPrinter):
    """One line, in the print's letters."""

    def _print_Symbol(self, expr: sp.Symbol) -> str:
        return PLAIN.get(expr, expr.name)

    _print_Field = _print_Symbol

    def _print_Correlation(self, expr: sp.Expr) -> str:
        return f"({self._print(expr.args[0])}{STAR}{self._print(expr.args[1])})"

    def _print_Windowed(self, expr: sp.Expr) -> str:
        return f"[{self._print(expr.args[0])}] W"

    def _print_TimeDerivative(self, expr: sp.Expr) -> str:
        return f"d{self._print(expr.args[0])}/dt"

    def _print_FrequencyConvolution(self, expr: FrequencyConvolution) -> str:
        return f"({self._print(expr.args[0])}) {STAR}{STAR} {self._print(expr.args[1])}"

    def _print_UnevaluatedExpr(self, expr: sp.UnevaluatedExpr) -> str:
        return f"({self._print(expr.args[0])})"

    def _print_Abs(self, expr: sp.Expr) -> str:
        return f"|{self._print(expr.args[0])}|"

    def _print_Sum(self, expr: sp.Sum) -> str:
        return f"sum({self._print(expr.args[0])})"

    def _print_Limit(self, expr: sp.Limit) -> str:
        return f"lim {self._print(expr.args[0])}"

    def _print_Relational(self, expr: sp.Rel) -> str:
        sign = {"==": "="}.get(expr.rel_op, expr.rel_op)
        return f"{self._print(expr.lhs)} {sign} {self._print(expr.rhs)}"


def plain(expr: sp.Basic) -> str:
    """A formula in one line, such as ``-a beta min|Ihat|^2/2 + 2/dt``."""
    return _Plain().doprint(expr).replace("**", "^").replace("*", " ").replace(STAR, "*")


class _Latex(LatexPrinter):
    """Brackets where the print has them."""

    def _print_UnevaluatedExpr(self, expr: sp.UnevaluatedExpr) -> str:
        return rf"\left({self._print(expr.args[0])}\right)"


def typeset(expr: sp.Basic) -> str:
    """A formula as LaTeX, in the print's notation where it is not ours."""
    return _Latex({"symbol_names": latex_names() | LATEX}).doprint(expr)


def claim(
    key: str,
    section: str,
    title: str,
    sentence: str,
    source: str,
    formulas: Mapping[str, sp.Basic] | None = None,
    authors: Mapping[str, object] | None = None,
    tables: tuple[Table, ...] = (),
    **numbers: object,
) -> Claim:
    """A claim of formulas, tables and numbers.

    Args:
        key: as in `Claim`.
        section: likewise.
        title: likewise.
        sentence: with `{name}` where a formula, a number, or the labels and numbers of a table stand.
        source: likewise.
        formulas: the printed ones by name; the value of a relation is its right-hand side.
        authors: settings of the authors' public code that no text prints.
        tables: the printed ones; their numbers are among the values.
        numbers: further printed values by name.
    """
    formulas = formulas or {}
    for table in tables:
        numbers = table.values | numbers
    words = {name: plain(formula) for name, formula in formulas.items()}
    values = {name: formula.rhs if isinstance(formula, sp.Rel) else formula for name, formula in formulas.items()}
    latex = r", \quad ".join(map(typeset, formulas.values()))
    statement = sentence.format(**words, **{name: _listed(number) for name, number in numbers.items()})
    return Claim(key, section, title, statement, latex, values | numbers, source, authors or {}, tables)


class _Listed(tuple):
    """Several numbers: with commas between them where all are told."""

    def __str__(self) -> str:
        return ", ".join(map(str, self))


def _listed(number: object) -> object:
    return _Listed(number) if isinstance(number, list | tuple) else number


def symbol(name: str, latex: str, **assumptions: bool) -> sp.Symbol:
    """A symbol that the print has and we have not, written plainly as it is named."""
    found = sp.Symbol(name, **(assumptions or {"real": True}))
    LATEX[found] = latex
    return found
