r"""LaTeX for a column of a page: long sums, minima, maxima and cases broken, where `latex` writes one line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import sympy as sp

from derive.fields.symbols import latex_names
from derive.printing.text import NotationPrinter, latex

_LONG = 44  # signs that stand on one line of LaTeX's article, 345 pt wide at 10 pt
_BREAK = r" \\ & \quad "
_UNSEEN = re.compile(r"\\(left|right|begin\{\w+\}|end\{\w+\}|text|hat|bar|frac|dot|quad|,|;|:|!|\\)|[{}^_&\s]")
_COMMAND = re.compile(r"\\[A-Za-z]+")


def narrow(expr: sp.Basic) -> str:
    """LaTeX of an expression, a relation, or a tuple of them: what `latex` writes, in lines that fit a column."""
    match expr:
        case sp.Tuple():
            return aligned(*map(_row, expr.args))
        case sp.Eq() if _signs(latex(expr)) > _LONG:
            return aligned(_row(expr))
        case sp.Expr():
            return _Narrow({"symbol_names": latex_names()}).doprint(expr)
    return latex(expr)


def aligned(*rows: str) -> str:
    """Rows one below the other, aligned at their ampersands."""
    return r"\begin{aligned} " + r" \\ ".join(rows) + r" \end{aligned}"


class _Narrow(NotationPrinter):
    """Long candidates of a minimum or maximum one below the other."""

    def _print_Max(self, expr: sp.Max, exp: str | None = None) -> str:
        args = [self._print(arg) for arg in sorted(expr.args, key=sp.default_sort_key)]
        if sum(map(_signs, args)) < _LONG:
            inner = ", ".join(args)
        else:
            inner = aligned(*(f"& {arg}{',' if arg != args[-1] else ''}" for arg in args))
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"\{type(expr).__name__.lower()}\left({inner}\right){power}"

    _print_Min = _print_Max

    def lines(self, expr: sp.Add) -> list[str]:
        """A sum in lines, each but the first beginning with a sign."""
        return broken(map(self._print, self._as_ordered_terms(expr)))


def broken(terms: Iterable[str]) -> list[str]:
    """Typeset terms of a sum in lines that fit a column, each but the first beginning with a sign."""
    first, *rest = terms
    return _filled([first, *(text if text.startswith("-") else f"+ {text}" for text in rest)])


def multiplied(factors: Iterable[str]) -> list[str]:
    """Typeset factors of a product in lines that fit a column, each but the first beginning with a dot."""
    return _filled(factors, r"\cdot ")


def _filled(pieces: Iterable[str], begin: str = "") -> list[str]:
    rows = [""]
    for piece in pieces:
        if rows[-1] and not fits(rows[-1], piece):
            rows.append(begin + piece)
        else:
            rows[-1] = f"{rows[-1]} {piece}".strip()
    return rows


def fits(*pieces: str) -> bool:
    """Whether these stand on one line of a column."""
    return sum(map(_signs, pieces)) <= _LONG


def in_lines(left: str, lines: Sequence[str]) -> str:
    """A row of `aligned`: what stands left of the ampersand, and lines to the right of it."""
    return f"{left} & {_BREAK.join(lines)}"


def _row(expr: sp.Basic) -> str:
    """An equation, its right-hand side in as many lines as it needs."""
    if not isinstance(expr, sp.Eq):
        return f"& {narrow(expr)}"
    printer = _Narrow({"symbol_names": latex_names()})
    lines = printer.lines(expr.rhs) if isinstance(expr.rhs, sp.Add) else [printer.doprint(expr.rhs)]
    return in_lines(latex(expr.lhs), ["= " + lines[0], *lines[1:]])


def _signs(text: str) -> int:
    """About how many signs a reader sees."""
    return len(_COMMAND.sub("x", _UNSEEN.sub("", text)))
