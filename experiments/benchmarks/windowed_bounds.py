"""The stability edges of windows of 16, 32 and 64 cells in a 256x256 image: time, and agreement with simulation."""

from __future__ import annotations

import torch

from experiments.benchmarks.timing import Result, seconds
from numerics import windowed_bounds
from numerics.pdes.active_mode import checkerboard
from numerics.pdes.correlation import Correlation
from numerics.pdes.edge import linear_edges

KERNELS = (16, 32, 64)
A, BETA, LR, IMAGE = -0.5, 1.0, 1e-8, 256


def run() -> list[Result]:
    """Seconds for the three kernels, on the checkerboard and on noise; worst disagreement with bisection."""
    images = {"checkerboard": checkerboard(IMAGE), "noise": _noise()}
    times = [
        Result(f"windowed_bounds 16, 32, 64: {name}", _seconds(image), "s", 2, False, "Lanczos steps, two transforms each")
        for name, image in images.items()
    ]
    gap = max(_gap(kernel, images["checkerboard"]) for kernel in KERNELS)
    return [*times, Result("windowed_bounds: distance from bisection", gap, "relative", 1e-3, False, "brackets of 5e-4")]


def _noise() -> torch.Tensor:
    return torch.rand(IMAGE, IMAGE, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def _seconds(image: torch.Tensor) -> float:
    return seconds(lambda: [windowed_bounds(image, kernel, A, BETA, LR) for kernel in KERNELS], 3, warm_up=1)


def _gap(kernel: int, image: torch.Tensor) -> float:
    """Largest relative difference of either edge."""
    predicted = windowed_bounds(image, kernel, A, BETA, LR)
    edges = linear_edges(Correlation(image, kernel), A, BETA, LR)
    return max(abs(b.middle / p - 1) for b, p in zip(edges, predicted, strict=True))
