"""Four optimisers, each with a step size that puts its own derived edge where it is wanted.

Source: Cohen et al. (2021), Gradient descent on neural networks typically occurs at the edge of stability, for tanh nets,
squared loss, momentum of 0.9 and step sizes with the edge above the first sharpness; Cohen et al. (2022), Adaptive gradient
methods at the edge of stability, for Adam.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot
from torch.optim import SGD, Adam, Optimizer

from experiments.edges.full_batch import ACTIVATION, FullBatch
from numerics.datasets import Data, Split
from numerics.nets import build
from numerics.sharpness import sharpness
from numerics.thresholds import thresholds

MOMENTUM = 0.9
FULL = "full"
"""The batch of all images."""

OPTIMIZERS: Mapping[str, Callable[[Iterable[Tensor], float], Optimizer]] = MappingProxyType(
    {
        "gd": lambda weights, lr: SGD(weights, lr=lr),
        "heavy ball": lambda weights, lr: SGD(weights, lr=lr, momentum=MOMENTUM),
        "nesterov": lambda weights, lr: SGD(weights, lr=lr, momentum=MOMENTUM, nesterov=True),
        "adam": lambda weights, lr: Adam(weights, lr=lr),
    }
)


def squares(outputs: Tensor, labels: Tensor) -> Tensor:
    """Half the squared distance of (N, classes) outputs from one-hot labels, a mean over the samples."""
    return (outputs - one_hot(labels, outputs.shape[1]).to(outputs)).square().sum(1).mean() / 2


LOSSES = MappingProxyType({"squared loss": squares, "cross entropy": cross_entropy})


@dataclass(frozen=True)
class Block:
    """One network, trained by each optimiser.

    Attributes:
        net: its name.
        loss: in LOSSES.
        ahead: curvature of the edge of gd, heavy ball and Nesterov alike, over the first sharpness; > 0.
        adam: step size of Adam, whose edge has no place before its first step.
        classes: labels kept; all for none.
        batches: sizes beside the full batch.
    """

    net: str
    loss: str
    ahead: float
    adam: float = 1e-3
    classes: tuple[int, ...] = ()
    batches: tuple[int, ...] = ()


@dataclass(frozen=True)
class Config:
    """All runs.

    Attributes:
        blocks: the networks.
        data: name of a data set; it is not fetched.
        subset: at most so many images, the first ones; all for None.
        steps: of training, at least 14.
        every: steps between two measurements.
        seed: of the initial weights, and of the order of batches.
        dtype: of everything.
        data_dir: folder with data files of the user's own; None for the cache.
    """

    blocks: tuple[Block, ...]
    data: str = "digits"
    subset: int | None = None
    steps: int = 1000
    every: int = 25
    seed: int = 1
    dtype: str = "float32"
    data_dir: str | None = None

    def images(self, block: Block, device: str) -> Data:
        """The data of one network."""
        whole = FullBatch((), (), self.data, block.classes, dtype=self.dtype, data_dir=self.data_dir)
        data = whole.images(device)
        few = self.subset is None or len(data.train.labels) <= self.subset
        return data if few else replace(whole, subset=self.subset).images(device)

    def model(self, block: Block, data: Data, device: str) -> nn.Module:
        """The network at its start."""
        return build(
            block.net, channels=data.channels, classes=data.classes, size=data.size, activation=ACTIVATION, seed=self.seed,
            dtype=getattr(torch, self.dtype), device=device,
        )  # fmt: skip


def step_sizes(model: nn.Module, loss: Callable[[Tensor, Tensor], Tensor], split: Split, ahead: float) -> dict[str, float]:
    """Of the optimisers whose edge is known beforehand: such that it is at `ahead` times the sharpness of the model now."""
    first = float(sharpness(model, loss, (split.images, split.labels)))
    edges = {name: _edge_at_one(OPTIMIZERS[name], model) for name in OPTIMIZERS if name != "adam"}
    return {name: edge / (ahead * first) for name, edge in edges.items()}


def _edge_at_one(make: Callable[[Iterable[Tensor], float], Optimizer], model: nn.Module) -> float:
    """Derived edge at step size 1, off a live optimiser; without decoupled weight decay all edges go like 1 / step size."""
    return thresholds(make(model.parameters(), 1.0))[0].curvature
