"""The spectral radius at numbers, its largest values looked for between the points of the grid of phases.

The `BEGINNINGS` largest of the points that are no smaller than their neighbours are where a search begins, on grids that shrink
about the largest value seen. A maximum narrower than the grid's spacing can be missed, and one among many that are alike: an
edge that is found by it may lie too high.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import sympy as sp

from derive.arrays import np
from derive.conditions.sampling import PHASES
from derive.fields.phases import COSINES, SHIFTS
from derive.fields.symbols import xi
from derive.modes.roots import function_of, roots_of

BEGINNINGS = 16
"""The largest points of the grid from which a search begins."""
ROUNDS, ACROSS = 12, 5
"""Grids that shrink by half, and their points along each axis."""


def radius_between(polynomial: sp.Poly, axes: tuple[int, ...], parameter: sp.Symbol) -> Callable[[float], float]:
    """A value of the one parameter that is left -> the spectral radius.

    Args:
        polynomial: in xi, the shifts or cosines, and the parameter.
        axes: those that have a phase.
        parameter: what is left.
    """
    waves = [w for i in axes for w in (SHIFTS[i], COSINES[i])]
    coefficients = function_of([parameter, *waves], sp.Poly(polynomial.as_expr(), xi).all_coeffs())
    count, dims = PHASES[len(axes)], len(axes)
    grid = np.meshgrid(*[np.linspace(-np.pi, np.pi, count, endpoint=False)] * dims, indexing="ij")
    points = np.stack([g.ravel() for g in grid], axis=-1) if dims else np.zeros((1, 0))
    offsets = np.array(list(product(np.linspace(-1, 1, ACROSS), repeat=dims))).reshape(-1, dims)

    def at(value: float, phases: np.ndarray) -> np.ndarray:
        columns = [f(phases[:, k]) for k in range(dims) for f in (lambda t: np.exp(1j * t), np.cos)]
        rows = coefficients(value, *columns)
        moduli = np.abs(roots_of(np.stack([np.broadcast_to(np.asarray(c, dtype=complex), len(phases)) for c in rows], -1)))
        return np.where(np.isnan(moduli), np.inf, moduli).max(axis=-1)

    def radius(value: float) -> float:
        sizes = at(value, points)
        best, width = points[_peaks(sizes.reshape([count] * dims))], 2 * np.pi / count
        for _ in range(ROUNDS if dims else 0):
            near = best[:, None, :] + width * offsets[None]
            found = at(value, near.reshape(-1, dims)).reshape(near.shape[:2])
            best, width = near[np.arange(len(best)), found.argmax(axis=1)], width / 2
        return float(max(sizes.max(), at(value, best).max(initial=0.0)))

    return radius


def _peaks(sizes: np.ndarray) -> np.ndarray:
    """Flat indices of the largest of those that are no smaller than their neighbours."""
    peak = np.ones(sizes.shape, dtype=bool)
    for axis in range(sizes.ndim):
        peak &= (sizes >= np.roll(sizes, 1, axis)) & (sizes >= np.roll(sizes, -1, axis))
    flat = np.flatnonzero(peak)
    return flat[np.argsort(-sizes.ravel()[flat], kind="stable")][:BEGINNINGS]
