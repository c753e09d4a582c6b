"""Synthetic distances with a known law, and the noises seen on real ones."""

from __future__ import annotations

import numpy as np

STEPS = np.arange(1, 601.0)

LAWS = {
    "exponential": lambda t: 1e-8 * np.exp(0.02 * t),
    "saturating": lambda t: 1 / (1 / (1e-8 * np.exp(0.05 * t)) + 1 / 0.3),
    "after a floor": lambda t: 1e-8 * (1 + np.exp(0.05 * (t - 200))),
    "level": lambda t: 1e-8 + 0 * t,
    "decay": lambda t: 1e-7 * np.exp(-0.005 * t),
    "levelling off": lambda t: 1e-8 * (1 - np.exp(-0.1 * t)) / 0.1,
    "square root": lambda t: 1e-8 * t**0.5,
    "linear": lambda t: 1e-8 * t,
    "from a start": lambda t: 1e-8 * (30 + t),
}


def ar(rng: np.random.Generator, count: int, memory: float, size: float) -> np.ndarray:
    found = np.empty(count)
    value = 0.0
    for i, shock in enumerate(size * rng.standard_normal(count)):
        found[i] = value = memory * value + shock
    return found


NOISES = {
    "none": lambda rng, n: np.zeros(n),
    "white": lambda rng, n: 0.3 * rng.standard_normal(n),
    "spikes": lambda rng, n: 0.3 * rng.standard_normal(n) + np.where(rng.random(n) < 0.02, 3, 0),
    "walk": lambda rng, n: ar(rng, n, 1.0, 0.1),
    "remembered": lambda rng, n: ar(rng, n, 0.9, 0.2),
    "jumps": lambda rng, n: np.cumsum(np.where(rng.random(n) < 0.02, 5 * rng.standard_normal(n), 0)),
    "mixed": lambda rng, n: ar(rng, n, 1.0, 0.1) + rng.standard_normal(n),
}


def series(law: str, noise: str, seed: int = 0) -> np.ndarray:
    return LAWS[law](STEPS) * np.exp(NOISES[noise](np.random.default_rng(seed), len(STEPS)))
