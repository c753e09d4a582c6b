"""How fast a device is at what this package does most, and whether the numbers made there are right."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
from torch.nn.functional import cross_entropy

from experiments.benchmarks import on_gpu
from experiments.benchmarks.timing import Result
from experiments.first_run.log import Log
from numerics.common.determinism import reproducible
from numerics.sharpness import sharpness


def _told(log: Log, measure: Callable[[str], list[Result]]) -> None:
    """Rows of a benchmark as lines; on a CPU nothing is claimed, nor where there is no target."""
    for row in measure(log.device):
        wanted = f", {'at least' if row.at_least else 'at most'} {row.target:g}" if row.target else ""
        log.say(row.met if log.gpu and row.target else None, f"{row.name}{wanted}", f"{row.value:.3g} {row.unit} ({row.note})")


def training(log: Log) -> None:
    """Six nets side by side."""
    _told(log, on_gpu.training)


def pde(log: Log) -> None:
    """The CPU's numbers, and the time of a step."""
    size, kernel = (256, 32) if log.gpu else (32, 4)
    for dtype in (torch.float64, torch.float32):
        here, there = (on_gpu.pde_steps(device, size, kernel, 4, dtype).cpu() for device in ("cpu", log.device))
        off = float(((here - there).norm(dim=(-2, -1)) / here.norm(dim=(-2, -1))).max())
        name = f"PDE {size}/{kernel}, {str(dtype).removeprefix('torch.')}: the CPU's numbers over {on_gpu.STEPS} steps"
        log.say(off < 1e4 * torch.finfo(dtype).eps, name, f"{off:.1e} relative")
    _told(log, on_gpu.pde)


def curvature(log: Log) -> None:
    """The sharpness in float32 against that in float64: its bound must hold under torch's default precision."""
    model, (pixels, labels) = on_gpu.net_for(log.device).eval(), on_gpu.batch_of(log.device, 512 if log.gpu else 8)
    exact = float(sharpness(model.double(), cross_entropy, (pixels.double(), labels), tolerance=1e-6, limit=200))
    largest = sharpness(model.float(), cross_entropy, (pixels, labels), tolerance=1e-3, limit=200)
    off, bound = abs(float(largest) - exact), float(largest.bounds[0])
    told = f"off by {off / exact:.1e}, bound {bound / exact:.1e}, {largest.products} products"
    log.say(off <= bound, "sharpness in float32 within its bound", told)
    _told(log, on_gpu.products)


def monitoring(log: Log) -> None:
    """The training's bits beside the monitor, and what it costs."""
    with reproducible(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # batch norm
        plain, watched = (on_gpu.trained(log.device, 30 if log.gpu else 3, on)[1] for on in (False, True))
    same = all(torch.equal(a, b) for a, b in zip(plain, watched, strict=True))
    log.say(same, "the monitor leaves the training's bits alone")
    _told(log, on_gpu.monitoring)
