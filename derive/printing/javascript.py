"""SymPy expressions as JavaScript: functions of numbers, for a page that draws what was derived.

One object of parameters in, one number, boolean or array of them out: `is_stable({nu: 0.3, r: 0.1})`. No name from outside
enters the text, but as in the other backends.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import sympy as sp
from sympy.printing.precedence import PRECEDENCE

from derive.errors import InputError
from derive.printing.printers import ArrayPrinter, floating

_WORDS = (
    "abstract arguments async await boolean break byte case catch char class const continue debugger default delete do double "
    "else enum eval export extends false final finally float for function get goto if implements import in instanceof int "
    "interface let long native new null of package private protected public return set short static super switch synchronized "
    "this throw throws transient true try typeof undefined var void volatile while with yield Infinity NaN Math Object"
)
RESERVED = frozenset(_WORDS.split())
"""Names that mean something in JavaScript."""


class JavaScriptPrinter(ArrayPrinter):
    """Prints expressions as source for JavaScript's numbers; powers as calls, as -x**2 is no expression there."""

    functions: ClassVar[dict[str, str]] = {
        **{name: f"Math.{name}" for name in ("exp", "log", "sqrt", "sin", "cos", "tanh")},
        "Abs": "Math.abs", "Max": "Math.max", "Min": "Math.min",
    }  # fmt: skip
    signs: ClassVar[dict[str, str]] = {"==": "===", "!=": "!=="}

    def _print_Pow(self, expr: sp.Pow, rational: bool = False) -> str:
        base, exponent = expr.args
        if base.is_number or exponent == sp.Rational(1, 2):
            return super()._print_Pow(expr, rational)
        if exponent.is_negative:
            return f"1/{self.parenthesize(base**-exponent, PRECEDENCE['Pow'])}"
        return f"Math.pow({self._print(base)}, {self._print(exponent)})"

    def _print_exponential(self, base: sp.Expr, exponent: sp.Expr) -> str:
        given = self._print(exponent)
        return f"Math.exp({given})" if base == sp.E else f"Math.pow({floating(base)}, {given})"

    def _print_And(self, expr: sp.And) -> str:
        return " && ".join(f"({self._print(arg)})" for arg in sorted(expr.args, key=sp.default_sort_key))

    def _print_Or(self, expr: sp.Or) -> str:
        return " || ".join(f"({self._print(arg)})" for arg in sorted(expr.args, key=sp.default_sort_key))

    def _print_Not(self, expr: sp.Not) -> str:
        return f"!({self._print(expr.args[0])})"

    def _print_Relational(self, expr: sp.Rel) -> str:
        left, right = (f"({self._print(side)})" if side.is_Relational else self._print(side) for side in expr.args)
        return f"{left} {self.signs.get(expr.rel_op, expr.rel_op)} {right}"

    def _print_BooleanTrue(self, expr: sp.Basic) -> str:
        return "true"

    def _print_BooleanFalse(self, expr: sp.Basic) -> str:
        return "false"

    def _print_Infinity(self, expr: sp.Basic) -> str:
        return "Infinity"

    def _print_NegativeInfinity(self, expr: sp.Basic) -> str:
        return "-Infinity"

    def _print_Piecewise(self, expr: sp.Piecewise) -> str:
        (value, condition), *rest = expr.args
        if condition == sp.true:
            return self._print(value)
        other = self._print(sp.Piecewise(*rest)) if rest else "NaN"
        return f"(({self._print(condition)}) ? {self._print(value)} : {other})"


def written(
    name: str, names: Mapping[sp.Symbol, str], doc: str, shared: Sequence[tuple[sp.Symbol, sp.Expr]], values: Sequence[sp.Basic]
) -> Callable:
    """A function that cannot be called here; its text is in `.source`.

    Args:
        name: of the function.
        names: parameter -> identifier in the text.
        doc: lines above it, safe to print.
        shared: symbol and value of common subexpressions, in order.
        values: what it returns; several as an array.
    """
    printer = JavaScriptPrinter({**names, **{symbol: symbol.name for symbol, _ in shared}})
    given = ", ".join(text if text == str(s) else f"{json.dumps(str(s))}: {text}" for s, text in names.items())
    lines = [f"  const {symbol} = {printer.doprint(value)};" for symbol, value in shared]
    entries = ", ".join(map(printer.doprint, values))
    lines.append(f"  return {entries if len(values) == 1 else f'[{entries}]'};")
    comments = [f"// {line}".rstrip() for line in doc.splitlines()]

    def refuse(**_: object) -> None:
        raise InputError("expected numpy or torch to call the code here, got javascript; its text is in .source")

    refuse.source = "\n".join([*comments, f"function {name}({{{given}}}) {{", *lines, "}", ""])  # type: ignore[attr-defined]
    return refuse
