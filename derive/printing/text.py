"""Formulas as unicode text of at most 80 columns, and as LaTeX, in the notation of `symbols`."""

from __future__ import annotations

import re
from textwrap import indent as _indent
from textwrap import wrap

import sympy as sp
from sympy.printing.latex import LatexPrinter
from sympy.printing.pretty.pretty import PrettyPrinter
from sympy.printing.pretty.pretty_symbology import pretty_use_unicode

from derive.fields.symbols import MEANINGS, latex_names
from derive.printing.one_line import DIGITS, AuthorsSigns, can_be_typed, in_decimals, one_line
from derive.printing.plain_text import in_unicode

COLUMNS = 80
INDENT = "    "
_WORD = re.compile(r"[^\W_](\w|')*")
_UPRIGHT = re.compile(r"_\{(min|max)\}")
_ESCAPED = {
    **{c: rf"\{c}" for c in "{}$&#%_"},
    **{"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}"},
}


def latex(expr: sp.Basic) -> str:
    """LaTeX of an expression, a relation, a tuple of them (one below the other) or a set."""
    match expr:
        case sp.Tuple():
            return r"\begin{aligned} " + r" \\ ".join(_aligned(e) for e in expr.args) + r" \end{aligned}"
        case sp.And():
            lines = [latex(e) for e in sorted(expr.args, key=_order(expr))]
            return lines[0] if len(lines) == 1 else r"\begin{aligned} & " + r" \\ & ".join(lines) + r" \end{aligned}"
        case sp.Contains(args=(element, container)):
            return latex(sp.Tuple(*_relations(element, container)))
    return NotationPrinter({"symbol_names": latex_names()}).doprint(in_decimals(expr))


def escaped(text: str) -> str:
    """A text in which LaTeX finds no command."""
    return "".join(_ESCAPED.get(c, c) if c.isprintable() else " " for c in text)


class NotationPrinter(AuthorsSigns, LatexPrinter):
    """Brackets around an infix operator that stands in a product; algebraic numbers without radicals as decimals."""

    def _print_Symbol(self, expr: sp.Symbol, style: str = "plain") -> str:
        """A word as SymPy typesets it; anything else as a text, so that no name is a command of LaTeX."""
        if expr in self._settings["symbol_names"] or _WORD.fullmatch(expr.name):
            return _UPRIGHT.sub(r"_{\\\1}", super()._print_Symbol(expr, style))
        return rf"\text{{{escaped(expr.name)}}}"

    _print_RandomSymbol = _print_Dummy = _print_Symbol

    def _hprint_Function(self, func: str) -> str:
        """A function that is called as a symbol, such as an extreme of a window's size, is typeset as it."""
        named = (meaning.latex for symbol, meaning in MEANINGS.items() if symbol.name == func and "_" in func)
        return next(named, super()._hprint_Function(func))

    def _print_ComplexRootOf(self, expr: sp.Expr) -> str:
        return str(expr.evalf(DIGITS))

    def _needs_mul_brackets(self, expr: sp.Basic, first: bool = False, last: bool = False) -> bool:
        return getattr(expr, "is_infix", False) or super()._needs_mul_brackets(expr, first, last)


class _PrettyPrinter(AuthorsSigns, PrettyPrinter):
    """As SymPy draws formulas, and minima and maxima too."""

    def _print_Max(self, expr: sp.Max):
        return self._helper_print_function(expr.func, expr.args, func_name=type(expr).__name__.lower())

    _print_Min = _print_Max


def _relations(element: sp.Symbol, container: sp.Set) -> list[sp.Basic]:
    """Membership in an interval as inequalities, one for each candidate of a maximum or minimum."""
    if isinstance(container, sp.ConditionSet):
        _, condition, base = container.args
        return [*_relations(element, base), *sorted(sp.And.make_args(condition), key=sp.default_sort_key)]
    if not isinstance(container, sp.Interval):
        return [sp.Contains(element, container, evaluate=False)]
    above = sp.Gt if container.left_open else sp.Ge
    below = sp.Lt if container.right_open else sp.Le
    lower = [above(element, edge, evaluate=False) for edge in sp.Max.make_args(container.start)]
    return lower + [below(element, edge, evaluate=False) for edge in sp.Min.make_args(container.end)]


def _aligned(expr: sp.Basic) -> str:
    if isinstance(expr, sp.Eq):
        return f"{latex(expr.lhs)} &= {latex(expr.rhs)}"
    return f"& {latex(expr)}"


def pretty(expr: sp.Basic) -> str:
    """Unicode text no wider than `COLUMNS` less the indent of a step; what would be wider, as it is typed."""
    match expr:
        case sp.Tuple() | sp.And():
            return "\n".join(_spaced([pretty(e) for e in sorted(expr.args, key=_order(expr))]))
        case sp.Contains(args=(element, container)):
            return pretty(sp.Tuple(*_relations(element, container)))
    before = pretty_use_unicode(in_unicode())
    width, shown = COLUMNS - 2 * len(INDENT), in_decimals(expr)
    try:
        text = _PrettyPrinter({"wrap_line": False}).doprint(shown)
        if max(map(len, text.splitlines()), default=0) > width:
            if can_be_typed(shown):
                return "\n".join(wrap(one_line(shown), width, break_long_words=False, break_on_hyphens=False))
            text = _PrettyPrinter({"wrap_line": True, "num_columns": width}).doprint(shown)
    finally:
        pretty_use_unicode(before)
    return "\n".join(line.rstrip() for line in text.splitlines())


def _order(expr: sp.Basic):
    """Parts of a conjunction: those about fewest parameters first."""
    return (lambda e: (len(e.free_symbols), sp.default_sort_key(e))) if isinstance(expr, sp.And) else lambda _: 0


def _spaced(blocks: list[str]) -> list[str]:
    """A blank line after a block of several lines."""
    return [block + "\n" * ("\n" in block and i < len(blocks) - 1) for i, block in enumerate(blocks)]


def paragraph(text: str, first: str = "", rest: str | None = None) -> str:
    """Running text in lines of at most COLUMNS - 4 characters, `first` before the first line and `rest` before the others."""
    return "\n".join(wrap(text, COLUMNS - 4, initial_indent=first, subsequent_indent=first if rest is None else rest))


def indent(text: str) -> str:
    """Indent every line that is not empty."""
    return _indent(text, INDENT)
