"""Cases for code that computes every branch and then chooses: no branch divides by zero where it is not taken.

>>> x = sp.Symbol("x", real=True)
>>> away_from_poles(sp.Piecewise((1 / x, x > 0), (sp.oo, True)))
Piecewise((1/Taken(x, x > 0), x > 0), (oo, True))
"""

from __future__ import annotations

import sympy as sp
from sympy.logic.boolalg import Boolean


class Taken(sp.Function):
    """The first argument where the second holds, else 1. Not a Piecewise, as SymPy pulls powers into those."""

    nargs = 2
    is_commutative = True  # as a condition alone is not

    def _eval_is_extended_real(self) -> bool | None:
        return self.args[0].is_extended_real


def away_from_poles(expr: sp.Basic) -> sp.Basic:
    """The same, every denominator that may vanish being 1 outside of its branch."""
    return expr.replace(lambda e: isinstance(e, sp.Piecewise), _guarded)


def _guarded(cases: sp.Piecewise) -> sp.Piecewise:
    branches, passed = [], sp.true
    for value, condition in cases.args:
        branches.append((_within(value, sp.And(condition, passed)), condition))
        passed = sp.And(passed, sp.Not(condition))
    return sp.Piecewise(*branches)


def _within(value: sp.Expr, when: Boolean) -> sp.Expr:
    """A denominator that is positive for any parameters stays as it is."""
    return value.replace(
        lambda e: e.is_Pow and e.exp.could_extract_minus_sign() and e.base.is_nonzero is None,
        lambda e: Taken(e.base, when) ** e.exp,
    )
