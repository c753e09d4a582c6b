"""Two and four fully connected layers at one step size, full batch: spikes in loss and sharpness.

The paper's step size is lost; ours go up to where the network of two layers still is stable.

Source: Fig 8; Cohen et al. (2021), Figure 5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import xarray as xr
from matplotlib.figure import Figure

from experiments.edges.full_batch import FullBatch, train
from experiments.edges.full_batch_drawing import active, grid, setting, verdicts
from experiments.running.progress import Report

TITLE = "Two and four layers: spikes"
DATA = "cifar-5k"
"""The paper's."""
SHALLOW, DEEP = "dense-2", "dense-4"


RUNS = FullBatch((SHALLOW, DEEP), (0.5, 0.7, 1.0), steps=1000, every=50, k=1, dtype="float32")


@dataclass(frozen=True)
class Config:
    """Networks, data, step sizes and lengths: see `FullBatch`."""

    runs: FullBatch


PRESETS = {
    "smoke": Config(FullBatch((SHALLOW, DEEP), (0.1,), subset=100, steps=40, every=20, k=1)),
    "default": Config(RUNS),
    "paper": Config(replace(RUNS, data=DATA, subset=5000, steps=5000)),
}


def compute(config: Config, device: str, report: Report) -> xr.Dataset:
    """Train both networks at every step size."""
    return train(config.runs, device, report)


def spikes(results: xr.Dataset) -> xr.DataArray:
    """Share of the steps of the second half that raise the loss by more than 1 %: (net, lr)."""
    late = results.loss.isel(iteration=slice(results.iteration.size // 2, None))
    return (late.diff("iteration") > 0.01 * late.isel(iteration=slice(None, -1)).values).mean("iteration")


def render(results: xr.Dataset) -> Figure:
    """Loss and normalised sharpness of both networks."""
    return grid(results)


def caption(results: xr.Dataset) -> str:
    """Verdicts, and how often the loss spikes."""
    shares = "; ".join(f"{net}: {_shares(spikes(results).sel(net=net))}" for net in results.net.values)
    return (
        f"Fully connected networks of 200 units, two and four layers, {active(results)} ({setting(results, DATA)}); "
        f"step sizes chosen, as the paper's is lost. {verdicts(results)}. Share of the steps of the second half "
        f"that raise the loss by more than 1 %: {shares}."
    )


def _shares(at: xr.DataArray) -> str:
    return ", ".join(f"{lr:g} {share:.1%}" for lr, share in zip(at.lr.values, at.values, strict=True))
