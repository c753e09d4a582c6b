"""Worlds of what a scheme's errors become: a line stepped with errors put in by hand, covariances by dense matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from derive.derivations import convergence as c
from derive.derivations import error_recursion as e
from derive.fields.phases import THETAS
from derive.fields.symbols import A, diffusivity, dx, lr, omega
from paper_checks.brute import heat_matrix
from paper_checks.worlds.evaluate import World

DX, KAPPA, POINTS, STEPS, SQUARE = 0.7, 1.3, 6, 4, 0.3
Table = Callable[[float], Any]


def table(values: Any) -> Table:
    """Values by a whole number from 0 on."""

    def look_up(at: float) -> Any:
        if at != round(float(np.real(at))) or not 0 <= np.real(at) < len(values):
            raise LookupError(f"expected a step of the run, got {at}")
        return values[round(float(np.real(at)))]

    return look_up


def mode(number: int) -> np.ndarray:
    return np.exp(2j * np.pi * number * np.arange(POINTS) / POINTS) / np.sqrt(POINTS)


def run(matrix: np.ndarray, errors: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Every state of a line whose steps add errors."""
    states = [start]
    for error in errors:
        states.append(matrix @ states[-1] + error)
    return np.array(states)


def mean_squares(matrix: np.ndarray, steps: int, number: int | None = None) -> np.ndarray:
    """Of a mode, or over the line, after 0, 1, ... steps of independent errors, by the covariance of all points."""
    covariance, found = np.zeros_like(matrix), []
    for _ in range(steps + 1):
        shape = mode(number or 0)
        found.append(np.real(shape.conj() @ covariance @ shape) if number is not None else np.trace(covariance) / POINTS)
        covariance = matrix @ covariance @ matrix.T + SQUARE * np.eye(POINTS)
    return np.array(found)


def recursion() -> dict[str, list[World]]:
    """Eq 3: a stable and an unstable step, each on a mode."""
    found: dict[str, list[World]] = {}
    for ratio, number, at in ((0.2, 1, 2), (0.8, 3, 3), (0.3, 0, 3)):
        for title, worlds in _of_one(ratio, number, at).items():
            found.setdefault(title, []).extend(worlds)
    return found


def _of_one(ratio: float, number: int, at: int) -> dict[str, list[World]]:
    rng, matrix, step = np.random.default_rng(number), heat_matrix(POINTS, ratio), ratio * DX**2 / KAPPA
    errors, start = rng.standard_normal((STEPS + 1, POINTS)), rng.standard_normal(POINTS)
    first, second = run(matrix, errors, start), run(matrix, 0 * errors, start)
    wave = mode(number)
    factor = round(float(np.real(wave.conj() @ matrix @ wave)), 12)  # 1 where it is 1
    uhat = first @ wave.conj()
    squares = mean_squares(matrix, STEPS, number)
    grid: dict[Any, Any] = {sp.IndexedBase("u")[0, k]: first[0][k] for k in (-1, 0, 1)}
    values = grid | {
        sp.IndexedBase("u")[1, 0]: first[1][0], sp.IndexedBase("epsilon")[0, 0]: errors[0][0], dx: DX, diffusivity: KAPPA, lr: step,
        THETAS[0]: 2 * np.pi * number / POINTS, A: factor, e.gain: factor**2, e.variance: SQUARE, e.n: at, e.points: POINTS,
        ("uhat", 0): table(uhat), ("epsilon_hat", 0): table(errors @ wave.conj()), ("v", 0): table(uhat / factor ** np.arange(STEPS + 2)),
        ("d", 0): table((first - second) @ wave.conj()), ("delta", 0): table(errors @ wave.conj()),
        ("E", 0): table(squares), ("gain", 0): table(np.real([w.conj() @ matrix @ w for w in map(mode, range(POINTS))]) ** 2), ("E_mean", 0): table(mean_squares(matrix, STEPS)),
    }  # fmt: skip
    found = {"*": [World(values)]}
    many = mean_squares(matrix, 400, number)
    if factor**2 < 1:
        found["Below the bound"] = [World(values | {e.floor: many[-1]})]
    if factor**2 > 1:
        found["Above the bound"] = [World(values | {e.level: many[-1] / factor**800})]
    return found


# Consistency and stability imply convergence


def convergence() -> dict[str, list[World]]:
    """A mode of the line, stepped; and a long wave, whose error in one step takes more digits than floating point has."""
    lr_, at = 0.2 * DX**2 / KAPPA, 2 * np.pi / (POINTS * DX)
    matrix, wave = heat_matrix(POINTS, 0.2), mode(1)
    factor, solution = float(np.real(wave.conj() @ matrix @ wave)), float(np.exp(-KAPPA * at**2 * lr_))
    after = float(np.real(wave.conj() @ np.linalg.matrix_power(matrix, 3) @ wave)) - solution**3
    values = {
        lr: lr_,
        dx: DX,
        diffusivity: KAPPA,
        omega: at,
        A: factor,
        c.exact: solution,
        c.local: factor - solution,
        c.n: 3,
        c.whole: after,
    }
    shortest = np.linalg.eigvalsh(heat_matrix(POINTS, 0.8))[0]
    beyond = {dx: DX, diffusivity: KAPPA, c.ratio: 0.8, c.until: 2.0, c.growth: abs(shortest) ** (2.0 / (0.8 * DX**2 / KAPPA))}
    return {
        "*": [World(values)], "Stable": [World(values), *_attained(3 * 0.2, {c.n: 3, c.local: -0.2})],
        "Consistent": [_long_wave()], "Converges": _attained(5 * abs(_long_wave().values[c.local] / _long_wave().values[lr]), _long_wave().values),
        "Beyond the bound": [World(beyond)],
    }  # fmt: skip


def _attained(bound: float, values: dict) -> list[World]:
    """The error as large as it can be, and a little larger, of either sign."""
    return [World({**values, c.whole: sign * s * bound}, s < 1) for s in (1 - 1e-4, 1 + 1e-4) for sign in (-1, 1)]


def _long_wave() -> World:
    at, size, r = mpmath.mpf(1024), mpmath.mpf(2) ** -20, mpmath.mpf("0.1875")
    step = r * size**2 / KAPPA
    with mpmath.workdps(40):
        error = 1 - 2 * r * (1 - mpmath.cos(at * size)) - mpmath.exp(-r * (at * size) ** 2)
    values = {lr: step, dx: size, omega: at, c.local: error, c.until: 5}
    return World({diffusivity: KAPPA} | {symbol: float(value) for symbol, value in values.items()})


WORLDS = {"eq-3": recursion, "convergence": convergence}
