"""One and three layers, full batch, no weight decay: loss and sharpness at several step sizes.

The paper's step sizes are lost. Ours go up by factors of about 3 from where both networks are stable.

Source: Fig 7.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import xarray as xr
from matplotlib.figure import Figure

from experiments.edges.full_batch import FullBatch, train
from experiments.edges.full_batch_drawing import active, grid, setting, verdicts
from experiments.running.progress import Report

TITLE = "One and three layers at the edge of stability"
DATA = "mnist"
"""The paper's."""
SHALLOW, DEEP = "chain-1", "chain-3"
LRS = (1.0, 3.0, 10.0)


RUNS = FullBatch((SHALLOW, DEEP), LRS, classes=(0, 1), steps=1000, every=50)


@dataclass(frozen=True)
class Config:
    """Networks, data, step sizes and lengths: see `FullBatch`."""

    runs: FullBatch


PRESETS = {
    "smoke": Config(FullBatch((SHALLOW, DEEP), (0.3, 3.0), classes=(0, 1), subset=60, steps=100, every=50)),
    "default": Config(RUNS),
    "paper": Config(replace(RUNS, data=DATA)),
}


def compute(config: Config, device: str, report: Report) -> xr.Dataset:
    """Train both networks at every step size."""
    return train(config.runs, device, report)


def restrained_by_depth(results: xr.Dataset) -> list[float]:
    """Step sizes at which the shallow network is stable and the deep one restrained."""
    pair = (results.verdict.sel(net=SHALLOW) == "stable") & (results.verdict.sel(net=DEEP) == "restrained")
    return [float(lr) for lr in results.lr[pair]]


def render(results: xr.Dataset) -> Figure:
    """Loss, normalised sharpness and RelL1 of both networks."""
    return grid(results)


def caption(results: xr.Dataset) -> str:
    """Verdicts, and the step sizes the paper's statement is about."""
    restrained = ", ".join(f"{lr:g}" for lr in restrained_by_depth(results)) or "none"
    return (
        f"Chains of one and three layers, one channel, 3x3 kernels, {active(results)} ({setting(results, DATA)}); step sizes "
        f"chosen, as the paper's are lost. A run is stable where no step of its second half raises the loss. "
        f"{verdicts(results)}. One layer stable, three restrained: at {restrained}."
    )
