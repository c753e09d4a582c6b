"""Worlds of the heat equation and the Beltrami flow: rolled arrays, dense matrices, direct iteration."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import sympy as sp
import torch
from scipy.optimize import brentq
from torch import Tensor

from derive.derivations.beltrami import DIFFUSION
from derive.fields.calculus import TimeDerivative
from derive.fields.phases import THETAS
from derive.fields.symbols import (  # fmt: skip
    L,
    amplitude,
    diffusivity,
    dL,
    du,
    dx,
    epsilon,
    f,
    fidelity,
    grad_L,
    lr,
    multiple,
    slope,
    u,
    xi,
)
from paper_checks.brute import heat_matrix, spectral_radius
from paper_checks.worlds.autograd import along, field, gradient
from paper_checks.worlds.evaluate import World

DX, KAPPA = 0.7, 1.3
POINTS = 8
GRID = sp.IndexedBase("u")


def around(edges: list[float], values: dict, stable) -> list[World]:
    """Step sizes just below and above the edges, and what brute force says of them."""
    steps = [s * edge for edge in edges for s in (0.999, 1.001)]
    return [World(values | {lr: step}, bool(stable(step))) for step in (*steps, -1e-3)]


def edge(stable, most: float) -> float:
    """The end of the stable step sizes, by bisection."""
    low, high = 1e-6, most
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if stable(middle) else (low, middle)
    return low


def heat() -> dict[str, list[World]]:
    """Eq 1-3."""
    line, step = np.random.default_rng(0).standard_normal(POINTS), 0.05
    ratio = KAPPA * step / DX**2
    after, mode = heat_matrix(POINTS, ratio) @ line, np.exp(2j * np.pi * np.arange(POINTS) / POINTS)
    values = {"grid": (POINTS,), "dx": DX, dx: DX, diffusivity: KAPPA, lr: step, u: line}
    values |= {TimeDerivative(u): (after - line) / step, GRID[1, 0]: after[0], THETAS[0]: 2 * np.pi / POINTS}
    values |= {GRID[0, j]: line[j] for j in (-1, 0, 1)}
    values[xi] = np.vdot(mode, heat_matrix(POINTS, ratio) @ mode) / np.vdot(mode, mode)
    found = {title: [World(values)] for title in ("Heat equation", "Scheme", "Amplification factor")}
    for dims, name in ((1, "1 dimension"), (2, "2 dimensions"), (3, "3 dimensions")):
        bounded = lambda s, d=dims: s > 0 and spectral_radius(heat_matrix(4, KAPPA * s / DX**2, d)) <= 1 + 1e-9  # noqa: E731
        found[f"Stable step, {name}"] = around([edge(bounded, 1.0)], {dx: DX, diffusivity: KAPPA}, bounded)
    return found


# The Beltrami flow

WEIGHT, ROUNDING = 0.8, 0.3
STATE, GIVEN, DIRECTION = field(11), field(12), field(13)


def loss(state: Tensor, given: Tensor = GIVEN, rounding: float = ROUNDING) -> Tensor:
    """Eq 4 on a periodic grid, forward differences."""
    parts = [(torch.roll(state, -1, axis) - state) / DX for axis in range(state.ndim)]
    return (WEIGHT / 2 * (state - given) ** 2).sum() + torch.sqrt(sum(p**2 for p in parts) + rounding**2).sum()


def flow(state: Tensor, given: Tensor = GIVEN, rounding: float = ROUNDING) -> Tensor:
    """Minus its gradient, by automatic differentiation."""
    return -gradient(lambda s: loss(s, given, rounding), state)


def laplacian(line: np.ndarray) -> np.ndarray:
    return sum(np.roll(line, s, axis) - line for axis in range(line.ndim) for s in (-1, 1)) / DX**2


def beltrami() -> dict[str, list[World]]:
    """Eq 4."""
    state, steep = STATE.numpy(), 0.9
    rate, change = flow(STATE).detach().numpy(), along(flow, STATE, DIRECTION).numpy()
    local = np.sqrt(sum(((np.roll(state, -1, axis) - state) / DX) ** 2 for axis in (0, 1)) + ROUNDING**2)
    held = laplacian(DIRECTION.numpy()) / steep - WEIGHT * DIRECTION.numpy()
    values = {
        "grid": state.shape, "dx": DX, dx: DX, fidelity: WEIGHT, epsilon: ROUNDING, u: state, f: GIVEN.numpy(), du: DIRECTION.numpy(),
        L: float(loss(STATE)), dL: float(along(loss, STATE, DIRECTION)), grad_L: -rate, TimeDerivative(u): rate,
    }  # fmt: skip
    return {
        "*": [World(values)],
        "Linearised, coefficient held": [World(values | {slope: steep, TimeDerivative(du): held})],
        "Linearised": [World(values | {slope: local, TimeDerivative(du): change})],
        "Diffusion tensor": [World({slope: steep, epsilon: ROUNDING, DIFFUSION: tensor(steep)})],
        "Scheme, 1 dimension": [line_scheme(steep)],
        **_stable_steps(steep),
    }


def tensor(steep: float) -> np.ndarray:
    """Hessian of the integrand in the gradient, which lies along the first axis."""
    at = torch.tensor([np.sqrt(steep**2 - ROUNDING**2), 0.0], dtype=torch.float64)
    return torch.autograd.functional.hessian(lambda p: torch.sqrt((p**2).sum() + ROUNDING**2), at).numpy()


def line_scheme(steep: float) -> World:
    line, step = np.random.default_rng(1).standard_normal(POINTS), 0.05
    after = line + step * (laplacian(line) / steep - WEIGHT * line)
    values = {dx: DX, fidelity: WEIGHT, slope: steep, lr: step, GRID[1, 0]: after[0]}
    return World(values | {GRID[0, j]: line[j] for j in (-1, 0, 1)})


def _stable_steps(steep: float) -> dict[str, list[World]]:
    """Spectral radii of one step at a constant gradient along the first axis."""
    found = {}
    one = heat_matrix(4, 1.0) - np.eye(4)
    cases = {
        "coefficient held": (steep, np.eye(2) / steep),
        "linearised": (steep, tensor(steep)),
        "grad u = 0": (ROUNDING, np.eye(2) / ROUNDING),
    }
    for (name, (s, diffusion)), dims in ((case, d) for case in cases.items() for d in (1, 2)):
        first, second = diffusion[0, 0] / DX**2 * one, diffusion[1, 1] / DX**2 * one
        matrix = first if dims == 1 else np.kron(first, np.eye(4)) + np.kron(np.eye(4), second)
        matrix = matrix - WEIGHT * np.eye(len(matrix))
        stable = lambda h, m=matrix: h > 0 and spectral_radius(np.eye(len(m)) + h * m) < 1  # noqa: E731
        title = f"Stable step, {name}, {dims} dimension{'s' * (dims > 1)}"
        found[title] = around([edge(stable, 3.0)], {dx: DX, fidelity: WEIGHT, epsilon: ROUNDING, slope: s}, stable)
    return found


# Beyond its stable step


def chequered(c: float, dims: int, rounding: float = ROUNDING) -> float:
    """dc/dt of the chequered mode, by the flow itself."""
    signs = torch.tensor((-1.0) ** np.indices((4,) * dims).sum(0), dtype=torch.float64)
    return float(flow(c * signs, torch.zeros_like(signs), rounding).detach().flatten()[0])


def onset(dims: int) -> float:
    """The step that turns a small c into -c."""
    return -2e-6 / chequered(1e-6, dims)


def orbit(dims: int, step: float, rounding: float = ROUNDING) -> float:
    """The amplitude that a step turns into its negative."""
    return brentq(lambda c: 2 * c + step * chequered(c, dims, rounding), 1e-9, 1e4, xtol=1e-13)


def grows(step: float) -> bool:
    """Whether a large amplitude becomes larger."""
    sizes = [1e6]
    for _ in range(5):
        sizes.append(abs(sizes[-1] + step * chequered(sizes[-1], 1)))
    return all(after > before for before, after in pairwise(sizes))


def oscillation() -> dict[str, list[World]]:
    """Explains Fig 2."""
    base = {dx: DX, fidelity: WEIGHT, epsilon: ROUNDING}
    blowup, late = 2 / WEIGHT, 1.9
    edges = [brentq(lambda s: abs(1e6 + s * chequered(1e6, 1)) - 1e6, 2.0, 3.0)]
    assert abs(edges[0] / blowup - 1) < 1e-4
    found = {
        "Chequered mode, 1 dimension": [World(base | {amplitude: 0.4, TimeDerivative(amplitude): chequered(0.4, 1)})],
        "Onset, 1 dimension": [World(base | {lr: onset(1)})],
        "Blow-up": [World(base | {lr: s * edges[0]}, grows(s * edges[0])) for s in (0.999, 1.001)],
        "Reach, 1 dimension": _reach(base, late),
    }
    for dims, name in ((1, "1 dimension"), (2, "2 dimensions")):
        found[f"Residual oscillation, {name}"] = [World(base | {lr: 0.2, amplitude: orbit(dims, 0.2)})]
        found[f"Multiple of the worst-case step, {name}"] = [World(base | {multiple: edges[0] / onset(dims)})]
    found["Where a multiple begins to blow up, 1 dimension"] = found["Multiple of the worst-case step, 1 dimension"]
    return found


def _reach(base: dict, step: float) -> list[World]:
    """Attained by the chequered orbit where nothing is rounded off: below it and not above it."""
    attained = orbit(1, step, 1e-9)
    return [World(base | {lr: step, u: 0.3 + s * attained, f: 0.3}, s < 1) for s in (0.999, 1.001)]


WORLDS = {"eq-1-3": heat, "eq-4": beltrami, "beltrami": oscillation}
