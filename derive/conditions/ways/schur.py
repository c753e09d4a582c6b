"""Do all roots of a polynomial lie in the unit disc? Schur-Cohn reduction with Miller's derivative step.

Three grades, from strict to weak:

    "schur"          every root strictly inside the disc: perturbations decay
    "power-bounded"  roots may touch the circle where they are simple: perturbations stay bounded
    "von-neumann"    every root in the closed disc, of any multiplicity: growth is at most a power of the step count

With phi*(xi) = xi^n conj(phi)(1/xi) and phi_1 = (conj(lead) phi - const phi*) / xi, a polynomial phi qualifies iff
|lead| > |const| and phi_1 qualifies, or phi_1 = 0 and the derivative phi' qualifies (grade schur for a power-bounded phi).
Either lowers the degree by one: n comparisons of rational numbers decide about n roots, none of which is computed. A number
that is not Gaussian rational is refused; a float is taken for the fraction that it is, not for what it was rounded from.

>>> reduced([2, 3, 1], lambda c: c)  # (2 xi + 1)(xi + 1): 2 > 1, and phi_1 = 3 xi + 3 has its root on the circle
[3, 3]
>>> [numeric_verdict([2, 3, 1], grade) for grade in GRADES]
[False, True, True]

Source: Miller, On the location of zeros of certain classes of polynomials (1971), Thm 6.1, 6.2, 6.4;
Strikwerda, Finite Difference Schemes and PDEs (2004), Thm 4.3.1 to 4.3.8.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import sympy as sp

from derive.errors import InputError, choose

GRADES = ("schur", "von-neumann", "power-bounded")


def numeric_verdict(coefficients: Sequence[Any], grade: str) -> bool:
    """Whether the roots of a polynomial with given numbers qualify; exact, without computing a root.

    Args:
        coefficients: from the leading one to the constant; ints, floats, complex numbers or SymPy (Gaussian) rationals,
            each taken exactly as it is. The leading one is not zero.
        grade: one of `GRADES`.

    Raises:
        InputError: unknown grade, a leading coefficient of zero, or a number that is not Gaussian rational.

    >>> numeric_verdict([1, 0, -1], "power-bounded"), numeric_verdict([1, -2, 1], "power-bounded")
    (True, False)
    """
    choose("grade", grade, dict.fromkeys(GRADES))
    numbers = [_gaussian(c) for c in coefficients]
    if not numbers or not numbers[0]:
        raise InputError(f"expected a leading coefficient other than zero, got {list(coefficients)}")
    return _qualifies(numbers, grade)


def _qualifies(phi: list, grade: str) -> bool:
    while len(phi) > 1:
        gap = _square(phi[0]) - _square(phi[-1])
        shorter = lower(phi, gap, grade, _conjugate) if gap >= 0 else None
        if shorter is None:
            return False
        phi, grade = _monic(shorter[0]), shorter[1]
    return True


def lower(phi: Sequence, gap: Any, grade: str, conjugate: Callable) -> tuple[list, str] | None:
    """The step of the reduction: which polynomial, one degree lower, must have which grade for phi to have its own.

    Args:
        phi: coefficients in any ring with a conjugation, from the leading one to the constant.
        gap: |lead|^2 - |const|^2; that it is not negative is the caller's to demand.
        grade: of phi.
        conjugate: that of the ring.

    Returns:
        Coefficients and grade; None if the gap is zero and phi does not qualify.
    """
    if not gap and grade == "schur":
        return None
    shorter = reduced(phi, conjugate)
    if gap:
        return shorter, grade
    return None if any(shorter) else (derivative(phi), "schur" if grade == "power-bounded" else grade)


def reduced(phi: Sequence, conjugate: Callable) -> list:
    """Coefficients of phi_1, in any ring with a conjugation."""
    lead, const = conjugate(phi[0]), phi[-1]
    return [lead * c - const * conjugate(mirror) for c, mirror in zip(phi[:-1], reversed(phi[1:]), strict=True)]


def derivative(phi: Sequence) -> list:
    """Coefficients of d phi / d xi."""
    degree = len(phi) - 1
    return [c * (degree - k) for k, c in enumerate(phi[:-1])]


def _monic(phi: list) -> list:
    return [c / phi[0] for c in phi]


def _square(value) -> Any:
    return value.x**2 + value.y**2


def _conjugate(value):
    return sp.QQ_I(value.x, -value.y)


def _gaussian(value: Any):
    """A number as an exact element of Q(i)."""
    try:
        return sp.QQ_I(*map(_rational, _parts(value)))
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"expected a finite (Gaussian) rational number, got {value!r}") from None


def _parts(value: Any) -> tuple[Any, Any]:
    if isinstance(value, str | bytes):
        raise TypeError(value)
    if isinstance(value, sp.Basic):
        return value.as_real_imag()
    return (value, 0) if isinstance(value, int | Fraction) else (complex(value).real, complex(value).imag)


def _rational(value: Any):
    if isinstance(value, sp.Basic) and not isinstance(value, sp.Rational):
        raise ValueError(value)
    exact = Fraction(int(value.p), int(value.q)) if isinstance(value, sp.Rational) else Fraction(value)
    return sp.QQ(exact.numerator, exact.denominator)
