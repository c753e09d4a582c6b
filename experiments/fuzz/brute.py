"""The spectral radius of a table by brute force: eigenvalues at many phases, then closer and closer about the largest.

Nothing of the engine is used: phases are floating-point numbers on a grid. Waves that are long, or nearly two grid points long,
have finer grids of their own, since growth often sits there alone, in two dimensions in one direction. About the largest
radius of every grid a smaller one is drawn, again and again, down to a ten-thousandth. A radius is found from below, to 1e-11.

>>> from experiments.fuzz.tables import minus, plus, scaled, shift
>>> halves = [shift(0), scaled(plus(shift(1), shift(-1)), -0.5)]  # the mean of the neighbours: cos(theta)
>>> float(radius(halves, np.zeros((1, 0)))[0])
1.0
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations, product

import numpy as np
from mpmath import expj, fprod, mpf, polyroots, workdps

from experiments.fuzz.tables import Stencil, symbols

GRID = {1: 96, 2: 20}
"""Phases along an axis, pi/2 among them, where stencils of even offsets have their spikes."""
SCALES = (0.15, 0.02)
DIRECTIONS, RADII = 120, (0.5, 0.06)
DIGITS = 60
BEST, ROUNDS, FINER, AROUND = 2, 9, 14, {1: 7, 2: 5}
BLOCKS, FIRST = {1: 8, 2: 4}, 3
"""Of the whole grid along an axis, and the rounds after which the best of their best phases are gone on with."""
FLOOR = {1: 1e-12, 2: 2e-8}
"""Rounding of a radius of 1: of a single factor, and of several, of which a double one loses half the digits."""

Judge = Callable[[np.ndarray], np.ndarray]
"""Monic polynomials' other coefficients (n, degree) -> a number each, the largest of which is looked for."""


def radius(levels: Sequence[Stencil], values: np.ndarray) -> np.ndarray:
    """Largest modulus of an amplification factor over all phases, (points,).

    Args:
        levels: the scheme.
        values: of the parameters, (points, parameters).
    """
    return _greatest(levels, values, _largest_root, np.inf)[0]


def nearest(levels: Sequence[Stencil], values: np.ndarray) -> np.ndarray:
    """How near two factors come to being one on the circle, over all phases: their distance and theirs from it, (points,)."""
    return -_greatest(levels, values, _apart, -np.inf, FINER)[0]


def grows(levels: Sequence[Stencil], values: np.ndarray) -> bool:
    """Whether a factor is beyond 1 by more than 1e-20, at one point (parameters,): the same search with 50 digits.

    Growth of a millionth of a millionth, of long waves beside an edge, is less than rounding in floating point.
    """
    _, starts = _greatest(levels, values[None], _largest_root, np.inf)
    with workdps(50):
        exactly = [mpf(float(v)) for v in values]
        return any(_climbs(levels, exactly, [mpf(float(t)) for t in at]) for at in starts[0])


def _climbs(levels: Sequence[Stencil], values: list, at: list) -> bool:
    width, height = mpf("1e-3"), _precisely(levels, values, at)
    for _ in range(DIGITS):
        if height > 1 + mpf("1e-20"):
            return True
        around = [[t + width * d for t, d in zip(at, step, strict=True)] for step in product((-1, 0, 1), repeat=len(at))]
        top = max(((_precisely(levels, values, phases), phases) for phases in around), key=lambda pair: pair[0])
        at, height, width = (top[1], top[0], width) if top[0] > height else (at, height, width / 2)
    return False


def _precisely(levels: Sequence[Stencil], values: list, phases: list):
    size = lambda terms: sum(mpf(c.numerator) / c.denominator * fprod(v**n for v, n in zip(values, m, strict=False))  # noqa: E731
                             for m, c in terms.items())  # fmt: skip
    wave = lambda offset: expj(sum(t * k for t, k in zip(phases, offset, strict=True)))  # noqa: E731
    phi = [sum((size(terms) * wave(offset) for offset, terms in level.items()), mpf(0)) for level in levels]
    if not phi[0]:
        return mpf("inf")
    return abs(phi[1] / phi[0]) if len(phi) == 2 else max(map(abs, polyroots(phi, maxsteps=500, extraprec=300)))


def _greatest(
    levels: Sequence[Stencil], values: np.ndarray, judge: Judge, without: float, rounds: int = ROUNDS
) -> tuple[np.ndarray, np.ndarray]:
    """The greatest number, (points,), and the phases that the search came to, (points, starts, dims).

    Args:
        levels: as `radius`.
        values: as `radius`.
        judge: tells the number.
        without: that of a phase at which there is no polynomial.
        rounds: smaller grids.
    """
    dims = len(next(iter(levels[0])))
    look = partial(_judged, levels, values=values, judge=judge, without=without)
    everywhere, start, width = _throughout(look, dims)
    largest, starts, widths = [everywhere], [start], [width]
    for phases, scale in ((corner + grid, scale) for corner in _corners(dims) for grid, scale in _about_a_corner(dims)):
        found = look(phases[None])
        best = np.argsort(-found, axis=1)[:, :BEST]
        largest.append(found.max(1))
        starts.append(phases[best])
        widths.append(np.full(best.shape, np.pi / GRID[dims] * scale))
    closer, at, _, _ = _closer(look, np.concatenate(starts, 1), np.concatenate(widths, 1), rounds)
    return np.maximum(np.max(largest, axis=0), closer.max(1)), at


def _throughout(look: Callable[[np.ndarray], np.ndarray], dims: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The whole grid: its greatest number, (points,), and where to go on, with the widths there, (points, BEST, dims).

    Where a scheme keeps what is constant a factor is 1 at corners, whose neighbours would be the best phases of the grid
    though growth is elsewhere, between its phases: so every block sends its own best a little closer, before any is chosen.
    """
    phases = _grid(dims)
    found = look(phases[None])
    block = np.ravel_multi_index(_block(phases), (BLOCKS[dims],) * dims)
    members = [np.flatnonzero(block == number) for number in range(BLOCKS[dims] ** dims)]
    starts = np.stack([phases[of[np.argmax(found[:, of], 1)]] for of in members], 1)
    _, at, height, width = _closer(look, starts, np.full(starts.shape[:2], np.pi / GRID[dims]), FIRST)
    best = np.argsort(-height, axis=1)[:, :BEST]
    return found.max(1), np.take_along_axis(at, best[..., None], 1), np.take_along_axis(width, best, 1)


def _block(phases: np.ndarray) -> tuple[np.ndarray, ...]:
    """Which of the blocks a phase is in, by axis."""
    number = BLOCKS[phases.shape[-1]]
    share = (phases + np.pi) / (2 * np.pi) - 1e-9
    return tuple(np.clip((share * number).astype(int), 0, number - 1).T)


def _about_a_corner(dims: int) -> list[tuple[np.ndarray, float]]:
    """Phases that are small, and of what scale; in two dimensions by direction, since growth may be in a narrow cone."""
    if dims == 1:
        return [(_grid(dims) * scale, scale) for scale in SCALES]
    angles = np.arange(DIRECTIONS) * np.pi / DIRECTIONS  # an opposite phase has the conjugate factors
    rays = np.stack([np.cos(angles), np.sin(angles)], -1)
    return [(np.concatenate([rays * size for size in (scale, scale / 2, scale / 4)]), scale / 8) for scale in RADII]


def _corners(dims: int) -> list[np.ndarray]:
    """Phases 0 and pi along every axis."""
    return [np.array(corner) for corner in product((0.0, np.pi), repeat=dims)]


def _closer(
    look: Callable[[np.ndarray], np.ndarray], at: np.ndarray, width: np.ndarray, rounds: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Grids of a few points about the best phases, each time narrower.

    Returns:
        The greatest number on the way (points, starts); where it ended (points, starts, dims), the number there, and how
        narrow it was by then, (points, starts).
    """
    dims = at.shape[-1]
    axis = np.linspace(-1, 1, AROUND[dims])
    box = np.stack(np.meshgrid(*[axis] * dims, indexing="ij"), -1).reshape(-1, dims)
    best = now = np.full(at.shape[:2], -np.inf)
    for _ in range(rounds):
        around = at[:, :, None] + 2 * width[..., None, None] * box
        height = look(around.reshape(len(at), -1, dims)).reshape(around.shape[:-1])
        top = height.argmax(-1)
        at = np.take_along_axis(around, top[..., None, None], 2)[:, :, 0]
        now = height.max(2)
        best, width = np.maximum(best, now), width * 0.4
    return best, at, now, width


def _grid(dims: int) -> np.ndarray:
    """(phases, dims) on (-pi, pi], without zero, where a consistent scheme has a factor of 1."""
    axis = np.arange(1, GRID[dims] + 1) * (2 * np.pi / GRID[dims]) - np.pi
    grid = np.stack(np.meshgrid(*[axis] * dims, indexing="ij"), -1).reshape(-1, dims)
    return grid[np.abs(grid).sum(1) > 1e-9]


def _judged(levels: Sequence[Stencil], phases: np.ndarray, values: np.ndarray, judge: Judge, without: float) -> np.ndarray:
    """(points, phases)."""
    coefficients = symbols(list(levels), phases, values[:, None])
    lead, rest = coefficients[..., :1], coefficients[..., 1:]
    with np.errstate(all="ignore"):
        monic = rest / lead
    usable = np.isfinite(monic).all(-1)
    found = np.full(monic.shape[:-1], without)
    found[usable] = judge(monic[usable])
    return found


def _largest_root(monic: np.ndarray) -> np.ndarray:
    return np.abs(monic[:, 0]) if monic.shape[-1] == 1 else np.abs(_roots(monic)).max(-1)


def _apart(monic: np.ndarray) -> np.ndarray:
    """Minus the least distance of two roots and of both from the circle."""
    roots = _roots(monic)
    off = np.abs(np.abs(roots) - 1)
    apart = [np.abs(roots[:, i] - roots[:, j]) + off[:, i] + off[:, j] for i, j in combinations(range(roots.shape[-1]), 2)]
    return -np.min(apart, axis=0)


def _roots(monic: np.ndarray) -> np.ndarray:
    degree = monic.shape[-1]
    companion = np.zeros((len(monic), degree, degree), dtype=complex)
    companion[:, 0] = -monic
    companion[:, np.arange(1, degree), np.arange(degree - 1)] = 1
    return np.linalg.eigvals(companion)
