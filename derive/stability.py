"""Stability of a linear scheme: a condition in the parameters alone, with what it rests on.

scheme or optimiser --Fourier--> amplification polynomial --root conditions--> margins --corners--> condition
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.eliminate import Box, at_corners, relation, solve_affine
from derive.errors import InputError, choose
from derive.fourier import SHIFTS, Amplification, amplification
from derive.grid import GridScheme
from derive.schur import GRADES, root_conditions
from derive.text import latex, paragraph, pretty


@dataclass(frozen=True)
class Stability:
    """A stability bound.

    Attributes:
        polynomial: amplification polynomial, a `sympy.Poly` in xi; its roots are the amplification factors.
        condition: SymPy Boolean in the parameters alone; true exactly where the scheme is stable.
        status: ``"exact"``: necessary and sufficient.
        assumptions: SymPy Boolean the condition rests on, beside the signs of the symbols; `assumed` lists both.
        box: the frequency variables that were eliminated, and the range of each.
        grade: ``"schur"`` (perturbations decay) or ``"power-bounded"`` (they stay bounded).
        margins: expressions whose least value is positive inside, zero on the edge.
    """

    polynomial: sp.Poly
    condition: Boolean
    status: str
    assumptions: Boolean
    box: Box
    grade: str
    margins: tuple[sp.Expr, ...]

    @property
    def parameters(self) -> tuple[sp.Symbol, ...]:
        """The parameters of the condition, by name."""
        symbols = self.condition.free_symbols.union(*(m.free_symbols for m in self.margins))
        return tuple(sorted(symbols, key=str))

    @property
    def assumed(self) -> tuple[Boolean, ...]:
        """All assumptions one by one: those of the symbols, which a printed condition does not show, and `assumptions`."""
        signs = [_sign_assumption(p) for p in self.parameters]
        return (*(s for s in signs if s is not None), *(part for part in sp.And.make_args(self.assumptions) if part != sp.true))

    def holds(self, **values: Any) -> Any:
        """Whether the scheme is stable at numbers (a bool) or arrays (broadcast, an array of bool).

        Raises:
            InputError: a parameter is missing, unknown or not a real number.
        """
        checked = _checked(values, self.parameters)
        try:
            result = self._compiled(**checked)
        except (TypeError, ValueError) as error:
            raise InputError(f"expected real numbers or arrays that broadcast, got {checked} ({error})") from None
        return bool(result) if result.ndim == 0 else result

    @cached_property
    def _compiled(self) -> Callable:
        return self.function("numpy")

    def solve(self, name: str) -> sp.Set:
        """The stable values of one parameter, the others symbolic.

        Raises:
            InputError: unknown parameter, or the condition is not affine in it.
        """
        parameter = choose("parameter", name, {str(p): p for p in self.parameters})
        return solve_affine(list(self.margins), parameter, strict=self.grade == "schur")

    def latex(self) -> str:
        """The condition as LaTeX."""
        return latex(self.condition)

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"

    def function(self, backend: str = "numpy") -> Callable:
        """Generated code of the condition: keyword arguments to an array of bool; its text is `.source`."""
        from derive.codegen import compile_outputs

        return compile_outputs("is_stable", (self.condition,), backend, "Stability condition.", self.parameters)

    def margin(self, backend: str = "numpy") -> Callable:
        """Generated code of the least margin: positive inside, zero on the edge, negative outside; differentiable."""
        from derive.codegen import compile_outputs

        return compile_outputs("margin", (sp.Min(*self.margins),), backend, "Least stability margin.", self.parameters)

    def __str__(self) -> str:
        grade = {"schur": "perturbations decay", "power-bounded": "perturbations stay bounded"}[self.grade]
        lines = ["stable if and only if", "", pretty(self.condition), ""]
        assumed = paragraph(f"for {', '.join(map(str, self.assumed))}") if self.assumed else ""
        return "\n".join([*lines, *filter(None, [assumed]), f"({self.status}; {grade})"])


def stability(problem: GridScheme | Amplification, grade: str | None = None) -> Stability:
    """The exact stability condition of a scheme, the frequency eliminated.

    Args:
        problem: a `GridScheme` (a scheme or an optimiser), or an `Amplification` polynomial.
        grade: ``"power-bounded"``: every amplification factor lies in the closed unit disc, those on the circle are
            simple, errors stay bounded; the default on a grid, where a scheme keeps constants. ``"schur"``: every factor
            lies strictly inside, errors decay; the default of an optimiser on a mode, which is to converge.

    Raises:
        InputError: unknown grade, or no closed form is known for this polynomial.
    """
    if grade is not None:
        choose("grade", grade, dict.fromkeys(GRADES))
    if not isinstance(problem, GridScheme | Amplification):
        raise InputError(f"expected a GridScheme or an Amplification, got {type(problem).__name__}")
    found = amplification(problem) if isinstance(problem, GridScheme) else problem
    if found.polynomial.has(*SHIFTS):
        raise InputError(
            f"expected a scheme that is even in space (a real symbol), got the polynomial {found.polynomial.as_expr()}"
        )
    grade = grade or ("power-bounded" if found.box else "schur")
    margins = _margins(found, grade)
    condition = _simplified(margins, grade == "schur")
    return Stability(found.polynomial, condition, "exact", found.assumptions, found.box, grade, margins)


def _margins(found: Amplification, grade: str) -> tuple[sp.Expr, ...]:
    needed = (m for g in root_conditions(found.polynomial, grade) for m in at_corners(g, found.box))
    return tuple(dict.fromkeys(m for m in needed if not _holds_anyway(m, grade == "schur")))


def _holds_anyway(margin: sp.Expr, strict: bool) -> bool:
    return bool(margin.is_positive or (not strict and margin.is_nonnegative))


def _simplified(margins: tuple[sp.Expr, ...], strict: bool) -> Boolean:
    relations = sp.And(*(relation(m, strict) for m in margins))
    if len(relations.free_symbols) != 1:
        return relations
    merged = relations.as_set().as_relational(*relations.free_symbols)
    return sp.And(*(part.canonical for part in sp.And.make_args(merged)))


def _sign_assumption(symbol: sp.Symbol) -> Boolean | None:
    if symbol.is_positive:
        return sp.Gt(symbol, 0, evaluate=False)
    return sp.Ge(symbol, 0, evaluate=False) if symbol.is_nonnegative else None


def _checked(values: Mapping[str, Any], parameters: tuple[sp.Symbol, ...]) -> Mapping[str, Any]:
    names = [str(p) for p in parameters]
    if set(values) != set(names):
        raise InputError(f"expected values for {', '.join(names) or 'no parameter'}; got {', '.join(values) or 'none'}")
    return values
