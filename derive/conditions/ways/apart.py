"""Are the roots of a polynomial on the unit circle simple, and few? In floating point: True is certain, False is not.

Whatever numbers z_i are taken for the n roots of a monic p, the discs about them of radius n |p(z_i)| / prod |z_i - z_j| hold
all roots, and discs that touch no others as many roots as they are. So where a disc near the circle is apart from all others
there is one root, which is simple; whether the numbers are good ones is of account for the radii only.

>>> simple_on_the_circle([6, -7, 0, 1], most=1)  # (xi - 1) (2 xi - 1) (3 xi + 1)
True
>>> [simple_on_the_circle([1, 0, -1, 0], most) for most in (1, 2)], simple_on_the_circle([1, -2, 1], most=2)
([False, True], False)

Source: Smith, J. ACM 17 (1970), by Gerschgorin's discs; the numbers: Weierstrass (1891).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from mpmath import iv

ROOM = 1e-6
"""From the circle, where rounding is a billionth."""
ROUNDING = 1e-9
"""Of the coefficients, relative to their sum, where a double's is a millionth of that."""
STEPS, EACH = 60, 6
"""Steps towards the roots, and after how many it is looked whether they do."""
Discs = list[tuple[complex, float]]


def simple_on_the_circle(phi: Sequence[complex], most: int, error: float = 0.0) -> bool:
    """Whether at most so many are on it, and they are simple.

    Args:
        phi: of a polynomial whose roots are in the closed disc; coefficients from the leading one down.
        most: of the roots.
        error: of the coefficients.
    """
    if abs(phi[0]) * 1e4 <= max(map(abs, phi)) or error * 1e4 > abs(phi[0]):
        return False
    monic, error = [c / phi[0] for c in phi], ROUNDING + 2 * error / abs(phi[0])
    points = [(0.4 + 0.9j) ** k for k in range(len(monic) - 1)]
    for step in range(STEPS):
        if step % EACH == EACH - 1 and _is_told(_discs(monic, points, error), most):
            return True
        for k, z in enumerate(points):
            points[k] = z - _value(monic, z) / (_apart(points, k) or ROUNDING)
    return False


def simple_between(evaluate: Callable[..., Sequence], cosine, numbers: Sequence, most: int) -> bool:
    """The same of a scheme, at all numbers and cosines between bounds, and at sines of either sign, where roots are conjugate.

    Args:
        evaluate: real and imaginary parts of the coefficients in turn, from the leading one down, of (cosine, sine, numbers).
        cosine: an interval.
        numbers: intervals.
        most: of the roots.
    """
    phi = factors_between(evaluate, cosine, numbers)
    error = max(float(part.delta.b) for c in phi for part in (c.real, c.imag))
    return simple_on_the_circle([complex(c.real.mid, c.imag.mid) for c in phi], most, error)


def factors_between(evaluate: Callable[..., Sequence], cosine, numbers: Sequence) -> list:
    """The coefficients in xi, complex intervals, at sines that are not negative."""
    below_one = 1 - cosine**2
    sine = iv.sqrt(iv.mpf([max(below_one.a, 0), max(below_one.b, 0)]))
    parts = [iv.mpf(x) for x in evaluate(cosine, sine, *numbers)]
    return [iv.mpc(re, im) for re, im in zip(parts[::2], parts[1::2], strict=True)]


def _is_told(discs: Discs, most: int) -> bool:
    near = [k for k, (z, radius) in enumerate(discs) if not abs(z) + radius < 1 - ROOM]
    if len(near) > most:
        return False
    return all(abs(discs[k][0]) < 1 + ROOM and all(_disjoint(discs[k], d) for d in discs[:k] + discs[k + 1 :]) for k in near)


def _disjoint(one: tuple[complex, float], other: tuple[complex, float]) -> bool:
    return abs(one[0] - other[0]) > one[1] + other[1]


def _discs(monic: Sequence[complex], points: Sequence[complex], error: float) -> Discs:
    n, rounding = len(points), error * (len(points) + sum(map(abs, monic)))
    sizes = (abs(_value(monic, z)) + rounding * max(1.0, abs(z)) ** n for z in points)
    return [
        (z, n * size / (abs(_apart(points, k)) or ROUNDING**n)) for k, (z, size) in enumerate(zip(points, sizes, strict=True))
    ]


def _apart(points: Sequence[complex], k: int) -> complex:
    return prod((points[k] - z for j, z in enumerate(points) if j != k), start=1.0 + 0j)


def _value(monic: Sequence[complex], z: complex) -> complex:
    value = 0j
    for c in monic:
        value = value * z + c
    return value
