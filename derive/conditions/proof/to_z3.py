"""SymPy relations between real polynomials as z3 formulas, exactly; algebraic numbers by their minimal polynomial."""

from __future__ import annotations

from functools import reduce
from operator import add, mul
from typing import Any

import sympy as sp


class Translator:
    """One translation; it collects what defines the algebraic numbers it meets."""

    def __init__(self) -> None:
        self.definitions: list[Any] = []

    @classmethod
    def translate(cls, fact: Any) -> Any:
        """A SymPy Boolean as a z3 formula.

        Raises:
            sympy.PolynomialError: something else than a polynomial occurs.
        """
        import z3

        one = cls()
        body = one._boolean(sp.sympify(fact))
        return z3.And(*one.definitions, body) if one.definitions else body

    def _boolean(self, fact: Any) -> Any:
        import z3

        if fact in (sp.true, sp.false):
            return z3.BoolVal(fact == sp.true)
        connectives = {sp.And: z3.And, sp.Or: z3.Or, sp.Not: z3.Not}
        for kind, connective in connectives.items():
            if isinstance(fact, kind):
                return connective(*map(self._boolean, fact.args))
        if isinstance(fact, sp.core.relational.Relational):
            return self._relation(fact)
        raise sp.PolynomialError(f"no z3 formula for {fact}")

    def _relation(self, fact: Any) -> Any:
        """Both sides over a common denominator, multiplied by its square."""
        numerator, denominator = sp.fraction(sp.together(fact.lhs - fact.rhs))
        left = self._number(sp.expand(numerator * (1 if denominator.is_positive else denominator)))
        compare = {
            "==": left.__eq__,
            "!=": left.__ne__,
            "<": left.__lt__,
            "<=": left.__le__,
            ">": left.__gt__,
            ">=": left.__ge__,
        }
        return compare[fact.rel_op](0)

    def _number(self, expr: sp.Expr) -> Any:
        import z3

        if expr.is_Rational:
            return z3.RealVal(f"{expr.p}/{expr.q}")
        if expr.is_Symbol:
            return z3.Real(str(expr))
        if expr.is_number and expr.is_real and expr.is_algebraic and (expr.is_Pow or isinstance(expr, sp.CRootOf)):
            return self._algebraic(expr)
        if isinstance(expr, sp.Add | sp.Mul):
            return reduce(add if expr.is_Add else mul, map(self._number, expr.args))
        if expr.is_Pow and expr.exp.is_Integer and expr.exp > 0:
            return reduce(mul, [self._number(expr.base)] * int(expr.exp))
        raise sp.PolynomialError(f"no z3 term for {expr}")

    def _algebraic(self, number: sp.Expr) -> Any:
        """A new variable, pinned down by its minimal polynomial and an isolating interval."""
        import z3

        variable = sp.Symbol(f"algebraic_{sp.srepr(number)}")
        polynomial = sp.minimal_polynomial(number, variable, polys=True)
        place = next(root for root in polynomial.real_roots() if sp.Abs(root - number).evalf(30) < sp.Float("1e-20"))
        gap = _gap(place, polynomial)
        low, high = (sp.Rational(str((number + sign * gap).evalf(20))) for sign in (-1, 1))
        self.definitions += [
            self._relation(sp.Eq(polynomial.as_expr(), 0)),
            self._relation(sp.Gt(variable, low, evaluate=False)),
        ]
        self.definitions.append(self._relation(sp.Lt(variable, high, evaluate=False)))
        return z3.Real(str(variable))


def _gap(place: sp.Expr, polynomial: sp.Poly) -> sp.Float:
    """A third of the distance to the nearest other real root."""
    others = [abs((place - root).evalf(30)) for root in polynomial.real_roots() if root != place]
    return min([*others, sp.Float(1, 30)]) / 3
