"""One training with its sharpness, its mini-batch sharpness, the layer-wise theory and a last-bit shadow on one time axis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isfinite, nan
from typing import NamedTuple

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn
from torch.optim import Optimizer

from experiments.edges.edge_of_optimizers_theory import theory
from experiments.running.progress import Report, silent
from numerics.common.determinism import reproducible
from numerics.datasets import Split, batches
from numerics.measures.growth import growth
from numerics.monitor import StabilityMonitor
from numerics.nets.chain import Chain
from numerics.sharpness import minibatch_sharpness
from numerics.thresholds import thresholds

UNLIMITED = 1e9
"""Hessian products per step: here the measurements come as often as they are asked for."""

SAMPLED, SAMPLING_ERROR = 32, 0.1
"""Most batches of a mini-batch sharpness; half width of its interval at which fewer do, relative."""


class Pace(NamedTuple):
    """How long a training is, and how often it is measured.

    Attributes:
        steps: of the optimiser, at least 14 (12 of a shadow after one).
        every: steps between measurements; the first is after step 1.
        batch: images per step; None for all.
        seed: of the order of batches.
    """

    steps: int
    every: int
    batch: int | None = None
    seed: int = 1


@reproducible()
def follow(
    model: nn.Module,
    optimizer: Optimizer,
    loss: Callable[[Tensor, Tensor], Tensor],
    split: Split,
    pace: Pace,
    report: Report = silent,
) -> xr.Dataset:
    """Train the model, and measure on all images whatever the batch.

    The shadow trains beside it with k = 3 from step 1 to the end, under `reproducible()`: elsewhere its copy would not have
    the training's bits.

    Returns:
        Along `measured` (step): `loss`, `normalised` (1 is the optimiser's edge), `bound` on its error, `minibatch` (mean of
        g^T H g / g^T g over batches, over the edge; NaN for the full batch, and under Adam), `theory` (see there; NaN for nets
        other than chains). Along `step`: `rel_l1`. Without axis: `growth` of it, with `growth_rate`, `growth_low`,
        `growth_high` and `growth_start`. NaN after a run has blown up.
    """
    told = {"every": pace.steps + 1, "budget": UNLIMITED, "layers": 0, "shadow": 1.0, "window": pace.steps - 1}
    beside = []
    everything = split.images, split.labels
    with StabilityMonitor(model, optimizer, loss, probe=everything, **told) as monitor:
        for step, (images, labels) in enumerate(_feed(split, pace), 1):
            value = _train(model, optimizer, loss, images, labels)
            monitor.step(images, labels)
            # At these very steps, also where the monitor by itself would wait for Adam's denominators to settle.
            if (step - 1) % pace.every == 0 and monitor.latest.get("steps", {}).get("normalised") != step:
                monitor.measure(images, labels, 0)
            if not isfinite(value):
                break
            if (step - 1) % pace.every == 0:
                beside.append((step, *_beside(model, optimizer, loss, split, pace.batch)))
                report(step, pace.steps)
    return _series(monitor.dataset(), beside, pace, torch.finfo(next(model.parameters()).dtype).eps / 2)


def _feed(split: Split, pace: Pace) -> Iterator[tuple[Tensor, Tensor]]:
    """A batch for every step, epoch after epoch."""
    step = epoch = 0
    while step < pace.steps:
        drawn = [(split.images, split.labels)] if pace.batch is None else batches(split, pace.batch, pace.seed, None, epoch)
        for batch in drawn:
            if step < pace.steps:
                yield batch
            step += 1
        epoch += 1


def _train(model: nn.Module, optimizer: Optimizer, loss: Callable, images: Tensor, labels: Tensor) -> float:
    """One step; the loss before it."""
    optimizer.zero_grad()
    value = loss(model(images), labels)
    value.backward()
    optimizer.step()
    return value.item()


def _beside(model: nn.Module, optimizer: Optimizer, loss: Callable, split: Split, batch: int | None) -> tuple[float, float]:
    """(mini-batch sharpness over the edge, the theory's) now."""
    live = thresholds(optimizer)
    along = nan
    if batch is not None and live[0].optimizer == "sgd":
        sample = minibatch_sharpness(model, loss, (split.images, split.labels), batch, SAMPLING_ERROR, limit=SAMPLED)
        along = sample.value / live[0].curvature
    return along, theory(model, loss, split, live) if isinstance(model, Chain) else nan


def _series(seen: xr.Dataset, beside: list[tuple[int, float, float]], pace: Pace, roundoff: float) -> xr.Dataset:
    steps = np.arange(1, pace.steps + 1)
    measured = steps[:: pace.every]
    ours = np.array(beside, dtype=float).reshape(-1, 3)
    ours = xr.Dataset({"minibatch": ("measured", ours[:, 1]), "theory": ("measured", ours[:, 2])}, {"measured": ours[:, 0]})
    monitored = seen[["loss", "normalised", "bound"]].rename(step="measured")
    apart = seen.rel_l1.reindex(step=steps)
    rate = growth(apart.values[1:], roundoff=roundoff)  # the two are equal at step 1
    return xr.merge([monitored.reindex(measured=measured), ours.reindex(measured=measured), apart], join="exact").assign(
        growth=rate.verdict, growth_rate=rate.rate, growth_low=rate.low, growth_high=rate.high, growth_start=1 + rate.start
    )
