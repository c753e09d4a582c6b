"""The last stable float between a stable value and an unstable one, by exact verdicts, which are dear: by few, if guesses do.

Halving takes fifty. A value that roots in floating point point to is tried first, on both sides; and on the way, the simplest
fraction in what is left, or the root of one, when it is much simpler than chance would have it. A guess is a verdict like any
other, so a wrong one costs little; the answer is never taken from it: its float is stable, and the next one is not.

>>> asked = []
>>> last_stable(lambda value: asked.append(value) or value * value <= 0.12, 0.3, 0.4, near=None)  # sqrt(3)/5
0.34641016151377546
>>> len(asked) < 20
True
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction

HALVINGS = 200
LEAST = 1e-9
"""Part of the first unstable value, below which nothing is stable."""
ASIDE = 1e-8
"""From what the roots point to, relatively."""
SIMPLER = 0.05
"""Than the denominator to be expected in an interval, which is one over the root of its length."""


def last_stable(stable: Callable[[float], bool], low: float, high: float, near: float | None) -> float:
    """To the last digit; 0 where nothing stable is seen down to a billionth of the first unstable value.

    Args:
        stable: the verdict at a value.
        low: stable, or zero.
        high: not stable.
        near: where the edge may be.
    """
    first, steps, asked = high, [near * (1 - ASIDE), near * (1 + ASIDE)] if near else [], set()
    for _ in range(HALVINGS):
        steps = [g for g in steps or _simple(low, high) if low < g < high and g not in asked]
        middle = steps.pop(0) if steps else (low + high) / 2
        if not low < middle < high or high < LEAST * first:
            break
        asked.add(middle)
        low, high = (middle, high) if stable(middle) else (low, middle)
    return low


def _simple(low: float, high: float) -> Iterator[float]:
    """Numbers between that are simple, or next to a simple one."""
    if low <= 0 or (high - low) > high / 64:
        return
    for power in (1, 2):
        ends = [Fraction(str(end)) ** power for end in (low, high)]
        most = SIMPLER * (ends[1] - ends[0]) ** -0.5
        for value in (*ends, of_least_denominator(*ends)):
            if value.denominator < most:
                guess = float(value) ** (1 / power)
                near = (guess, math.nextafter(guess, 0.0), math.nextafter(guess, math.inf))
                yield from (number for number in near if low < number < high)


def of_least_denominator(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of least denominator between two positive ones, by their continued fractions (Stern and Brocot).

    >>> of_least_denominator(Fraction(314, 100), Fraction(315, 100))
    Fraction(22, 7)
    """
    whole = low.numerator // low.denominator
    if whole + 1 < high:
        return Fraction(whole + 1)
    if low == whole:
        return whole + 1 / Fraction(math.floor(1 / (high - whole)) + 1)
    return whole + 1 / of_least_denominator(1 / (high - whole), 1 / (low - whole))
