"""SymPy expressions as readable numpy or torch source, one printer per backend.

SymPy's own torch printer fails on Max, on constants and on Python numbers; these print only what they can vouch for: a
symbol by the name that it is given here, never by its own, and nothing that prints itself.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any, ClassVar

import sympy as sp
from sympy.printing.precedence import PRECEDENCE, precedence
from sympy.printing.str import StrPrinter

from derive.errors import InputError
from derive.shown import quoted

_EXACT = 2**53  # integers up to here are floating-point numbers
_LONGEST = 4096  # bits of a number that is written out as a quotient


class ArrayPrinter(StrPrinter):
    """What numpy and torch have in common: infix arithmetic, comparisons, functions by name."""

    functions: ClassVar[dict[str, str]] = {}
    printmethod = ""  # what an expression would print of itself

    def __init__(self, names: Mapping[sp.Symbol, str]) -> None:
        """Print every symbol of `names`, and no other, by the identifier it has there."""
        super().__init__({"full_prec": False})
        self.names = names

    def emptyPrinter(self, expr: Any) -> str:
        """Refuse what no method of this class prints."""
        raise InputError(f"no code is known for {quoted(type(expr).__name__)}")

    def _print(self, expr: Any, **kwargs: Any) -> str:
        if isinstance(expr, sp.Basic) and not isinstance(expr, _KNOWN):
            return self.emptyPrinter(expr)
        return super()._print(expr, **kwargs)

    def _print_Symbol(self, expr: sp.Symbol) -> str:
        if expr not in self.names:
            raise InputError(
                f"expected an expression of {', '.join(self.names.values()) or 'numbers'}, got {quoted(expr.name)}"
            )
        return self.names[expr]

    _print_Dummy = _print_Wild = _print_Symbol

    def _print_Function(self, expr: sp.Function) -> str:
        name = type(expr).__name__
        if name not in self.functions:
            called = name if name.isidentifier() else quoted(name)
            raise InputError(f"no code is known for {called}; expected one of {', '.join(sorted(self.functions))}")
        return f"{self.functions[name]}({', '.join(map(self._print, expr.args))})"

    def _print_Rational(self, expr: sp.Rational) -> str:
        number = floating(expr)
        if max(abs(expr.p), expr.q).bit_length() > _LONGEST or (expr.q == 1 and abs(expr.p) > _EXACT):
            return number
        return str(expr.p) if expr.q == 1 else f"({expr.p}/{expr.q})"

    _print_Integer = _print_Rational

    def _print_Float(self, expr: sp.Float) -> str:
        return floating(expr)

    def _print_Half(self, expr: sp.Rational) -> str:
        return "0.5"

    def _print_NumberSymbol(self, expr: sp.NumberSymbol) -> str:
        return floating(expr)

    def _print_Pi(self, expr: sp.NumberSymbol) -> str:
        return self._print_NumberSymbol(expr)

    def _print_Exp1(self, expr: sp.NumberSymbol) -> str:
        return self._print_NumberSymbol(expr)

    def _print_ComplexRootOf(self, expr: sp.Expr) -> str:
        return floating(expr)

    def _print_Pow(self, expr: sp.Pow, rational: bool = False) -> str:
        base, exponent = expr.args
        if base.is_number:
            return floating(expr) if expr.is_number else self._print_exponential(base, exponent)
        if exponent == sp.Rational(1, 2):
            return f"{self.functions['sqrt']}({self._print(base)})"
        if exponent.is_negative:
            return f"1/{self.parenthesize(base**-exponent, PRECEDENCE['Pow'])}"
        return f"{self.parenthesize(base, PRECEDENCE['Pow'])}**{self.parenthesize(exponent, PRECEDENCE['Pow'])}"

    def _print_exponential(self, base: sp.Expr, exponent: sp.Expr) -> str:
        return self._print(sp.exp(exponent)) if base == sp.E else f"{floating(base)}**({self._print(exponent)})"

    def _print_exp(self, expr: sp.exp) -> str:
        return f"{self.functions['exp']}({self._print(expr.args[0])})"

    def _print_And(self, expr: sp.And) -> str:
        return " & ".join(f"({self._print(arg)})" for arg in sorted(expr.args, key=sp.default_sort_key))

    def _print_Or(self, expr: sp.Or) -> str:
        return " | ".join(f"({self._print(arg)})" for arg in sorted(expr.args, key=sp.default_sort_key))

    def _print_Not(self, expr: sp.Not) -> str:
        return f"~({self._print(expr.args[0])})"

    def _print_Relational(self, expr: sp.Rel) -> str:
        left, right = (self.parenthesize(side, precedence(expr)) for side in (expr.lhs, expr.rhs))
        return f"{left} {expr.rel_op} {right}"

    def _print_BooleanTrue(self, expr: sp.Basic) -> str:
        return "True"

    def _print_BooleanFalse(self, expr: sp.Basic) -> str:
        return "False"

    def _print_Infinity(self, expr: sp.Basic) -> str:
        return "inf"

    def _print_NegativeInfinity(self, expr: sp.Basic) -> str:
        return "-inf"

    def _print_Max(self, expr: sp.Max) -> str:
        return self._fold("Max", list(expr.args))

    def _print_Min(self, expr: sp.Min) -> str:
        return self._fold("Min", list(expr.args))

    def _print_Piecewise(self, expr: sp.Piecewise) -> str:
        (value, condition), *rest = expr.args
        if condition == sp.true:
            return self._print(value)
        other = sp.Piecewise(*rest) if rest else sp.nan
        branches = (self._branch(branch, condition) for branch in (value, other))
        return f"where({self._print(condition)}, {', '.join(branches)})"

    def _print_Taken(self, expr: sp.Basic) -> str:
        value, condition = expr.args
        return f"where({self._print(condition)}, {self._print(value)}, 1)"

    def _branch(self, value: sp.Expr, condition: sp.Basic) -> str:
        return self._print(value)

    def _fold(self, kind: str, args: list[sp.Expr]) -> str:
        *others, last = sorted(args, key=lambda arg: (arg.is_number, sp.default_sort_key(arg)))
        return self._pair(kind, self._fold(kind, others), last) if others else self._print(last)

    def _pair(self, kind: str, left: str, right: sp.Expr) -> str:
        return f"{self.functions[kind]}({left}, {self._print(right)})"


_KNOWN = (
    *(sp.Symbol, sp.Number, sp.NumberSymbol, sp.CRootOf),
    *(sp.Add, sp.Mul, sp.Pow, sp.Max, sp.Min, sp.Function),
    *(sp.core.relational.Relational, sp.And, sp.Or, sp.Not, sp.logic.boolalg.BooleanAtom),
)


def floating(number: sp.Expr) -> str:
    """The floating-point number nearest to a real one.

    Raises:
        InputError: it is too large or too small for one, or no real number.
    """
    try:
        nearest = float(number)
    except (TypeError, OverflowError):
        nearest = math.inf
    if not math.isfinite(nearest) or (abs(nearest) < sys.float_info.min and number != 0):
        got = f"about 10^{int(sp.floor(sp.log(abs(number), 10)))}" if number.is_finite and number.is_real else quoted(number)
        raise InputError(f"expected numbers between 2^-1022 and 2^1023 in size, which floating point has, got {got}")
    return repr(nearest)


_COMMON = {name: name for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "erf")}


class NumpyPrinter(ArrayPrinter):
    """Prints expressions as source for NumPy arrays; special functions are SciPy's."""

    functions: ClassVar[dict[str, str]] = _COMMON | {
        "Abs": "abs", "Max": "maximum", "Min": "minimum", "Sigmoid": "sigmoid", "Softplus": "softplus",
        "Negative": "negative_part",
    }  # fmt: skip


class TorchPrinter(ArrayPrinter):
    """Prints expressions as source for torch tensors, constant branches in the type of those they depend on."""

    functions: ClassVar[dict[str, str]] = NumpyPrinter.functions

    def _branch(self, value: sp.Expr, condition: sp.Basic) -> str:
        # torch.where turns Python numbers into single precision.
        text = self._print(value)
        return text if value.free_symbols else f"like({text}, {min(map(self._print, condition.free_symbols))})"

    def _pair(self, kind: str, left: str, right: sp.Expr) -> str:
        if right.is_number:  # torch.maximum takes no Python numbers
            return f"({left}).clamp({'min' if kind == 'Max' else 'max'}={self._print(right)})"
        return super()._pair(kind, left, right)


class FlowPrinter(TorchPrinter):
    """torch source of an expression between fields: operators become the callables that are passed in."""

    functions: ClassVar[dict[str, str]] = TorchPrinter.functions | {
        "Total": "integral", "Inner": "inner", "correlate": "correlate", "adjoint": "adjoint",
        "Grad": "gradient", "Div": "divergence", "Dot": "dot",
    }  # fmt: skip


class LayerPrinter(FlowPrinter):
    """The same where every operator takes two fields, as between the layers of a deep network."""

    functions: ClassVar[dict[str, str]] = FlowPrinter.functions | {"Correlation": "correlate", "Convolution": "convolve"}


PRINTERS = {"numpy": NumpyPrinter, "torch": TorchPrinter}
