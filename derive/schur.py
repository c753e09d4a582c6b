"""When do all roots of a polynomial lie in the unit disc? Inequalities in its coefficients.

Two grades. `"schur"`: every root strictly inside, perturbations decay. `"power-bounded"`: roots may touch the circle if
they are simple there, perturbations stay bounded.

Source: Jury (1964); Strikwerda, Finite Difference Schemes, Sec 4.3.
"""

from __future__ import annotations

import sympy as sp

from derive.errors import InputError

GRADES = ("schur", "power-bounded")


def root_conditions(polynomial: sp.Poly, grade: str) -> list[sp.Expr]:
    """Expressions that are all positive (grade schur) or all non-negative (power-bounded) iff the roots qualify.

    Args:
        polynomial: real coefficients, in xi; of degree 1, or of degree 2 for grade schur.
        grade: one of `GRADES`.

    Raises:
        InputError: a polynomial or grade outside of that.
    """
    coefficients = polynomial.all_coeffs()
    if polynomial.degree() == 1:
        return _first_degree(*coefficients)
    if polynomial.degree() == 2 and grade == "schur":
        return _second_degree(*coefficients)
    raise InputError(
        f"expected an amplification polynomial of degree 1, or of degree 2 with grade 'schur', got degree "
        f"{polynomial.degree()} with grade {grade!r}"
    )


def _first_degree(lead: sp.Expr, constant: sp.Expr) -> list[sp.Expr]:
    amplifier = sp.cancel(-constant / lead)
    return [1 - amplifier, 1 + amplifier]


def _second_degree(lead: sp.Expr, middle: sp.Expr, constant: sp.Expr) -> list[sp.Expr]:
    """Jury's three conditions p(1) > 0, p(-1) > 0, |p0| < 1 for the monic polynomial; the third follows but for one side."""
    b, c = sp.cancel(middle / lead), sp.cancel(constant / lead)
    return [1 + b + c, 1 - b + c, 1 - c]
