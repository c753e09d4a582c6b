"""A finite-difference scheme as its user writes it.

    u = GridFunction("u", dims=1)
    GridScheme(sp.Eq(u[1, 0] - u[0, 0], r * (u[0, 1] - 2 * u[0, 0] + u[0, -1])))

`u[n, j]` is the value n time levels and j grid points away: integers, time first, then one offset per dimension. On a staggered
grid they may be halves, such as `v[1/2, 1/2]` (`staggered`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.errors import InputError
from derive.printing.notebook import markdown
from derive.printing.text import latex
from derive.schemes.frozen import linearised, states_of, words
from derive.schemes.grid_checks import check, checked_assumptions
from derive.schemes.staggered import on_whole_numbers
from derive.shown import quoted


@dataclass(frozen=True)
class GridFunction:
    """An unknown on a uniform grid; `dims=0` is a plain sequence, such as an optimiser's state.

    Args:
        name: how it is printed.
        dims: number of space dimensions, 0 to 3.
    """

    name: str
    dims: int = 1

    def __post_init__(self) -> None:
        if self.dims not in range(4):
            raise InputError(f"expected 0 to 3 space dimensions, got {self.dims!r}")

    def __getitem__(self, offsets: int | tuple[int, ...]) -> sp.Indexed:
        index = offsets if isinstance(offsets, tuple) else (offsets,)
        if len(index) != self.dims + 1 or not all(map(_is_offset, index)):
            raise InputError(
                f"{self.name} takes {self.dims + 1} offsets (time, then space), integers or halves, got {offsets!r}"
            )
        return sp.IndexedBase(self.name)[tuple(sp.Rational(i) for i in index)]


class GridScheme:
    """A linear scheme with constant coefficients on a uniform grid, or a system of them.

    Args:
        *equations: one `sympy.Eq` (or an expression that is zero) per unknown, one by one or as one list. Parameters are
            real numbers; decimals are taken as the fractions they print as. Offsets may be halves; the residuals have
            whole ones, and `places` says by how much an unknown was moved for it.
        assumptions: what is assumed of the parameters, a SymPy Boolean.
        frozen: unknown -> a constant state, a symbol or a number, about which nonlinear terms are linearised; the scheme is
            the linear one, and `frozen` says so.

    Raises:
        InputError: nothing unknown, no new time level, as many equations as unknowns are wanted, an equation is not
            linear with constant coefficients, a name is no word of letters or stands for two things, or a number is
            beyond floating point.
    """

    def __init__(
        self,
        *equations: sp.Eq | sp.Expr | Sequence[sp.Eq | sp.Expr],
        assumptions: Boolean | bool = sp.true,
        frozen: Mapping[Any, sp.Expr | float] | None = None,
    ) -> None:
        """Bring every equation to the form `residual = 0`."""
        residuals, self.frozen = tuple(map(_residual, _listed(equations))), states_of(frozen or {})
        if self.frozen:
            _check_frozen(residuals, self.frozen)
            residuals = tuple(linearised(residual, self.frozen) for residual in residuals)
        self.residuals, self.places = on_whole_numbers(residuals)
        self.assumptions = checked_assumptions(assumptions)
        self.unknowns = tuple(sorted({v.base for e in self.residuals for v in e.atoms(sp.Indexed)}, key=str))
        check(self)

    @property
    def dims(self) -> int:
        """Number of space dimensions, 0 where values have a level in time alone."""
        return len(self.values(self.unknowns[0])[0].indices) - 1

    @property
    def parameters(self) -> tuple[sp.Symbol, ...]:
        """The symbols in the coefficients, by name."""
        named = {s for residual in self.residuals for s in residual.free_symbols if isinstance(s, sp.Symbol)}
        return tuple(sorted(named - {base.label for base in self.unknowns}, key=str))

    def values(self, unknown: sp.IndexedBase) -> list[sp.Indexed]:
        """The values of one unknown that the scheme uses."""
        entries = {v for residual in self.residuals for v in residual.atoms(sp.Indexed) if v.base == unknown}
        return sorted(entries, key=lambda v: v.indices)

    def _repr_markdown_(self) -> str:
        assumed = "" if self.assumptions == sp.true else f"for {self.assumptions}"
        frozen = words(self.frozen) if self.frozen else ""
        return markdown([latex(sp.Eq(residual, 0, evaluate=False)) for residual in self.residuals], [assumed, frozen])

    def __repr__(self) -> str:
        return f"GridScheme({', '.join(str(sp.Eq(residual, 0)) for residual in self.residuals)})"


def _check_frozen(residuals: Sequence[sp.Expr], states: Mapping[str, sp.Expr]) -> None:
    known = {str(v.base) for residual in residuals for v in residual.atoms(sp.Indexed)}
    if other := [name for name in states if name not in known]:
        raise InputError(f"expected states of {', '.join(sorted(known))}, got one of {other[0]}")


def _is_offset(value: object) -> bool:
    """A whole number or a half, and exact, or a float that is one."""
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction | sp.Rational):
        return False
    return isfinite(value) and float(2 * value).is_integer()


def _listed(equations: tuple) -> tuple:
    """A list of equations is taken as several of them."""
    several = len(equations) == 1 and isinstance(equations[0], list | tuple | sp.Tuple)
    return tuple(equations[0]) if several else equations


def _residual(equation: sp.Eq | sp.Expr) -> sp.Expr:
    if isinstance(equation, bool | sp.logic.boolalg.BooleanAtom):
        raise InputError(f"expected an equation sympy.Eq(left, right), got {equation}: == compares, it makes no equation")
    if not isinstance(equation, sp.Eq | sp.Expr):
        raise InputError(f"expected an equation sympy.Eq(left, right), got {type(equation).__name__}: {quoted(equation)}")
    residual = equation.lhs - equation.rhs if isinstance(equation, sp.Eq) else equation
    if infinite := [str(x) for x in (sp.nan, sp.zoo, sp.oo, -sp.oo) if equation.has(x) or residual.has(x)]:
        raise InputError(f"expected finite numbers in the equation, got {infinite[0]}; write a parameter for it")
    return sp.expand(residual.xreplace({x: sp.Rational(str(x)) for x in residual.atoms(sp.Float)}))
