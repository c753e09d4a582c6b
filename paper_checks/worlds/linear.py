"""Worlds of the linear PDE and of Nesterov's scheme on it: transforms by FFT, stability by dense eigenvalues."""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy.integrate import quad

from derive.derivations import nesterov_limit
from derive.derivations.forward_euler import K_next
from derive.derivations.nesterov_transform import Khat_prev, Vhat
from derive.fields.dft import Khat, Khat_next, What
from derive.fields.symbols import (  # fmt: skip
    A,
    Ibar,
    K,
    a,
    alpha,
    alpha_max,
    alpha_min,
    beta,
    damping,
    lr,
    momentum,
    power,
    power_max,
    power_mean,
    power_min,
    step,
    width,
    xi,
    z,
)
from paper_checks.brute import correlation_matrix, nesterov_matrix, spectral_radius, windowed_gram
from paper_checks.claims import OMEGA, PRINTED
from paper_checks.worlds.evaluate import World

N, SIDE, BETA = 6, 3, 1.3
RNG = np.random.default_rng(3)
IMAGE, FIRST, SECOND, EARLIER = (RNG.standard_normal((N, N)) for _ in range(4))
IMAGE += 0.3
WINDOW = np.zeros((N, N))
WINDOW[:SIDE, :SIDE] = 1
POWER = np.abs(np.fft.fft2(IMAGE)) ** 2
MATRIX = correlation_matrix(IMAGE, N)
ERROR, DECAY, STEP = 0.6, 0.4, 0.002
BASE = {
    "grid": (N, N), a: ERROR, beta: BETA, alpha: DECAY, lr: STEP, Ibar: float(IMAGE.sum()), power: POWER, power_mean: POWER.mean(),
}  # fmt: skip


def slope(kernel: np.ndarray, window: np.ndarray | None = None) -> np.ndarray:
    """Gradient of Thm 5.2 by dense matrices, on a window."""
    data = MATRIX.T @ (np.ones(N * N) + BETA * MATRIX @ kernel.ravel())
    found = ERROR / 2 * data.reshape(N, N) + DECAY * kernel
    return found if window is None else found * window


def hats(**fields: np.ndarray) -> dict[str, np.ndarray]:
    return {name: np.fft.fft2(field) for name, field in fields.items()}


def transform() -> dict[str, list[World]]:
    """Thm 5.3."""
    small, what = FIRST * WINDOW, np.fft.fft2(WINDOW)
    change = np.fft.fft2((FIRST - SECOND) - STEP * (slope(FIRST) - slope(SECOND))) / np.fft.fft2(FIRST - SECOND)
    windowed = {Khat: np.fft.fft2(small), Khat_next: np.fft.fft2(small - STEP * slope(small, WINDOW)), What: what}
    large = {Khat: np.fft.fft2(FIRST), Khat_next: np.fft.fft2(FIRST - STEP * slope(FIRST)), A: change}
    at = {width: 1.7, **dict(zip(OMEGA, (0.9, -2.2), strict=True))}
    box = [quad(lambda p, f=f: np.cos(f * p), -1.7 / 2, 1.7 / 2)[0] for f in (0.9, -2.2)]
    return {
        "Windowed form": [World(BASE | windowed)], "Window": [World(at | {What: box[0] * box[1]})],
        "Large window": [World(BASE | large)], "Amplification factor": [World(BASE | large)],
    }  # fmt: skip


def images(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((4, 4))


def edges(key: object = alpha, errors: tuple[float, ...] = (-0.5, 0.5)) -> list[World]:
    """Forward Euler on a kernel that fills the grid: just inside and outside its edges, in alpha or in the step size."""
    found = []
    for seed, error in product((0, 1), errors):
        gram, spectrum = windowed_gram(images(seed), 4), np.abs(np.fft.fft2(images(seed))) ** 2
        drives = np.linalg.eigvalsh(error * BETA / 2 * gram)
        rate = 0.9 / np.ptp(drives)
        values = {
            a: error, beta: BETA, lr: rate, power_min: spectrum.min(), power_max: spectrum.max(),
            alpha_min: -drives[0], alpha_max: 2 / rate - drives[-1],
        }  # fmt: skip
        found += [World(values | case, truth) for case, truth in (_decays if key == alpha else _steps)(drives, rate)]
    return found


def _stable(drives: np.ndarray, decay: float, rate: float) -> bool:
    return spectral_radius(np.diag(1 - rate * (decay + drives))) < 1


def _decays(drives: np.ndarray, rate: float) -> list:
    ends = (-drives[0], 2 / rate - drives[-1])
    tried = [end + sign * 1e-3 * (ends[1] - ends[0]) for end in ends for sign in (-1, 1)]
    return [({alpha: decay}, _stable(drives, decay, rate)) for decay in tried]


def _steps(drives: np.ndarray, _: float) -> list:
    decays = (-drives[0] - 0.01 * abs(drives[0]), -drives[0] + 0.01 * abs(drives[0]), -drives[0] + 3.0)
    tried = [(decay, s * 2 / (decay + drives[-1])) for decay in decays for s in (0.999, 1.001)]
    return [({alpha: d, lr: rate, "possible": bool(d > -drives[0])}, _stable(drives, d, rate)) for d, rate in tried]


def facts(worlds: list[World]) -> list[World]:
    """The same numbers, for equations that hold stable or not."""
    return [World(world.values) for world in worlds]


def room(errors: tuple[float, ...] = (-0.5, 0.5)) -> list[World]:
    """Step sizes just below and above that at which the edges of the spectrum meet."""
    found = []
    for world in edges(errors=errors)[::4]:
        v = world.values
        widest = 2 / ((2 / v[lr] - v[alpha_max]) + v[alpha_min])
        for s in (0.999, 1.001):
            rate = s * widest
            high = 2 / rate - (2 / v[lr] - v[alpha_max])
            found.append(World(v | {lr: rate}, bool(v[alpha_min] < high)))
    return found


def bounds() -> dict[str, list[World]]:
    """Thm 5.4."""
    mode = np.exp(2j * np.pi * (np.arange(N)[:, None] + 2 * np.arange(N)[None, :]) / N).ravel()
    update = np.eye(N * N) - STEP * (ERROR * BETA / 2 * MATRIX.T @ MATRIX + DECAY * np.eye(N * N))
    factor = np.real(np.vdot(mode, update @ mode) / np.vdot(mode, mode))
    return {
        "Amplification factor": [World(BASE | {xi: factor, power: POWER[1, 2]})],
        "Condition": edges(), "Weight decay": facts(edges()), "Room for a weight decay": room(), "Step size": edges(lr),
        "Weight decay, a > 0": facts(edges(errors=(0.5,))), "Weight decay, a < 0": facts(edges(errors=(-0.5,))),
    }  # fmt: skip


def one_cell() -> dict[str, list[World]]:
    """Eq 19: a kernel that is one number."""
    drive = ERROR * BETA / 2 * (IMAGE**2).sum()
    values = BASE | {
        xi: 1 - STEP * (drive + DECAY), What: np.fft.fft2(np.eye(1, N * N).reshape(N, N)).real,
        alpha_min: -drive, alpha_max: 2 / STEP - drive,
    }  # fmt: skip
    return {"*": [World(values)]}


# Nesterov's scheme

DT, DAMPING = 0.1, 3.0
PRINTED_SCHEME = PRINTED["5.5"].values


def parameters(dt: float = DT, damped: float = DAMPING) -> tuple[float, float]:
    """(step, momentum) as Eq 16, 17 print them."""
    return tuple(float(PRINTED_SCHEME[name].subs({lr: dt, damping: damped})) for name in ("step", "momentum"))


def nesterov_transform() -> dict[str, list[World]]:
    """Thm E.1."""
    (size, by), what = parameters(), np.fft.fft2(WINDOW)

    def ahead(now: np.ndarray, before: np.ndarray) -> np.ndarray:
        return now + by * (now - before)

    def world(window: np.ndarray | None) -> dict:
        now, before = (f if window is None else f * window for f in (FIRST, EARLIER))
        point = ahead(now, before)
        after = point - size * slope(point, window)
        transforms = {Khat: now, Khat_prev: before, Vhat: point, Khat_next: after}
        return BASE | {lr: DT, damping: DAMPING, step: size, momentum: by} | {k: np.fft.fft2(f) for k, f in transforms.items()}

    amplifier = np.fft.fft2(slope(FIRST) - slope(SECOND)) / np.fft.fft2(FIRST - SECOND)
    large = World(world(None) | {z: amplifier})
    return {"*": [large], "Windowed form": [World(world(WINDOW) | {What: what})], "Amplification polynomial": roots()}


def roots() -> list[World]:
    """Both roots of one mode, from the scheme's matrix."""
    size, by = parameters()
    found = np.linalg.eigvals(nesterov_matrix(np.array([[50.0]]), DT, DAMPING))
    return [World({xi: root, z: 50.0, step: size, momentum: by}) for root in found]


def near_edge(dampings: tuple[float, ...]) -> list[World]:
    """One mode of the scheme, z just inside and outside what the matrix allows, found by bisection."""
    found = []
    for damped in dampings:
        size, by = parameters(DT, damped)
        radius = lambda amplifier, d=damped: spectral_radius(nesterov_matrix(np.array([[amplifier]]), DT, d))  # noqa: E731
        low, high = 1e-6, 40 / DT**2
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if radius(middle) < 1 else (low, middle)
        values = {lr: DT, damping: damped, step: size, momentum: by}
        found += [World(values | {z: s * low}, radius(s * low) < 1) for s in (-1e-3, 1e-3, 0.999, 1.001)]
    return found


SMALL, ANY = (1.0, 8.0, 18.0), (1.0, 18.0, 30.0, 39.0, 45.0, 80.0)  # damping, where the momentum is in [0, 1), and any


def positive(worlds: list[World]) -> list[World]:
    return [world for world in worlds if world.values[z] > 0]


def nesterov_step() -> dict[str, list[World]]:
    """Eq 73."""
    size, by = parameters()
    numbers = [World({lr: DT, damping: DAMPING, step: size, momentum: by})]
    return {
        "Amplification polynomial": roots(), "Parameters": numbers, "Condition": near_edge(ANY), "Any damping": near_edge(ANY),
        "Gradient amplifier": near_edge(SMALL), "Step size": positive(near_edge(SMALL)), "Little damping": positive(near_edge((1e-7,))),
    }  # fmt: skip


def nesterov_edges(errors: tuple[float, ...], dampings: tuple[float, ...]) -> list[World]:
    """The scheme on a kernel that fills the grid, around the edges in alpha, by dense matrices."""
    found = []
    for error, mode in product(errors, near_edge(dampings)[2::4]):
        spectrum = np.abs(np.fft.fft2(images(0))) ** 2
        drives = np.linalg.eigvalsh(error * BETA / 2 * windowed_gram(images(0), 4))
        v = mode.values
        scale, top = 0.5 * v[z] / np.ptp(drives), v[z] / 0.999
        drives, spectrum = scale * drives, scale * spectrum
        ends = {alpha_min: -drives[0], alpha_max: top - drives[-1]}
        values = v | ends | {a: error, beta: BETA, power_min: spectrum.min(), power_max: spectrum.max()}
        for end, sign in product(ends.values(), (-1, 1)):
            decay = end + sign * 1e-3 * (ends[alpha_max] - ends[alpha_min])
            matrices = (nesterov_matrix(np.array([[decay + drive]]), DT, v[damping]) for drive in drives)
            found.append(World(values | {alpha: decay}, max(map(spectral_radius, matrices)) < 1))
    return found


def nesterov_bounds() -> dict[str, list[World]]:
    """Thm 5.6."""
    amplifier = nesterov_transform()["*"][0]
    return {
        "Gradient amplifier": [amplifier], "Condition": nesterov_edges((-0.5, 0.5), ANY), "Any damping": near_edge(ANY),
        "Weight decay, a > 0": facts(nesterov_edges((0.5,), SMALL)), "Weight decay, a < 0": facts(nesterov_edges((-0.5,), SMALL)),
    }  # fmt: skip


def nesterov_flow() -> dict[str, list[World]]:
    """Thm 5.5: the printed scheme, and a solution of the printed flow put in; K stands for one coordinate, the loss is quadratic."""
    stiffness, dt = 2.0, 1e-4
    size, by = parameters(dt, DAMPING)
    rate = np.roots([1, DAMPING, stiffness])[1]
    path = {nesterov_limit.path: 1.0}
    path |= {nesterov_limit.path.diff(nesterov_limit.time, n): rate**n for n in (1, 2)}
    loss = {("∇L", 0): lambda k: stiffness * np.asarray(k), ("∇L", 1): lambda k: stiffness + 0 * np.asarray(k)}
    base = loss | {lr: dt, damping: DAMPING, step: size, momentum: by}
    grid = base | {K: 1.0, K_next: np.exp(rate * dt), nesterov_limit.K_prev: np.exp(-rate * dt)}
    return {
        "Flow": [World(base | path)], "Back to the flow": [World(base | path)], "As torch has it": [World(dict(zip((lr, damping, step, momentum), (DT, DAMPING, *parameters()), strict=True)))],
        "Central differences": [World(grid)], "Explicit scheme": [explicit(stiffness)], "Semi-implicit scheme": [printed(stiffness)],
        "One order further": [modified()],
    }  # fmt: skip


def explicit(stiffness: float) -> World:
    """One step of the two central differences, solved by a linear solver, from arbitrary values."""
    now, before = 0.7, 0.2
    lead, rest = 1 / DT**2 + DAMPING / (2 * DT), (-2 * now + before) / DT**2 - DAMPING * before / (2 * DT)
    values = {lr: DT, damping: DAMPING, K: now, nesterov_limit.K_prev: before, K_next: (-stiffness * now - rest) / lead}
    return World(values | {("∇L", 0): lambda k: stiffness * np.asarray(k)})


def printed(stiffness: float) -> World:
    """One step of the printed scheme from arbitrary values."""
    (size, by), now, before = parameters(), 0.7, 0.2
    point = now + by * (now - before)
    values = {lr: DT, damping: DAMPING, K: now, nesterov_limit.K_prev: before, nesterov_limit.V: point}
    return World(values | {K_next: point - size * stiffness * point, ("∇L", 0): lambda k: stiffness * np.asarray(k)})


def modified() -> World:
    """The scheme's own path on a loss that is not quadratic, differenced: true to the second order of a small step."""
    dt = 1e-3
    size, by = parameters(dt)
    slope_, bend = (lambda k: k**3 + k**2 + k), (lambda k: 3 * k**2 + 2 * k + 1)
    kernels = [0.7, 0.7 + dt]
    for _ in range(3):
        point = kernels[-1] + by * (kernels[-1] - kernels[-2])
        kernels.append(point - size * slope_(point))
    before, now, after = kernels[-3:]
    path, time = nesterov_limit.path, nesterov_limit.time
    values = {path: now, path.diff(time): (after - before) / (2 * dt), path.diff(time, 2): (after - 2 * now + before) / dt**2}
    return World(values | {lr: dt, damping: DAMPING, ("∇L", 0): slope_, ("∇L", 1): bend})


WORLDS = {
    "5.3": transform, "5.4": bounds, "eq-19": one_cell, "5.5": nesterov_flow, "E.1": nesterov_transform,
    "eq-73": nesterov_step, "5.6": nesterov_bounds,
}  # fmt: skip
