"""Formulas on one line, as they are typed: what a drawing that is too wide for a terminal is replaced by.

>>> t, x, u = *sp.symbols("t x"), sp.Function("u")
>>> one_line(sp.Eq(sp.Derivative(u(t, x), t), -2 * sp.Derivative(u(t, x), (x, 3))))
'u_t == -2*u_xxx'
>>> a, b = sp.symbols("a b")
>>> one_line(sp.Or(a < b, sp.Ne(a, 0)))
'a < b or a != 0'
"""

from __future__ import annotations

import sympy as sp
from sympy.printing.printer import Printer
from sympy.printing.str import StrPrinter

DIGITS = 10  # of an algebraic number that has no radicals
LONGEST_FRACTION = 40  # digits of a fraction that is printed as one
_OF_SPACE_AND_TIME = {"t", "x", "y", "z"}


class AuthorsSigns(Printer):
    """A sum begins with a term that carries no minus, if there is one: yhat - y, not -y + yhat."""

    def _as_ordered_terms(self, expr: sp.Add, order: str | None = None) -> list[sp.Expr]:
        terms = super()._as_ordered_terms(expr, order)
        first = next((n for n, term in enumerate(terms) if not term.could_extract_minus_sign()), 0)
        return [terms[first], *terms[:first], *terms[first + 1 :]]


class OneLinePrinter(AuthorsSigns, StrPrinter):
    """`!=`, "or" and "and" for what SymPy prints as code; u_xx for a derivative."""

    def _print_Relational(self, expr: sp.Rel) -> str:
        return f"{self._print(expr.lhs)} {expr.rel_op} {self._print(expr.rhs)}"

    def _print_Or(self, expr: sp.Or) -> str:
        return " or ".join(f"({self._print(a)})" if isinstance(a, sp.And) else self._print(a) for a in _ordered(expr))

    def _print_And(self, expr: sp.And) -> str:
        return " and ".join(f"({self._print(a)})" if isinstance(a, sp.Or) else self._print(a) for a in _ordered(expr))

    def _print_Derivative(self, expr: sp.Derivative) -> str:
        inner = self._print(expr.expr)
        if not inner.isidentifier():
            return super()._print_Derivative(expr)  # type: ignore[misc]
        return f"{inner}_{''.join(v.name * int(n) for v, n in expr.variable_count)}"

    def _print_Function(self, expr: sp.Function) -> str:
        of_all = {getattr(a, "name", "") for a in expr.args} <= _OF_SPACE_AND_TIME
        return (
            type(expr).__name__ if of_all and isinstance(expr, sp.core.function.AppliedUndef) else super()._print_Function(expr)
        )

    def _print_Max(self, expr: sp.Max) -> str:
        return f"{type(expr).__name__.lower()}({', '.join(map(self._print, sorted(expr.args, key=sp.default_sort_key)))})"

    _print_Min = _print_Max


def _ordered(expr: sp.Basic) -> list[sp.Basic]:
    return sorted(expr.args, key=sp.default_sort_key)


def one_line(expr: sp.Basic) -> str:
    """The text of an expression, a relation or a statement."""
    return OneLinePrinter().doprint(in_decimals(expr))


def in_decimals(expr: sp.Basic) -> sp.Basic:
    """Algebraic numbers without radicals as decimals, to be read, and fractions that are longer than a line can be.

    >>> in_decimals(sp.Le(sp.Symbol("x"), sp.Rational(10**25 + 1, 3**50)))
    x <= 13.92955569
    """
    long_ones = [q for q in expr.atoms(sp.Rational) if len(f"{q.p}{q.q}") > LONGEST_FRACTION]
    return expr.xreplace({number: number.evalf(DIGITS) for number in (*expr.atoms(sp.CRootOf), *long_ones)})


def can_be_typed(expr: sp.Basic) -> bool:
    """Whether no part of it has signs of its own, for a drawing alone."""
    return not any(hasattr(e, "_pretty") and not hasattr(e, "_sympystr") for e in sp.preorder_traversal(expr))
