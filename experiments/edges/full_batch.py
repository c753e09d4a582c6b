"""Full-batch training of several networks at several step sizes: what Figs 7 and 8 share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from torch import nn

from derive import maximal_curvature
from experiments.running.progress import Report, part
from numerics.common.determinism import reproducible
from numerics.datasets import Data, load
from numerics.measures.distance import relative_l1
from numerics.measures.loss_verdict import loss_verdict, rises
from numerics.nets import build
from numerics.pdes.descent import Descent, descent
from numerics.pdes.flow_sharpness import flow_sharpness
from numerics.pdes.simulate import simulate

ACTIVATION = "swish"
"""Of networks that take one."""

TOLERANCE = 1e-3
"""Of the sharpness, relative."""


@dataclass(frozen=True)
class FullBatch:
    """Networks, data and gradient descent.

    Attributes:
        nets: names of networks.
        lrs: step sizes.
        data: name of a data set; it is not fetched.
        classes: labels kept; all for none.
        subset: only the first so many images.
        beta: parameter of Swish, for networks that have it.
        alpha: weight decay.
        steps: of gradient descent.
        every: steps between two measurements of the sharpness.
        k: of the perturbed run beside each; 1 for none. No step size may be k times a power of two: 3 g = (3/3) (3 g) exactly.
        seed: of the initial weights.
        dtype: of everything.
        data_dir: folder with data files of the user's own; None for the cache.
    """

    nets: tuple[str, ...]
    lrs: tuple[float, ...]
    data: str = "digits"
    classes: tuple[int, ...] = ()
    subset: int | None = None
    beta: float = 1.0
    alpha: float = 0.0
    steps: int = 1000
    every: int = 50
    k: int = 7
    seed: int = 1
    dtype: str = "float64"
    data_dir: str | None = None

    def images(self, device: str) -> Data:
        """The data, resident on the device."""
        return load(
            self.data, data_dir=self.data_dir, classes=self.classes or None, subset=self.subset, device=device,
            dtype=getattr(torch, self.dtype), download=False,
        )  # fmt: skip

    def model(self, net: str, data: Data, device: str) -> nn.Module:
        """One network, at its initial weights."""
        return build(
            net, channels=data.channels, classes=data.classes, size=data.size, activation=ACTIVATION, beta=self.beta,
            seed=self.seed, dtype=getattr(torch, self.dtype), device=device,
        )  # fmt: skip

    def descent(self, net: str, data: Data, device: str) -> Descent:
        """Full-batch gradient descent of one network."""
        return descent(self.model(net, data, device), data.train.images, data.train.labels, self.alpha)


def edge() -> float:
    """Step size times sharpness at which gradient descent loses stability, from its derived largest curvature."""
    largest = maximal_curvature("gd")
    (lr,) = largest.free_symbols
    return float(largest * lr)


def train(setting: FullBatch, device: str, report: Report) -> xr.Dataset:
    """Loss at every step, normalised sharpness and RelL1 of the perturbed run at every measurement, verdicts.

    Under `reproducible()`: only then is the last bit, by which the runs of a pair differ at first, a last bit and no more.

    Returns:
        `loss` (net, lr, iteration), `normalised` and `rel_l1` (net, lr, measured), `verdict` and `rises` (net, lr).
    """
    data, pairs = setting.images(device), [(net, lr) for net in setting.nets for lr in setting.lrs]
    with reproducible():
        runs = [_run(setting, net, lr, data, device, part(report, n, len(pairs))) for n, (net, lr) in enumerate(pairs)]
    shape = len(setting.nets), len(setting.lrs)
    loss, normalised, rel_l1 = (np.stack(column).reshape(*shape, -1) for column in zip(*runs, strict=True))
    dims, by_step = ("net", "lr"), np.moveaxis(loss, -1, 0)
    return xr.Dataset(
        {
            "loss": ((*dims, "iteration"), loss, {"units": "1"}),
            "normalised": ((*dims, "measured"), normalised, {"units": "1"}),
            "rel_l1": ((*dims, "measured"), rel_l1, {"units": "1"}),
            "verdict": (dims, loss_verdict(by_step)),
            "rises": (dims, rises(by_step), {"units": "1"}),
        },
        {"net": list(setting.nets), "lr": list(setting.lrs), "measured": np.arange(0, setting.steps + 1, setting.every)},
        {"edge": edge(), "data": data.name, "images": len(data.train.labels), "seeds": setting.seed, "alpha": setting.alpha,
         "beta": setting.beta, "dtype": setting.dtype, "k": setting.k},
    )  # fmt: skip


def _run(setting: FullBatch, net: str, lr: float, data: Data, device: str, report: Report) -> tuple[np.ndarray, ...]:
    """(losses at every step, normalised sharpness, RelL1) of one run; simulated from measurement to measurement."""
    trained = setting.descent(net, data, device)
    ks = torch.tensor([1, setting.k][: 1 + (setting.k > 1)], dtype=trained.start.dtype, device=device)[:, None]
    state, losses, sharpness, apart = trained.start.expand(len(ks), -1), [], [], []
    for steps in _segments(setting):
        sharpness.append(float(flow_sharpness(trained.flow, state[0], TOLERANCE, dims=1)))
        apart.append(float(relative_l1(state[0], state[-1])) if bool(state.isfinite().all()) else np.nan)
        if steps == 0:
            break
        watch = {"loss": lambda weights, _: trained.loss(weights[:1]).detach()}
        path = simulate(trained.flow, state, lr, steps, k=ks, observe=watch)
        losses.append(path.records["loss"][:, 0].cpu().numpy()[bool(losses) :])
        state = path.final
        report(len(losses) * setting.every, setting.steps)
    return np.concatenate(losses), lr * np.array(sharpness), np.array(apart)


def _segments(setting: FullBatch) -> Iterator[int]:
    """Steps between measurements; 0 for the last measurement."""
    yield from [setting.every] * (setting.steps // setting.every)
    yield 0
