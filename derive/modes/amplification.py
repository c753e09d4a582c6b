r"""From a recurrence to its amplification polynomial.

A scheme is diagonal in frequency: on the mode :math:`e^{i(j\cdot\theta)}` with amplitude :math:`\xi^n` a value
u[n, j] becomes :math:`\xi^n w^j`, :math:`w = e^{i\theta}`. The determinant of the resulting matrix is the polynomial
whose roots are the amplification factors.

Source: Eq 3 (von Neumann analysis).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import sympy as sp

from derive.errors import InputError
from derive.fields.phases import COSINES, SHIFTS, SINES, THETAS
from derive.fields.symbols import xi
from derive.modes.laurent import Laurent, composed, determinant, even, in_cosines, in_symbols, symbols_in
from derive.printing.notebook import markdown
from derive.printing.printers import floating
from derive.printing.text import latex
from derive.schemes.composed import ComposedScheme
from derive.schemes.composed_system import ComposedSystem
from derive.schemes.grid import GridScheme

MARK = sp.Dummy("z")
"""What stands for dt times the symbol of a right-hand side in an integrator's polynomial."""


@dataclass(frozen=True)
class Amplification:
    """A polynomial in xi, and the box of frequency variables over which its roots are wanted.

    Attributes:
        polynomial: `sympy.Poly` in `symbols.xi`. Its coefficients are polynomials in the cosines c_i where the scheme is
            even in every phase, and else Laurent polynomials in w_i = e^{i theta_i}.
        box: frequency variable -> (least, greatest) value it takes: each cosine in [-1, 1], or each phase theta_i in
            [-pi, pi]; empty for an optimiser on one mode.
        assumptions: SymPy Boolean in the parameters.
        composed: where the scheme is an integrator applied to one stencil, its characteristic polynomial in xi, with z for
            `MARK`, and z as a Laurent polynomial in the shifts; else None.
    """

    polynomial: sp.Poly
    box: dict[sp.Symbol, tuple[sp.Expr, sp.Expr]]
    assumptions: sp.logic.boolalg.Boolean = sp.true
    composed: tuple[sp.Poly, sp.Expr] | None = field(default=None, compare=False)

    def __hash__(self) -> int:
        """By content: the box is a mapping, and not changed after it was made."""
        return hash((self.polynomial, tuple(self.box), self.assumptions))

    def __repr__(self) -> str:
        return f"Amplification(degree {self.polynomial.degree()} in xi; {', '.join(map(str, self.box)) or 'no phase'})"

    def _repr_markdown_(self) -> str:
        ranges = [f"{low} <= {s} <= {high}" for s, (low, high) in self.box.items()]
        assumed = "" if self.assumptions == sp.true else f"for {self.assumptions}"
        return markdown([f"{latex(in_phases(self.polynomial.as_expr()))} = 0"], [", ".join(ranges), assumed])

    @property
    def phases(self) -> tuple[int, ...]:
        """The axes (0, 1, 2) whose phase the polynomial depends on."""
        return tuple(i for i in range(3) if {SHIFTS[i], COSINES[i]} & self.polynomial.free_symbols)


def amplification(scheme: GridScheme) -> Amplification:
    """Amplification polynomial of a scheme, in the cosines of the phases where it is even in all of them.

    Raises:
        InputError: the equations do not determine the unknowns, or a number is beyond floating point.
    """
    if isinstance(scheme, ComposedScheme):
        quickly = (_of_composed(scheme) if scheme.dims else None) or _of_matrix(scheme)
        one = len(scheme.right) == 1
        return replace(quickly, composed=(scheme.integrator.characteristic(MARK), symbols_of(scheme)[0])) if one else quickly
    return _of_system(scheme) if isinstance(scheme, ComposedSystem) else _of_matrix(scheme)


def matrix_of(scheme: ComposedSystem) -> sp.Matrix:
    """What dt times the right-hand side is on a mode: one row for each rate, Laurent polynomials in the shifts."""
    return sp.Matrix([[_transform(rate, u) for u in scheme.unknowns] for rate in scheme.right])


def _of_system(scheme: ComposedSystem) -> Amplification:
    """The product of the integrator's polynomial at every eigenvalue, by those of the matrix that are symmetric in them."""
    matrix, count = matrix_of(scheme), len(scheme.unknowns)
    symmetric = sp.symbols(f"e:{count}", cls=sp.Dummy)
    monic = MARK**count + sp.Add(*(e * MARK**k for k, e in enumerate(symmetric)))
    product = sp.resultant(monic, scheme.integrator.characteristic(MARK).as_expr(), MARK)
    values = [sp.expand(c) for c in matrix.charpoly(MARK).all_coeffs()[:0:-1]]
    return of_determinant(product.subs(dict(zip(symmetric, values, strict=True)), simultaneous=True), scheme)


def _of_matrix(scheme: GridScheme) -> Amplification:
    matrix = sp.Matrix([[_transform(residual, u) for u in scheme.unknowns] for residual in scheme.residuals])
    symbols = (xi, *sorted(matrix.free_symbols - {xi}, key=str))
    terms = determinant(matrix, symbols)
    if not terms:
        return of_determinant(matrix.det(method="berkowitz"), scheme)
    low, by_power = min(power for power, *_ in terms), {}
    for (power, *others), number in terms.items():
        by_power.setdefault(power - low, {})[tuple(others)] = number
    return _of_terms(by_power, symbols[1:], scheme)


def _of_composed(scheme: ComposedScheme) -> Amplification | None:
    """By powers of the stencils' symbols in a ring; None where these are no Laurent polynomials with rational coefficients."""
    return _composed(scheme.characteristic, scheme.marks, symbols_of(scheme), scheme)


def of_stencil(characteristic: sp.Poly, z: sp.Expr, scheme: GridScheme) -> Amplification:
    """Of an integrator, by its polynomial with z for `MARK`, at a stencil on the grid and under the assumptions of a scheme."""
    quickly = _composed(characteristic, (MARK,), sp.Tuple(z), scheme) if scheme.dims else None
    whole = quickly or of_determinant(characteristic.as_expr().subs(MARK, z), scheme)
    return replace(whole, composed=(characteristic, z))


def _composed(
    polynomial: sp.Poly, marks: tuple[sp.Symbol, ...], stencils: sp.Tuple, scheme: GridScheme
) -> Amplification | None:
    symbols = symbols_in(polynomial, marks, stencils)
    terms = composed(polynomial, marks, stencils)
    if terms is None:
        return None
    return _of_terms(terms, symbols, scheme)


def _of_terms(terms: dict[int, Laurent], symbols: tuple[sp.Symbol, ...], scheme: GridScheme) -> Amplification:
    """From what stands at every power of xi, in the parameters and the shifts."""
    for number in {c for by_power in terms.values() for c in by_power.values()}:
        floating(number)
    used = {i: symbols.index(SHIFTS[i]) for i in range(scheme.dims) if SHIFTS[i] in symbols}
    if all(even(by_power, list(used.values())) for by_power in terms.values()):
        box = {COSINES[i]: (-sp.S.One, sp.S.One) for i in used}
        terms = {power: in_cosines(by_power, list(used.values())) for power, by_power in terms.items()}
        symbols = tuple(COSINES[SHIFTS.index(s)] if s in SHIFTS else s for s in symbols)
    else:
        box = {THETAS[i]: (-sp.pi, sp.pi) for i in used}
    coefficients = {(power,): in_symbols(by_power, symbols) for power, by_power in terms.items()}
    return Amplification(sp.Poly(coefficients, xi), box, scheme.assumptions)


def symbols_of(scheme: ComposedScheme) -> sp.Tuple:
    """z of every part, a Laurent polynomial in the shifts."""
    return sp.Tuple(*(sp.expand(part).replace(lambda e: isinstance(e, sp.Indexed), mode) for part in scheme.right))


def of_determinant(expr: sp.Expr, scheme: GridScheme) -> Amplification:
    """The polynomial that a Laurent polynomial in xi and the shifts amounts to, over the phases of a scheme.

    Raises:
        InputError: it is zero, or a number is beyond floating point.
    """
    determinant = sp.expand(expr)
    if not _is_of_monomials(determinant):
        determinant = sp.together(determinant)
    if determinant == 0 or (not _is_of_monomials(determinant) and sp.cancel(determinant) == 0):
        raise InputError("expected independent equations, got a system that does not determine its unknowns")
    shifted = sp.expand(determinant * xi ** -_lowest_power(determinant))
    for number in shifted.atoms(sp.Rational):  # a product of coefficients may leave floating point where none of them does
        floating(number)
    used = [i for i in range(scheme.dims) if shifted.has(SHIFTS[i])]
    even = _in_cosines(shifted, used)
    box = {THETAS[i]: (-sp.pi, sp.pi) for i in used} if even is None else {COSINES[i]: (-sp.S.One, sp.S.One) for i in used}
    return Amplification(sp.Poly(shifted if even is None else even, xi), box, scheme.assumptions)


def _transform(residual: sp.Expr, unknown: sp.IndexedBase) -> sp.Expr:
    """What the values of one unknown in a linear equation amount to on a mode."""
    return residual.xreplace({v: mode(v) if v.base == unknown else sp.S.Zero for v in residual.atoms(sp.Indexed)})


def mode(value: sp.Indexed) -> sp.Expr:
    """What u[n, j] becomes on one mode: xi^n w^j."""
    time, *space = value.indices
    return xi**time * sp.Mul(*(w**j for w, j in zip(SHIFTS, space, strict=False)))


def _is_of_monomials(expr: sp.Expr) -> bool:
    """Whether a sum is one of rational numbers times integer powers of symbols: then equal terms are one already."""
    powers = (pair for term in sp.Add.make_args(expr) for pair in term.as_powers_dict().items())
    return all(exponent.is_Integer and (base.is_Symbol or base.is_Rational) for base, exponent in powers)


def _lowest_power(expr: sp.Expr) -> int:
    if _is_of_monomials(expr):
        return min(int(term.as_powers_dict().get(xi, 0)) for term in sp.Add.make_args(expr))
    numerator, denominator = sp.fraction(sp.cancel(expr))
    low = min(monomial[0] for monomial in sp.Poly(numerator, xi).monoms())
    return low - sp.degree(denominator, xi)


def _in_cosines(expr: sp.Expr, axes: list[int]) -> sp.Expr | None:
    """Rewrite an expression that is even in every phase, by w^k + w^-k = 2 T_k(c); None if it is not even."""
    for axis in axes:
        powers = powers_of(expr, SHIFTS[axis])
        if any(sp.expand(coeff - powers.get(-k, 0)) != 0 for k, coeff in powers.items()):
            return None
        terms = (coeff * sp.chebyshevt(k, COSINES[axis]) * (2 if k else 1) for k, coeff in powers.items() if k >= 0)
        expr = sp.expand(sp.Add(*terms))
    return expr


def powers_of(expr: sp.Expr, w: sp.Symbol) -> dict[int, sp.Expr]:
    """Coefficients of a Laurent polynomial by power of w."""
    collected = sp.collect(sp.expand(expr), w, evaluate=False)
    return {int(power.as_powers_dict()[w]): coefficient for power, coefficient in collected.items()}


def in_real_parts(expr: sp.Expr) -> sp.Expr:
    """Write every w^k as cos(k theta) + i sin(k theta), polynomials in c and linear in s."""
    for w, c, s in zip(SHIFTS, COSINES, SINES, strict=True):
        if expr.has(w):
            expr = sp.Add(*(coefficient * _turn(k, c, s) for k, coefficient in powers_of(expr, w).items()))
    return sp.expand(expr)


def _turn(k: int, c: sp.Symbol, s: sp.Symbol) -> sp.Expr:
    """e^{i k theta} in c and s: cos(k theta) = T_k(c), and sin(k theta) = s U_{k-1}(c), odd in k."""
    sine = sp.sign(k) * s * sp.chebyshevu(abs(k) - 1, c) if k else sp.S.Zero
    return sp.chebyshevt(abs(k), c) + sp.I * sine


def in_phases(expr: sp.Expr) -> sp.Expr:
    """Write cosines back as cos(theta), for reading."""
    return expr.subs({c: sp.cos(t) for c, t in zip(COSINES, THETAS, strict=True)})
