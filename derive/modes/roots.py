"""Roots of polynomials that vary along a way, each followed by continuity.

Roots come from an eigenvalue solver in any order. From one point of the way to the next each is expected where its last two
values lead in a straight line, and the nearest new ones are taken for them; the turns around zero add up to a phase beyond pi.
The way has `STEPS` points: roots that meet between two of them may be taken for each other, which nothing here notices.

>>> roots, phases = follow(lambda x: np.array([[1, -np.exp(3j * np.pi * x)]]), 1, 1)  # one and a half turns
>>> roots.round(9).real.tolist(), (phases / np.pi).round(9).tolist()
([[-1.0]], [[3.0]])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp

from derive.arrays import np

STEPS = 256
TIE = 1e-9


def function_of(names: Sequence[sp.Symbol], expr: Any, numbers: str = "numpy") -> Callable[..., Any]:
    """An expression as a function of arrays, or of the numbers of mpmath or math (nested lists of expressions too).

    No name of a symbol reaches the code, where `exp` would hide a function.
    """
    plain = [sp.Symbol(f"x_{i}") for i in range(len(names))]
    return sp.lambdify(plain, _renamed(expr, dict(zip(names, plain, strict=True))), numbers)


def _renamed(expr: Any, names: dict[sp.Symbol, sp.Symbol]) -> Any:
    return [_renamed(one, names) for one in expr] if isinstance(expr, list) else expr.xreplace(names)


def roots_of(coefficients: np.ndarray) -> np.ndarray:
    """All roots: coefficients (points, degree + 1), the leading one first -> (points, degree); NaN where it is zero."""
    lead = coefficients[:, :1]
    usable = np.abs(lead) > 1e-14 * np.abs(coefficients).max(axis=-1, keepdims=True)
    monic = coefficients[:, 1:] / np.where(usable, lead, 1)
    return np.where(usable, roots_of_monic(monic), np.nan)


def roots_of_monic(monic: np.ndarray) -> np.ndarray:
    """All roots of x^n + a_1 x^(n-1) + ... + a_n: finite coefficients (..., n) -> (..., n), by the companion matrix."""
    degree = monic.shape[-1]
    companion = np.zeros((*monic.shape, degree), dtype=complex)
    companion[..., 0, :] = -monic
    companion[..., range(1, degree), range(degree - 1)] = 1
    return np.linalg.eigvals(companion)


def follow(coefficients: Callable[[float], np.ndarray], degree: int, first: int) -> tuple[np.ndarray, np.ndarray]:
    """Roots at the end of a way, and the turn of each around zero on it.

    Args:
        coefficients: fraction of the way -> (points, degree + 1).
        degree: number of roots.
        first: how many roots start at 1; they come first, the one of greatest phase before the others.

    Returns:
        Roots and their phases in radians, each (points, degree).
    """
    fractions = np.linspace(0, 1, STEPS + 1)
    before = _by_distance_from_one(roots_of(coefficients(fractions[0])))
    now = _started(_by_distance_from_one(roots_of(coefficients(fractions[1]))), first)
    before[:, first:] = _matched(before[:, first:], now[:, first:])
    phase = np.angle(before)
    phase += _turn(now, before)
    for fraction in fractions[2:]:
        new = _matched(roots_of(coefficients(fraction)), 2 * now - before)
        phase += _turn(new, now)
        before, now = now, new
    return now, phase[:, :degree]


def _by_distance_from_one(roots: np.ndarray) -> np.ndarray:
    return np.take_along_axis(roots, np.argsort(np.abs(roots - 1), axis=-1, kind="stable"), axis=-1)


def _started(roots: np.ndarray, first: int) -> np.ndarray:
    """Those that start together, by falling phase."""
    order = np.argsort(-np.angle(roots[:, :first]), axis=-1, kind="stable")
    return np.concatenate([np.take_along_axis(roots[:, :first], order, axis=-1), roots[:, first:]], axis=-1)


def _matched(roots: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """The roots in the order of the expected ones: each takes the nearest that is left, of a conjugate pair the upper one."""
    left = np.ones(roots.shape, dtype=bool)
    matched = np.empty_like(roots)
    points = np.arange(len(roots))
    for k in range(roots.shape[-1]):
        distance = np.where(left, np.nan_to_num(np.abs(roots - expected[:, k : k + 1]) - TIE * roots.imag, nan=np.inf), np.inf)
        distance = np.where(left & np.isinf(distance), np.finfo(float).max, distance)
        chosen = distance.argmin(axis=-1)
        matched[:, k] = roots[points, chosen]
        left[points, chosen] = False
    return matched


def _turn(new: np.ndarray, old: np.ndarray) -> np.ndarray:
    """Angle between successive values; none from or to zero."""
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(np.angle(new * np.conj(old)))
