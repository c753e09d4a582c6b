"""Every displayed step of every theorem, judged in worlds that brute force finds."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import sympy as sp

from derive.derivations import theorems
from paper_checks.worlds import errors, layers, linear, network, pde, remarks, windows
from paper_checks.worlds.evaluate import World, agrees

Worlds = dict[str, list[World]]
REST = "*"
"""Of a theorem's worlds: those of all steps that have none of their own."""

SOURCES: dict[str, Callable[[], Worlds]] = {
    **network.WORLDS, **linear.WORLDS, **pde.WORLDS, **layers.WORLDS, **windows.WORLDS, **errors.WORLDS, **remarks.WORLDS,
}  # fmt: skip


@cache
def worlds_of(key: str) -> Worlds:
    """The worlds of a theorem's steps, by title; a step without any is missing."""
    if key not in SOURCES:
        return {}
    found = SOURCES[key]()
    rest = {step.title: found[REST] for step in theorems[key].steps} if REST in found else {}
    return rest | {title: worlds for title, worlds in found.items() if title != REST}


def judged(expression: sp.Basic, worlds: list[World]) -> bool:
    """Whether a step is true in all its worlds; what cannot be evaluated, as a change may leave it, is not."""
    try:
        with np.errstate(all="ignore"):
            return agrees(expression, worlds)
    except (TypeError, ValueError, NameError, AttributeError, LookupError, ArithmeticError, NotImplementedError):
        return False
