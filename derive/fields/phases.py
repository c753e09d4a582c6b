"""The phases of a wave from one grid point to the next, and the words of the analysis that nobody else may use."""

from __future__ import annotations

from derive.fields.symbols import reserve, xi

THETAS = tuple(
    reserve(f"theta_{i}", rf"\theta_{i}", f"phase per grid point along axis {i}", "rad", real=True) for i in (1, 2, 3)
)
COSINES = tuple(reserve(f"c_{i}", rf"c_{i}", f"cosine of theta_{i}", real=True) for i in (1, 2, 3))
SINES = tuple(reserve(f"s_{i}", rf"s_{i}", f"sine of theta_{i}", real=True) for i in (1, 2, 3))
SHIFTS = tuple(reserve(f"w_{i}", rf"w_{i}", f"e^(i theta_{i})", nonzero=True) for i in (1, 2, 3))

_ENGINE = {str(s): "has a meaning in the analysis" for s in (xi, *THETAS, *COSINES, *SINES, *SHIFTS)}
_NO_NUMBERS = dict.fromkeys(("nan", "NaN", "inf", "oo", "zoo"), "is no finite number")
RESERVED = {**_ENGINE, **_NO_NUMBERS, "I": "is the imaginary unit", "pi": "is a number"}
"""Word -> what it is instead of a name."""
