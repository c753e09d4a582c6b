"""Loss, sharpness, the PDE's bound and last-bit divergence on one time axis, for four optimisers, each against its own edge.

The paper has no such figure; its preset `paper` is the default's setting on the first 5000 images of Fashion-MNIST, and asks
for a GPU. The edges are derived for steps that repeat: a full batch. With small batches training settles elsewhere; those runs
stand beside.

Of the fully connected tanh net the edge of gradient descent and both momenta lies at twice the first sharpness. At one and a
half times, tried first, heavy ball blew up. Of the chain, whose sharpness grows more, it lies at ten times. Adam has torch's
own step size, ten times that for the chain's few weights.

Source: Section 6.2; Cohen et al. (2021) and (2022); Andreyev and Beneventano (2024), for small batches.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from experiments.edges.edge_of_optimizers_drawing import TOP, grid, numbers
from experiments.edges.edge_of_optimizers_runs import Pace, follow
from experiments.edges.edge_of_optimizers_setting import FULL, LOSSES, OPTIMIZERS, Block, Config, step_sizes
from experiments.running.progress import Report, part
from numerics.datasets import Data
from numerics.pdes.batches import one_thread

TITLE = "Four optimisers at their edges of stability"
DENSE = Block("dense-2", "squared loss", ahead=2.0, batches=(32, 8))
CHAIN = Block("chain-2", "cross entropy", ahead=10.0, adam=1e-2, classes=(0, 1))
BOTH = Config((DENSE, CHAIN), subset=500)
PRESETS = {
    "smoke": Config((replace(DENSE, net="dense-1", batches=(8,)), CHAIN), subset=60, steps=30, every=10),
    "default": BOTH,
    "paper": replace(BOTH, data="fashion-mnist", subset=5000, steps=4000, every=50),
}


UNITS = {"growth_rate": "1/step", "growth_low": "1/step", "growth_high": "1/step", "growth_start": "step", "lr": "time"}
"""Variable -> unit; "1" for others that are numbers."""


def compute(config: Config, device: str, report: Report) -> xr.Dataset:
    """Train every network by every optimiser on every batch size, each from the same start.

    Returns:
        What `follow` returns, by (net, optimizer, batch); `lr` by (net, optimizer).
    """
    runs = [(b, name, size) for b in config.blocks for name in OPTIMIZERS for size in (None, *b.batches)]
    data = {block.net: config.images(block, device) for block in config.blocks}
    with one_thread(1):
        lrs = {block.net: _step_sizes(config, block, data[block.net], device) for block in config.blocks}
        rows = []
        for n, (block, name, size) in enumerate(runs):
            series = _run(config, block, data[block.net], name, lrs[block.net][name], size, device, part(report, n, len(runs)))
            rows.append(series.expand_dims(net=[block.net], optimizer=[name], batch=[str(size or FULL)]))
    rates = xr.DataArray([[lrs[b.net][name] for name in OPTIMIZERS] for b in config.blocks], dims=("net", "optimizer"))
    nets = {"net": [b.net for b in config.blocks], "optimizer": list(OPTIMIZERS)}
    order = [FULL, *dict.fromkeys(str(size) for b in config.blocks for size in b.batches)]
    merged = xr.combine_by_coords(rows, combine_attrs="drop", join="outer", compat="no_conflicts")
    results = merged.reindex(**nets, batch=order).assign(lr=rates.assign_coords(nets)).assign_attrs(_told(config, data))
    for name, variable in results.data_vars.items():
        variable.attrs = {"units": UNITS.get(str(name), "1")}
    return results


def _step_sizes(config: Config, block: Block, data: Data, device: str) -> dict[str, float]:
    model = config.model(block, data, device)
    return step_sizes(model, LOSSES[block.loss], data.train, block.ahead) | {"adam": block.adam}


def _run(
    config: Config, block: Block, data: Data, name: str, lr: float, size: int | None, device: str, report: Report
) -> xr.Dataset:
    model = config.model(block, data, device)
    optimizer = OPTIMIZERS[name](model.parameters(), lr)
    return follow(model, optimizer, LOSSES[block.loss], data.train, Pace(config.steps, config.every, size, config.seed), report)


def _told(config: Config, data: dict[str, Data]) -> dict:
    """What the caption needs beside the numbers."""
    first = next(iter(data.values()))
    return {
        "data": first.name, "images": [len(data[b.net].train.labels) for b in config.blocks],
        "loss": [b.loss for b in config.blocks], "seeds": config.seed, "dtype": config.dtype, "steps": config.steps,
    }  # fmt: skip


def settled(results: xr.Dataset) -> xr.Dataset:
    """Means over the last third of the steps: `normalised`, `minibatch`, `theory`; NaN for a run that blew up."""
    late = results[["normalised", "minibatch", "theory"]].where(results.measured > results.attrs["steps"] * 2 / 3, drop=True)
    return late.mean("measured", skipna=False)


def render(results: xr.Dataset) -> Figure:
    """A column for each optimiser; loss, normalised sharpness and RelL1 of each network."""
    return grid(results)


def caption(results: xr.Dataset) -> str:
    """Where every run settled, how fast its last bits diverged, and what the runs were."""
    at, late = results.attrs, settled(results)
    nets = "; ".join(
        f"{net} ({loss}, {images} images)"
        for net, loss, images in zip(results.net.values, np.atleast_1d(at["loss"]), np.atleast_1d(at["images"]), strict=True)
    )
    return (
        f"{at['data']}, seed {at['seeds']}, {at['dtype']}, {at['steps']} steps, no weight decay: {nets}. Sharpness on all "
        "images over each optimiser's own derived edge, mean of the last third of the steps and value at the end, where 1 is "
        f"the edge{_off_the_picture(results)}; the bound of the PDE, layer by layer, exists for chains only; growth rates of "
        "RelL1 between k = 1 and k = 3, with 95 % intervals. The edges are derived for steps that repeat, as of a full batch: "
        "where training with small batches settles, or that it blows up, they do not tell. "
        f"{numbers(results, late)}"
    )


def _off_the_picture(results: xr.Dataset) -> str:
    return f" (the picture ends at {TOP:g}; some values are higher)" if bool((results.normalised > TOP).any()) else ""
