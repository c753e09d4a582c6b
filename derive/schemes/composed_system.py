r"""An integrator's scheme of several unknowns: its amplification factors are those of the integrator at each eigenvalue.

On a mode the right-hand side is a matrix M of Laurent polynomials in the shifts, and the step a polynomial in it: a matrix
whose determinant is the product of the integrator's characteristic polynomial at each eigenvalue z of M. So nothing is
multiplied out but that product, by the resultant with the characteristic polynomial of M.

Of two unknowns z = t/2 +- sqrt(D). Where D is a product of a constant p of known sign and a square, the eigenvalues are Laurent
polynomials themselves, t/2 +- sqrt(p) q, and the stability of each is that of one equation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp

from derive.fields.phases import SHIFTS
from derive.schemes.composed import Composed, Polynomial
from derive.schemes.grid import GridScheme


class ComposedSystem(Composed):
    """Of several unknowns: dt times the rate of change of each, advanced by a polynomial in the right-hand side."""

    def __init__(
        self, expanded: Callable[[], tuple[sp.Expr, ...]], right: tuple[sp.Expr, ...], integrator: Polynomial, like: GridScheme
    ) -> None:
        super().__init__(expanded, right, integrator, 1, like)


@dataclass(frozen=True)
class Pair:
    """The eigenvalues middle +- size * shape of a matrix of two unknowns.

    Attributes:
        middle: half the trace, a Laurent polynomial in the shifts.
        shape: another one.
        size: the square root of a positive expression in the parameters.
        regular: whether (M - middle)/shape has no denominator: then the eigenvectors are bounded together with their inverse,
            at every frequency, and perturbations stay bounded if they do in each of the two.
    """

    middle: sp.Expr
    shape: sp.Expr
    size: sp.Expr
    regular: bool

    def at(self, size: sp.Expr) -> sp.Expr:
        """An eigenvalue; that of the other sign at -size."""
        return sp.expand(self.middle + size * self.shape)


def pair_of(matrix: sp.Matrix, sign: Callable[[sp.Expr], str | None]) -> Pair | None:
    """The eigenvalues of two unknowns, where they are of that form.

    Args:
        matrix: M.
        sign: "+" or "-" of an expression in the parameters whose sign is known.
    """
    middle = sp.expand(matrix.trace() / 2)
    (a, b), (c, _) = matrix.tolist()
    split = _square_part(sp.expand((a - middle) ** 2 + b * c))
    if split is None:
        return None
    constant, shape = split
    direction = sign(constant)
    if direction not in ("+", "-"):
        return None
    shape = shape if direction == "+" else sp.I * shape
    entries = [sp.expand(e) for e in matrix - middle * sp.eye(2)]
    return Pair(middle, shape, sp.sqrt(constant if direction == "+" else -constant), all(_divides(shape, e) for e in entries))


def _square_part(value: sp.Expr) -> tuple[sp.Expr, sp.Expr] | None:
    """p and q of a Laurent polynomial p q^2, p without shifts; None where it is zero or of no such form."""
    numerator, denominator = sp.fraction(sp.together(value))
    constant, shape = sp.S.One, sp.S.One
    for part, sense in ((numerator, 1), (denominator, -1)):
        coefficient, factors = sp.factor_list(part)[:2]
        root = sp.sqrt(abs(coefficient))
        constant, shape = (
            (constant * sp.sign(coefficient), shape * root**sense)
            if root.is_Rational
            else (constant * coefficient**sense, shape)
        )
        for factor, power in factors:
            if not factor.has(*SHIFTS):
                constant, shape = constant * factor ** (sense * (power % 2)), shape * factor ** (sense * (power // 2))
            elif power % 2:
                return None
            else:
                shape *= factor ** (sense * power // 2)
    return None if value == 0 else (constant, sp.expand(shape))


def _divides(shape: sp.Expr, entry: sp.Expr) -> bool:
    denominator = sp.fraction(sp.cancel(entry / shape))[1]
    return not any(f.has(*SHIFTS) and f not in SHIFTS for f, _ in sp.factor_list(denominator)[1])
