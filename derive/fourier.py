r"""From a recurrence to its amplification polynomial.

A scheme is diagonal in frequency: on the mode :math:`e^{i(j\cdot\theta)}` with amplitude :math:`\xi^n` a value
u[n, j] becomes :math:`\xi^n w^j`, :math:`w = e^{i\theta}`. The determinant of the resulting matrix is the polynomial
whose roots are the amplification factors.

Source: Eq 3 (von Neumann analysis).
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from derive.grid import GridScheme
from derive.symbols import declare, xi

THETAS = tuple(
    declare(f"theta_{i}", rf"\theta_{i}", f"phase per grid point along axis {i}", "rad", real=True) for i in (1, 2, 3)
)
COSINES = tuple(declare(f"c_{i}", rf"c_{i}", f"cosine of theta_{i}", real=True) for i in (1, 2, 3))
SHIFTS = tuple(sp.Symbol(f"w_{i}", nonzero=True) for i in (1, 2, 3))


@dataclass(frozen=True)
class Amplification:
    """A polynomial in xi, and the box of frequency variables over which its roots are wanted.

    Attributes:
        polynomial: `sympy.Poly` in `symbols.xi`.
        box: frequency variable -> (least, greatest) value it takes; empty for an optimiser on one mode.
        assumptions: SymPy Boolean in the parameters.
    """

    polynomial: sp.Poly
    box: dict[sp.Symbol, tuple[sp.Expr, sp.Expr]]
    assumptions: sp.logic.boolalg.Boolean = sp.true


def amplification(scheme: GridScheme) -> Amplification:
    """Amplification polynomial of a scheme, in the cosines of the phases where it is even in them.

    Where the polynomial is not even (advection), its coefficients stay Laurent polynomials in w = e^{i theta}.
    """
    matrix = sp.Matrix([[_transform(residual, scheme, u) for u in scheme.unknowns] for residual in scheme.residuals])
    determinant = sp.together(sp.expand(matrix.det(method="berkowitz")))
    shifted = sp.expand(determinant * xi ** -_lowest_power(determinant))
    in_cosines, used = _to_cosines(shifted, scheme.dims)
    return Amplification(sp.Poly(in_cosines, xi), {c: (-sp.S.One, sp.S.One) for c in used}, scheme.assumptions)


def _transform(residual: sp.Expr, scheme: GridScheme, unknown: sp.IndexedBase) -> sp.Expr:
    return sp.Add(*(residual.coeff(value) * _mode(value) for value in scheme.values(unknown)))


def _mode(value: sp.Indexed) -> sp.Expr:
    time, *space = value.indices
    return xi**time * sp.Mul(*(w**j for w, j in zip(SHIFTS, space, strict=False)))


def _lowest_power(expr: sp.Expr) -> int:
    numerator, denominator = sp.fraction(sp.cancel(expr))
    low = min(monomial[0] for monomial in sp.Poly(numerator, xi).monoms())
    return low - sp.degree(denominator, xi)


def _to_cosines(expr: sp.Expr, dims: int) -> tuple[sp.Expr, list[sp.Symbol]]:
    """Rewrite an expression that is even in every phase: w^k + w^-k = 2 T_k(c)."""
    used = [c for w, c in zip(SHIFTS, COSINES, strict=True) if expr.has(w)][:dims]
    for w, c in zip(SHIFTS[:dims], COSINES, strict=False):
        even = _even_part(sp.expand(expr), w, c)
        if even is None:
            return expr, []
        expr = even
    return expr, used


def _even_part(expr: sp.Expr, w: sp.Symbol, c: sp.Symbol) -> sp.Expr | None:
    powers = sp.collect(expr, w, evaluate=False)
    degrees = {sp.degree(p, w) if p.is_polynomial(w) else -sp.degree(1 / p, w): coeff for p, coeff in powers.items()}
    if any(sp.expand(coeff - degrees.get(-k, 0)) != 0 for k, coeff in degrees.items()):
        return None
    return sp.expand(sp.Add(*(coeff * sp.chebyshevt(k, c) * (2 if k else 1) for k, coeff in degrees.items() if k >= 0)))


def in_phases(expr: sp.Expr) -> sp.Expr:
    """Write cosines back as cos(theta), for reading."""
    return expr.subs({c: sp.cos(t) for c, t in zip(COSINES, THETAS, strict=True)})
