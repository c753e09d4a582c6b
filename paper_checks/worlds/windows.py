"""Worlds of finite windows: dense eigenvalues on random images; where an inequality is attained, it has to fail beyond."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import sympy as sp

from derive.derivations import finite_windows as f
from derive.derivations.checkerboard_windows import mu, points, theta
from derive.derivations.finite_windows import GREATEST, LEAST
from derive.derivations.window_lemmas import CORNER, CORNERS, moment
from derive.fields.symbols import I, a, alpha, alpha_max, alpha_min, beta, lr, power_max, power_mean, power_min, width, xi
from paper_checks.brute import boundary_gram
from paper_checks.worlds.evaluate import World

N, BETA, STEP, DECAY, FINE = 4, 1.3, 0.01, 0.4, 64


def image(seed: int = 0, side: int = N) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((side, side)) + 0.2


def board(side: int) -> np.ndarray:
    return (-1.0) ** np.indices((side, side)).sum(0)


def ends(picture: np.ndarray, boundary: str) -> dict[Any, Any]:
    """Least and greatest eigenvalue as functions of the window's side."""

    def spectrum(side: float) -> np.ndarray:
        width_ = round(float(side))
        if width_ != side or not 1 <= width_ <= 2 * len(picture):
            raise ValueError(f"expected the side of a window, got {side}")
        return np.linalg.eigvalsh(boundary_gram(picture, width_, boundary))

    return {LEAST: lambda side: spectrum(side)[0], GREATEST: lambda side: spectrum(side)[-1]}


def limit(picture: np.ndarray, fine: bool) -> dict[Any, Any]:
    """Extremes and mean of |Ihat|^2, on the image's grid or on a finer one."""
    power = np.abs(np.fft.fft2(picture, s=[n * FINE for n in picture.shape] if fine else None)) ** 2
    return {power_min: power.min(), power_max: power.max(), power_mean: (picture**2).sum()}


def world(boundary: str, seed: int = 0, side: int = 2) -> World:
    picture = image(seed)
    return World(ends(picture, boundary) | limit(picture, boundary == "full") | {width: side, points: N})


def many(*boundaries: str) -> list[World]:
    return [world(b, seed, side) for b in boundaries for seed in (0, 1, 2) for side in (1, 2, 3)]


def attained(level: Mapping[Any, float], moved: tuple[tuple[Any, float], ...]) -> list[World]:
    """Numbers at which an inequality is an equality, and then each of `moved` a little beyond: there it must not hold."""
    at = {width: 2, points: N}

    def with_functions(numbers: Mapping[Any, float]) -> dict[Any, Any]:
        plain = {key: value for key, value in numbers.items() if not isinstance(key, tuple)}
        table = {key: value for key, value in numbers.items() if isinstance(key, tuple)}
        kinds = {kind for kind, _ in table}
        return at | plain | {kind: (lambda side, k=kind: table[k, round(float(side))]) for kind in kinds}

    worlds = [World(with_functions(level))]
    return worlds + [World(with_functions({**level, key: level[key] * factor}), False) for key, factor in moved]


ALIKE = {(LEAST, 2): 5.0, (LEAST, 3): 5.0, (GREATEST, 2): 5.0, (GREATEST, 3): 5.0, power_min: 5.0, power_max: 5.0}
"""One pixel: all eigenvalues of all windows are its square."""
MORE, LESS = 1.001, 0.999


def ordered() -> list[World]:
    """Each of the four numbers moved past its neighbour; both neighbours of the inner two."""
    moved = ((power_min, MORE), ((LEAST, 2), LESS), ((GREATEST, 2), MORE), (power_max, LESS))
    return many("circular", "full") + attained(ALIKE, moved)


def linear_update() -> dict[str, list[World]]:
    """One step on an eigenvector; bounds from the eigenvalues; their distance from the limit's."""
    matrix = boundary_gram(image(), 2, "full")
    values, vectors = np.linalg.eigh(matrix)
    error = 0.6
    update = np.eye(4) - STEP * (error * BETA / 2 * matrix + DECAY * np.eye(4))
    base = {a: error, beta: BETA, alpha: DECAY, lr: STEP}
    factor = vectors[:, 1] @ update @ vectors[:, 1]
    found: dict[str, list[World]] = {"Update on the window": [World(base | {mu: values[1], xi: factor})], "Bounds exist": []}
    for sign, name in ((-1, "a < 0"), (1, "a > 0")):
        found["Bounds exist"] += _bounds(sign * error)
        found[f"Against the limit's bounds, {name}"] = [_shifts(sign * error)]
    return found


def _bounds(error: float) -> list[World]:
    drives = error * BETA / 2 * np.linalg.eigvalsh(boundary_gram(image(), 2, "full"))
    gram = np.linalg.eigvalsh(boundary_gram(image(), 2, "full"))
    widest, found = 2 / np.ptp(drives), []
    for s in (0.999, 1.001):
        edges = {alpha_min: -drives.min(), alpha_max: 2 / (s * widest) - drives.max()}
        values = {a: error, beta: BETA, lr: s * widest, f.mu_min: gram[0], f.mu_max: gram[-1]}
        found.append(World(values | edges, bool(edges[alpha_min] < edges[alpha_max])))
    return found


def _shifts(error: float) -> World:
    gram, edges = np.linalg.eigvalsh(boundary_gram(image(), 2, "full")), limit(image(), True)
    window, whole = error * BETA / 2 * gram, error * BETA / 2 * np.array([edges[power_min], edges[power_max]])
    return World({
        a: error, beta: BETA, f.gap_min: gram[0] - edges[power_min], f.gap_max: edges[power_max] - gram[-1],
        f.shift_min: -window.min() + whole.min(), f.shift_max: -window.max() + whole.max(),
    })  # fmt: skip


def converging() -> list[World]:
    """Two equal pixels in a row attain it: their autocorrelation is 1 at either shift by one, so the moment is 2.

    All eigenvalues are raised by 1, which differences do not feel, so that none is 0.
    """
    pair = np.ones((1, 2))
    gram = {side: np.linalg.eigvalsh(boundary_gram(pair, side, "full")) for side in (2, 3)}
    level = {(LEAST, 2): 1 + gram[2][0], (GREATEST, 2): 1 + gram[2][-1], power_min: 1.0, power_max: 5.0, moment: 2.0}
    tight = attained(level, (((LEAST, 2), MORE), ((GREATEST, 2), LESS)))
    return tight + [
        World(w.values | {moment: _moment(image(seed))})
        for seed, w in ((s, world("full", s, q)) for s in (0, 1) for q in (1, 3))
    ]


def _moment(picture: np.ndarray) -> float:
    """Sum over shifts d of |r(d)| |d|^2, r the autocorrelation."""
    shifts = product(range(-N + 1, N), repeat=2)
    wide = np.pad(picture, N)
    return sum(abs((np.roll(wide, d, (0, 1)) * wide).sum()) * (d[0] ** 2 + d[1] ** 2) for d in shifts)


def conjecture() -> dict[str, list[World]]:
    """Worlds of every displayed step of the conjecture on finite windows, by its title."""
    apart = {**ALIKE, power_min: 5 * LESS, power_max: 5 * MORE}
    touching = ({**apart, power_min: 5.0}, {**apart, power_max: 5.0})
    strict = attained(apart, ()) + [World(world.values, False) for level in touching for world in attained(level, ())]
    valid_upper = {(GREATEST, 2): 5.0, power_max: 5.0}
    valid_lower = {(LEAST, 2): 5.0, (LEAST, 3): 5.0}
    even = {power_max: float(N**4), power_mean: float(N**2)}
    return linear_update() | {
        "Circular and full: ordered and monotone": ordered(),
        "Circular: converges": many("circular"), "Full: converges": converging(), "Full: never equal": many("full") + strict,
        "Valid: upper eigenvalue ordered": many("valid") + attained(valid_upper, (((GREATEST, 2), MORE), (power_max, LESS))),
        "Valid: lower eigenvalue monotone": many("valid") + attained(valid_lower, (((LEAST, 3), MORE), ((LEAST, 2), LESS))),
        "Valid: upper eigenvalue turns back": many("valid"), "Valid: does not converge": many("valid"),
        "Valid, mean pooling: order reversed at the end": many("valid") + attained(even, ((power_max, MORE), (power_mean, LESS))),
        "Valid: four corners": [_corners()], "Valid: one pixel in the last corner": [_corner()],
    } | checkerboards()  # fmt: skip


def _corners() -> World:
    picture = np.array(CORNERS, dtype=float)
    found = ends(picture, "valid")
    table = np.array([[found[LEAST](w), found[GREATEST](w)] for w in (1, 2, 3)])
    return World(limit(picture, False) | {I: picture, sp.Symbol("E"): table})


def _corner() -> World:
    picture = np.array(CORNER, dtype=float)
    return World(ends(picture, "valid") | limit(picture, False))


def checkerboards() -> dict[str, list[World]]:
    """The image of Tab 2, small; odd where half of the cells is to be a window."""
    largest = sp.Function("max")
    tops = {side: max(ends(board(side), "valid")[GREATEST](w) for w in range(1, side + 1)) for side in (5, 7)}

    def of_two(side: int) -> float:
        return ends(board(side), "valid")[GREATEST](2)

    def on(side: int, boundary: str, w: int) -> World:
        return World(
            ends(board(side), boundary) | {sp.Function("mu_max"): ends(board(side), boundary)[GREATEST], width: w, points: side}
        )

    return {
        "Checkerboard, valid": [on(6, "valid", w) for w in (2, 3)],
        "Checkerboard, the nearest it comes": [
            World(on(side, "valid", 2).values | {largest: lambda at, side=side, top=top: top if at == of_two(side) else np.nan})
            for side, top in tops.items()
        ],
        "Checkerboard, circular": [on(6, "circular", w) for w in (2, 3)],
        "Checkerboard, full": [World(on(6, "full", w).values | {theta: _phase(6, w)}) for w in (3, 5)],
    }  # fmt: skip


def _phase(side: int, w: int) -> float:
    """theta of the largest eigenvector cos(theta i) of a line, from its values at the centre and beside it."""
    line = side - np.abs(np.subtract.outer(np.arange(w), np.arange(w)))
    vector = np.linalg.eigh(line.astype(float))[1][:, -1]
    return float(np.arccos(vector[w // 2 + 1] / vector[w // 2]))


WORLDS = {"conjecture": conjecture}
