"""Float64 operations that keep what they round off: sum, product and quotient as an unevaluated pair high + low.

Source: Dekker, A floating-point technique for extending the available precision, Numer. Math. 18 (1971); Knuth, TAOCP 2, 4.2.2.
"""

from __future__ import annotations

from torch import Tensor

SPLITTER = 2.0**27 + 1
"""Splits the 53 bits of a float64 into two halves whose products are exact."""


def two_sum(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """a + b exactly, barring overflow."""
    high = a + b
    other = high - a
    return high, (a - (high - other)) + (b - other)


def two_product(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """a b exactly, for factors below 2^995 in size and a product above 2^-968."""
    high = a * b
    (a1, a2), (b1, b2) = _halves(a), _halves(b)
    return high, ((a1 * b1 - high) + a1 * b2 + a2 * b1) + a2 * b2


def two_quotient(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """a / b to about 2^-104 of its size, in the range of `two_product`."""
    high = a / b
    product, rest = two_product(high, b)
    return high, ((a - product) - rest) / b


def _halves(a: Tensor) -> tuple[Tensor, Tensor]:
    scaled = SPLITTER * a
    high = scaled - (scaled - a)
    return high, a - high
