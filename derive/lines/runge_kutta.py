"""Runge-Kutta methods by their tableau: explicit, implicit, with irrational entries, with parameters.

k_i = f(u + h sum_j a_ij k_j), u' = u + h sum_i b_i k_i. On a linear equation that is
det(I - z A) u' = det(I - z A + z e b^T) u: both are characteristic polynomials of matrices, and found exactly.

>>> integrator = runge_kutta([[0, 0], [1, 0]], [sp.S.Half, sp.S.Half], "Heun")
>>> integrator.order, integrator.characteristic(sp.Symbol("z"))
(2, Poly(xi - z**2/2 - z - 1, xi, domain='QQ[z]'))

Source: Hairer and Wanner, Solving Ordinary Differential Equations II (1996), Sec IV.3, Prop 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp
from sympy.logic.boolalg import Boolean
from sympy.polys.matrices import DomainMatrix

from derive.errors import InputError
from derive.lines.entries import Entry, entry, listed
from derive.lines.integrator import Integrator
from derive.lines.powers import advanced_by, exponential, order_of, vanishes
from derive.shown import quoted

AGREED = 1e-8
"""Relative: printed coefficients are rounded, to ten digits at the least that is in print."""


def runge_kutta(
    A: Sequence[Sequence[Entry]],
    b: Sequence[Entry],
    name: str = "Runge-Kutta",
    assumptions: Boolean = sp.true,
) -> Integrator:
    """The integrator of a Butcher tableau.

    Decimals are taken as the fractions that they print as. Rounded entries meet the conditions of order no more than nearly,
    and whether a method is stable at small steps hangs on them: coefficients that agree with those of exp(z) to 1e-8 are
    taken for them, and the integrator's `rounded` says so. Of an embedded pair give the weights of the method that steps.

    Args:
        A: s rows of s entries; of an explicit method, also s - 1 rows of 1, 2, ... entries, the first stage left out.
        b: s weights, which sum to 1.
        name: what it is called.
        assumptions: on parameters in the tableau.

    Raises:
        InputError: rows of other lengths, an entry that is no finite real number, or weights that do not sum to 1.
    """
    weights = [entry(x) for x in listed(b)]
    rows = _square([[entry(x) for x in listed(row)] for row in listed(A)], len(weights))
    top, bottom, rounded = _of_order(*_stability_function(rows, weights), len(weights))
    powers = {1: bottom, 0: [-c for c in top]}
    order = order_of(powers, 2 * len(weights))
    if order < 1:
        raise InputError(f"expected weights that sum to 1, got a sum of {quoted(sp.Add(*weights))}")
    return Integrator(name, order, advanced_by(powers), assumptions=assumptions, powers=powers, rounded=rounded)


def _square(rows: list[list[sp.Expr]], stages: int) -> list[list[sp.Expr]]:
    """The short form of an explicit tableau, filled up."""
    if [len(row) for row in rows] == list(range(1, stages)) and stages > 1:
        rows = [[], *rows]
    elif any(len(row) != stages for row in rows) or len(rows) != stages or not stages:
        lengths = ", ".join(str(len(row)) for row in rows) or "none"
        raise InputError(f"expected {stages} rows of {stages} entries for {stages} weights, got rows of {lengths}")
    return [[*row, *[sp.S.Zero] * (stages - len(row))] for row in rows]


def _stability_function(rows: list[list[sp.Expr]], weights: list[sp.Expr]) -> tuple[list[sp.Expr], list[sp.Expr]]:
    """Numerator and denominator, by power of z: det(I - z M) has the coefficients of det(x I - M), read backwards."""
    moved = [[a - b for a, b in zip(row, weights, strict=True)] for row in rows]
    return _determinant(moved), _determinant(rows)


def _determinant(rows: list[list[sp.Expr]]) -> list[sp.Expr]:
    matrix = DomainMatrix.from_Matrix(sp.Matrix(rows), extension=True).to_field()
    return [sp.radsimp(matrix.domain.to_sympy(c)) for c in matrix.charpoly()]


def _of_order(top: list[sp.Expr], bottom: list[sp.Expr], stages: int) -> tuple[list[sp.Expr], list[sp.Expr], bool]:
    """Coefficients of the numerator that agree with those of exp(z) times the denominator, taken for them."""
    rounded, coefficients = False, list(top)
    for k, (have, want) in enumerate(zip(top, exponential({1: bottom}, stages), strict=True)):
        left = have - want
        if vanishes(left):
            continue
        if left.free_symbols or abs(float(left * sp.factorial(k))) > AGREED:
            break
        coefficients[k], rounded = want, True
    return _trimmed(coefficients), _trimmed(bottom), rounded


def _trimmed(row: list[sp.Expr]) -> list[sp.Expr]:
    last = max(k for k, c in enumerate(row) if c != 0)
    return row[: last + 1]
