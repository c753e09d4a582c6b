r"""From a recurrence with a random coefficient to the amplification polynomial of its second moments.

The step z' = M z of all levels stacked has a matrix drawn anew at each step, independently of the past: a curvature that
varies from batch to batch, a velocity that fluctuates in time (on a grid the same at all points, so that waves stay apart).
Then X = E z z* obeys the linear recurrence X' = E[M X M*], whose matrix is E[M (x) conj M], and E|z|^2 decays where its
roots lie inside the unit disc. Where M is real the symmetric X are enough: they hold the trace, and the map takes them to
themselves. The mean of a random coefficient and its deviation say all, as long as M is affine in it; a square in M would
bring in third and fourth moments, which nobody has given, and is refused.

>>> from derive.fields.symbols import curvature, deviation
>>> from derive.schemes.optimizers import optimizers
>>> second_moments(optimizers["gd"], {curvature: deviation}).polynomial.as_expr()  # xi = E (1 - lr h)^2
-curvature**2*lr**2 + 2*curvature*lr - deviation**2*lr**2 + xi - 1

Source: Bellman, Limit theorems for non-commutative operations (1954), for the Kronecker square of a random matrix.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations_with_replacement

import sympy as sp
from sympy.polys.matrices import DomainMatrix

from derive.errors import InputError
from derive.fields.names import checked
from derive.fields.phases import RESERVED, SHIFTS
from derive.fields.symbols import xi
from derive.modes.amplification import Amplification, of_determinant
from derive.schemes.grid import GridScheme
from derive.shown import quoted

LARGEST = {True: 3, False: 2}
"""States of one step that are taken on: of a real matrix, of a complex one."""

Random = Mapping[sp.Symbol, sp.Expr]


def second_moments(scheme: GridScheme, random: Random) -> Amplification:
    """The polynomial whose roots multiply second moments from step to step.

    Args:
        scheme: a recurrence, on a grid or not.
        random: parameter, which stands for its mean -> its standard deviation, a symbol or a number from 0 on. Each is
            drawn anew at each step, independently of the others and of the past.

    Raises:
        InputError: no such parameter; a deviation that is none; the step is not affine in a random parameter, or its new
            level has one as a factor; or there are too many levels and unknowns.
    """
    _check(scheme, random)
    new, old = pencil(scheme)
    if new.free_symbols & set(random):
        raise InputError(f"expected new values without random factors, got {_named(new, random)} at the newest level")
    real = not any(entry.has(sp.I, *SHIFTS) for entry in [*new, *old])
    if new.rows > LARGEST[real]:
        raise InputError(f"expected at most {LARGEST[real]} values that a step starts from, got {new.rows}; fix the parameter")
    square = _symmetric_square if real else _hermitian_square
    step = square(old).applyfunc(lambda entry: expectation(entry, random))
    return of_determinant(_determinant(xi * square(new) - step), scheme)


def expectation(expr: sp.Expr, random: Random) -> sp.Expr:
    """Mean of a polynomial of degree two at most in each random parameter: E p = p + s^2 p'' / 2.

    Raises:
        InputError: of a higher degree, or no polynomial.
    """
    for symbol, spread in random.items():
        if not expr.is_polynomial(symbol) or sp.degree(expr, symbol) > 2:
            raise InputError(
                f"expected a step that is affine in the random {symbol}, got a higher power of it: its mean and deviation do "
                "not tell second moments then"
            )
        expr = sp.expand(expr + spread**2 * sp.diff(expr, symbol, 2) / 2)
    return expr


def pencil(scheme: GridScheme) -> tuple[sp.Matrix, sp.Matrix]:
    """Matrices B, A of one step B z' = A z on a wave; z holds all levels but the newest, the latest first.

    Raises:
        InputError: the newest level does not determine all unknowns.
    """
    levels = [v.indices[0] for u in scheme.unknowns for v in scheme.values(u)]
    blocks = [_block(scheme, level) for level in range(max(levels), min(levels) - 1, -1)]
    if sp.cancel(blocks[0].det(method="berkowitz")) == 0:
        raise InputError("expected every unknown at the newest time level, got a stage or a constraint; put it in by hand")
    size, rest = len(scheme.unknowns), len(blocks) - 2
    keep = sp.eye(size * rest)
    new = sp.diag(blocks[0], keep)
    shift = sp.Matrix.hstack(keep, sp.zeros(size * rest, size))
    return new, sp.Matrix.vstack(-sp.Matrix.hstack(*blocks[1:]), shift)


def _block(scheme: GridScheme, level: int) -> sp.Matrix:
    return sp.Matrix([[_symbol(e, scheme, u, level) for u in scheme.unknowns] for e in scheme.residuals])


def _symbol(residual: sp.Expr, scheme: GridScheme, unknown: sp.IndexedBase, level: int) -> sp.Expr:
    """What the values of one unknown on one level come to on the wave w^j."""
    there = [v for v in scheme.values(unknown) if v.indices[0] == level]
    return sp.Add(*(residual.coeff(v) * sp.Mul(*(w**j for w, j in zip(SHIFTS, v.indices[1:], strict=False))) for v in there))


def _symmetric_square(matrix: sp.Matrix) -> sp.Matrix:
    """Matrix of X -> M X M^T on the upper triangle of a symmetric X."""
    pairs = list(combinations_with_replacement(range(matrix.rows), 2))
    return sp.Matrix([[_onto(matrix, i, j, k, m) for k, m in pairs] for i, j in pairs])


def _onto(matrix: sp.Matrix, i: int, j: int, k: int, m: int) -> sp.Expr:
    once = matrix[i, k] * matrix[j, m]
    return sp.expand(once if k == m else once + matrix[i, m] * matrix[j, k])


def _hermitian_square(matrix: sp.Matrix) -> sp.Matrix:
    """Matrix of X -> M X M*, all entries of X."""
    return sp.kronecker_product(matrix, matrix.applyfunc(_conjugate)).applyfunc(sp.expand)


def _conjugate(expr: sp.Expr) -> sp.Expr:
    """Parameters are real, shifts lie on the unit circle."""
    return expr.xreplace({sp.I: -sp.I, **{w: 1 / w for w in SHIFTS}})


def _determinant(matrix: sp.Matrix) -> sp.Expr:
    """By polynomial arithmetic (Berkowitz), which is much faster than that of expressions."""
    exact = DomainMatrix.from_Matrix(matrix)
    return sp.expand(exact.domain.to_sympy(exact.charpoly()[-1]) * (-1) ** matrix.rows)


def _check(scheme: GridScheme, random: Random) -> None:
    own = {str(p) for p in scheme.parameters}
    if not random:
        raise InputError("expected a random parameter with its deviation, such as {nu: sigma}, got none")
    for symbol, spread in random.items():
        if symbol not in scheme.parameters:
            names = ", ".join(sorted(own)) or "none"
            raise InputError(f"expected a random parameter of the scheme ({names}), got {quoted(str(symbol))}")
        _check_deviation(spread, own)
    names = [s for s in random.values() if isinstance(s, sp.Symbol)]
    if len(set(names)) < len(names):
        raise InputError("expected a deviation of its own for each random parameter, got one name twice")


def _check_deviation(spread: object, own: Iterable[str]) -> None:
    if isinstance(spread, sp.Symbol):
        name = checked(spread.name)
        if name in RESERVED or name in own or spread.is_nonnegative is not True:
            raise InputError(f"expected a deviation of a new name, a symbol made with nonnegative=True, got {name!r}")
    elif not (isinstance(spread, int | sp.Rational) and not isinstance(spread, bool) and spread >= 0):
        raise InputError(f"expected a standard deviation, a symbol or a fraction from 0 on, got {quoted(spread)}")


def _named(matrix: sp.Matrix, random: Random) -> str:
    return ", ".join(sorted(str(s) for s in matrix.free_symbols & set(random)))
