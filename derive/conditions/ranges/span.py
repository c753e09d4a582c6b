"""A parameter and the range that it runs through, from a lower to an upper end, which are expressions in other parameters.

What is asked of all its values is asked of a variable between two numbers instead: of `c` in [-C, C] that is `C t` with t in
[-1, 1], whose sign and size are known.

>>> c, C = sp.symbols("c C", real=True)
>>> [Span(c, *ends).unit(sp.Symbol("t"))[0] for ends in ((-C, C), (sp.S.Zero, C), (C, 2 * C), (sp.S.One, sp.Integer(3)))]
[C*t, C*t, C*t + C, t]
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

Ends = tuple[sp.Expr, sp.Expr]


@dataclass(frozen=True)
class Span:
    """A range.

    Attributes:
        symbol: the parameter.
        low: its least value.
        high: its greatest one, not less.
        low_open: whether the least value itself is left out.
        high_open: whether the greatest is.
    """

    symbol: sp.Symbol
    low: sp.Expr
    high: sp.Expr
    low_open: bool = False
    high_open: bool = False

    @property
    def is_mirrored(self) -> bool:
        """Whether it is -C to C."""
        return sp.expand(self.low + self.high) == 0

    @property
    def of_numbers(self) -> bool:
        """Whether both ends are rational."""
        return bool(self.low.is_Rational and self.high.is_Rational)

    def unit(self, t: sp.Symbol) -> tuple[sp.Expr, Ends]:
        """The parameter as an expression in t, and the numbers between which t runs."""
        if self.of_numbers:
            return t, (self.low, self.high)
        if self.is_mirrored:
            return self.high * t, (-sp.S.One, sp.S.One)
        return sp.expand(self.low + (self.high - self.low) * t), (sp.S.Zero, sp.S.One)

    def __str__(self) -> str:
        below, above = ("<" if is_open else "<=" for is_open in (self.low_open, self.high_open))
        return f"{self.low} {below} {self.symbol} {above} {self.high}"
