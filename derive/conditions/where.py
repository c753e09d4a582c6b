"""Phases in words: where a scheme fails beyond an edge, from the worst phases at two places, far beyond it and close to it.

What happens at the edge itself is where the worst phase tends to: to zero ("for long waves", in a direction where there are
several axes), to pi, or to a phase between. "at" is said where it is there at both places, "near" where it comes closer.

>>> from math import pi
>>> where([0], (pi,), (pi,)), where([0], (0.9,), (0.2,)), where([0], (2.0,), (2.09,))
('at theta = pi', 'for long waves', 'near theta = 2.09')
>>> where([0, 1], (0.4, -0.2), (0.08, -0.04)), where([0, 1], (pi, 2.0), (pi, 3.0))
('for long waves in direction (1, -0.5)', 'near theta_1 = pi, theta_2 = pi')
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi

Phases = tuple[float, ...]
ENDS = (0.0, pi)
NAMED = {0.0: "0", pi: "pi", pi / 2: "pi/2", -pi / 2: "-pi/2"}
ALIKE, SHRINKS, SMALL = 1e-9, 0.75, 0.5


def where(axes: Sequence[int], far: Phases, close: Phases) -> str:
    """In words.

    Args:
        axes: of space, from 0; without any there are no words.
        far: the worst phases at a place far beyond the edge.
        close: those at a place close to it.
    """
    if not axes:
        return ""
    ends = [_tends(a, b) for a, b in zip(far, close, strict=True)]
    if not any(ends) and any((*far, *close)):
        return f"for long waves{_direction(close if any(close) else far)}"
    names = ["theta"] if len(axes) == 1 else [f"theta_{i + 1}" for i in axes]
    told = ", ".join(f"{name} = {_angle(end)}" for name, end in zip(names, ends, strict=True))
    return f"{'at' if stays(ends, close) and all(end in NAMED for end in ends) else 'near'} {told}"


def stays(far: Phases | Sequence[float], close: Phases) -> bool:
    """Whether the phases are the same ones, of opposite ends of the range too."""
    return all(
        abs(abs(a) - abs(b)) < ALIKE and (a * b >= 0 or abs(abs(a) - pi) < ALIKE) for a, b in zip(far, close, strict=True)
    )


def _tends(far: float, close: float) -> float:
    """The phase at the edge: 0 or pi where it comes closer to them, pi/2 where it stays there."""
    for end in ENDS:
        before, now = abs(abs(far) - end), abs(abs(close) - end)
        if now < ALIKE or (now < SMALL and now < SHRINKS * before):
            return end
    quarter = pi / 2 if close > 0 else -pi / 2
    return quarter if max(abs(far - quarter), abs(close - quarter)) < ALIKE else close


def _direction(phases: Phases) -> str:
    """Of long waves in several dimensions, the longest component 1; which one it is may vary along the edge."""
    size = max(phases, key=abs)
    return f" in direction ({', '.join(f'{theta / size + 0.0:.2g}' for theta in phases)})" if len(phases) > 1 else ""


def _angle(value: float) -> str:
    return NAMED.get(value, f"{value:.3g}")
