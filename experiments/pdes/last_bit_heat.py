"""Heat equation in float32 from starts that differ in the last bit, and what the recursion of the error predicts.

Source: Eq 3, Fig 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from matplotlib.figure import Figure

from derive.derivations import heat as theory
from derive.fields.phases import COSINES
from derive.fields.symbols import diffusivity, dx, lr
from experiments import style
from experiments.running.progress import Report
from numerics.measures.distance import relative_l1
from numerics.pdes.flows import heat
from numerics.pdes.simulate import simulate

TITLE = "Last bits of the heat equation below and above the CFL bound"
FRACTION = 23  # bits of float32 after the first
NODES = 40  # of the quadrature over two Gaussian errors


@dataclass(frozen=True)
class Config:
    """Points, height of the first sine that is the start, the two ratios dt/dx^2, steps, perturbed starts, seed."""

    points: int = 31
    height: float = 1.5
    ratios: tuple[float, float] = (0.4, 0.8)
    steps: int = 100
    starts: int = 200
    seed: int = 0


PRESETS = {"smoke": Config(starts=20), "default": Config(), "paper": Config()}


def compute(config: Config, device: str, report: Report) -> xr.Dataset:
    """Simulate both ratios; put the errors that were made, and those that are to be expected, into Eq 3."""
    runs = [_one(config, ratio, device) for ratio in config.ratios]
    merged = {name: (("ratio", "step"), np.stack([part[name] for part in runs]), {"units": "1"}) for name in runs[0]}
    return xr.Dataset(merged, {"ratio": list(config.ratios), "step": np.arange(config.steps + 1)}, {"seeds": f"{config.seed}"})


def _one(config: Config, ratio: float, device: str) -> dict[str, np.ndarray]:
    start = first_sine(config)
    signs = np.random.default_rng(config.seed).choice([-1.0, 1.0], (config.starts, config.points))
    starts = np.concatenate([start[None], start + signs * last_bit(start)])
    run = simulate(heat(), torch.as_tensor(starts, device=device).float(), ratio, config.steps, observe={"u": lambda u, _: u})
    states = run.records["u"].double().cpu().numpy()
    apart = states[:, 1:] - states[:, :1]
    rms = np.sqrt((apart[..., 1:-1] ** 2).mean((1, 2)))
    superposed = superposition(states, np.float64(np.float32(ratio)))
    deviation = np.sqrt(((superposed - apart)[..., 1:-1] ** 2).mean((1, 2)))
    inner = torch.as_tensor(states[..., 1:-1])
    rel = relative_l1(inner[:, 1:], inner[:, :1].expand(-1, config.starts, -1), dims=1).mean(1).numpy()
    expected, expected_rel = prediction(config, ratio)
    return {
        "rms": rms,
        "rel_l1": rel,
        "expected_rms": expected,
        "expected_rel_l1": expected_rel,
        "deviation": deviation / rms.clip(1e-300),
    }


def first_sine(config: Config) -> np.ndarray:
    """The slowest mode, in float32's numbers: it has no part in the modes that a step above the bound amplifies."""
    wave = config.height * np.sin(np.pi * np.arange(config.points) / (config.points - 1))
    wave[[0, -1]] = 0
    return wave.astype(np.float32).astype(np.float64)


def last_bit(values: np.ndarray) -> np.ndarray:
    """Spacing of float32's numbers there; 0 at 0."""
    return np.where(values == 0, 0.0, np.ldexp(1.0, np.frexp(values)[1] - 1 - FRACTION))


def modes(points: int, ratio: float) -> tuple[np.ndarray, np.ndarray]:
    """(sines, one per row, and their amplification factors as derived), for ends that are held."""
    inner = points - 2
    phases = np.pi * np.arange(1, inner + 1) / (points - 1)
    sines = np.zeros((inner, points))
    sines[:, 1:-1] = np.sqrt(2 / (points - 1)) * np.sin(np.outer(phases, np.arange(1, inner + 1)))
    factor = theory.amplifier(1).subs({lr: ratio, dx: 1, diffusivity: 1})
    return sines, np.array([float(factor.subs(COSINES[0], np.cos(phase))) for phase in phases])


def superposition(states: np.ndarray, ratio: float) -> np.ndarray:
    """What Eq 3 makes of the errors that every step did make: sum over i of A^i (difference of those of step n - 1 - i)."""
    sines, factors = modes(states.shape[-1], ratio)
    uhat = states @ sines.T
    errors = uhat[1:] - factors * uhat[:-1]
    between = errors[:, 1:] - errors[:, :1]
    sums = [uhat[0, 1:] - uhat[0, :1]]
    for n in range(1, len(states)):
        powers = factors ** np.arange(n)[:, None, None]
        sums.append(factors**n * sums[0] + (powers * between[:n][::-1]).sum(0))
    return np.array(sums) @ sines


def prediction(config: Config, ratio: float) -> tuple[np.ndarray, np.ndarray]:
    """(RMS difference, RelL1) to be expected: roundings independent, each uniform over the spacing of what it rounds."""
    sines, factors = modes(config.points, ratio)
    step = sines.T @ np.diag(factors) @ sines
    state, plain = first_sine(config), np.zeros((config.points, config.points))
    started = np.diag(last_bit(state) ** 2)
    rms, rel = [], []
    for _ in range(config.steps + 1):
        apart = np.diag(started + 2 * plain)[1:-1]
        rms.append(np.sqrt(apart.mean()))
        rel.append(expected_rel_l1(state[1:-1], np.diag(plain)[1:-1], np.diag(started + plain)[1:-1]))
        after = step @ state
        plain = step @ plain @ step.T + np.diag(roundings(state, after, ratio))
        started, state = step @ started @ step.T, after
    return np.array(rms), np.array(rel)


def roundings(before: np.ndarray, after: np.ndarray, ratio: float) -> np.ndarray:
    """Mean square of what one step in float32 adds: the new value, the first sum of the Laplacian, the update."""
    first, update = before[2:] - 2 * before[1:-1], (after - before)[1:-1]
    variances = np.zeros_like(before)
    variances[1:-1] = (last_bit(after[1:-1]) ** 2 + (ratio * last_bit(first)) ** 2 + last_bit(update) ** 2) / 12
    return variances


def expected_rel_l1(state: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    """RelL1 of two runs whose errors are independent and Gaussian, of these variances."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    one = state[:, None, None] + np.sqrt(np.maximum(first, 0))[:, None, None] * nodes[:, None]
    two = state[:, None, None] + np.sqrt(np.maximum(second, 0))[:, None, None] * nodes
    size = np.abs(one) + np.abs(two)
    gap = np.divide(2 * np.abs(one - two), size, out=np.zeros_like(size), where=size > 0)
    return float(np.einsum("xij,i,j->x", gap, weights, weights).mean() / weights.sum() ** 2)


def render(results: xr.Dataset) -> Figure:
    """Two panels: RMS difference and RelL1, measured and expected."""
    figure, axes = style.panels(2)
    for ax, name, label in zip(axes, ("rms", "rel_l1"), ("RMS difference", "RelL1"), strict=True):
        for ratio, colour in zip(results.ratio.values, style.CYCLE, strict=False):
            one = results.sel(ratio=ratio)
            ax.semilogy(one.step, one[name], color=colour, label=rf"$\Delta t/\Delta x^2 = {ratio}$")
            ax.semilogy(one.step, one[f"expected_{name}"], color=colour, ls=":", lw=2.5, alpha=0.6, label="expected")
        ax.set(xlabel="step", ylabel=label)
    axes[-1].legend(loc="center right")
    return figure


def caption(results: xr.Dataset) -> str:
    """Settings; how the measured differences compare with those expected."""
    low, high = (results.isel(ratio=n) for n in (0, 1))
    off = [part.rms.values[1:] / part.expected_rms.values[1:] for part in (low, high)]
    return (
        "Heat equation in float32, first sine as the start, and starts whose every value is moved by its last bit, up or down. "
        "Dotted: the expectation by Eq 3, roundings taken as independent; nothing is fitted. "
        f"At {float(low.ratio)} the difference stays at the level of rounding, {off[0].min():.2f} to {off[0].max():.2f} of "
        "what is expected (roundings of runs that are a bit apart are not independent, and runs meet); "
        f"at {float(high.ratio)} it grows by the factor of the shortest wave to {float(high.rms[-1]):.1e}, "
        f"{off[1].min():.2f} to {off[1].max():.2f} of it. "
        f"Put into Eq 3, the errors that the steps did make give the differences to {float(results.deviation.max()):.0e}."
    )
