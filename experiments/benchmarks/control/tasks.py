"""Small real nets with their data: 1024 rows to train on, 1000 to test on; Fashion-MNIST if it is here, else digits.

Fashion-MNIST's images are pooled to 14 x 14; digits has fewer than 1000 to test on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, cross_entropy

from experiments.benchmarks.control.text import LETTERS, Transformer, letters, windows
from numerics import datasets
from numerics.datasets.chance import ORDER, permutation
from numerics.datasets.loading import first_available

IMAGES = ("fashion-mnist", "digits")
TRAIN, TEST = 1024, 1000


class Task(NamedTuple):
    """Data and a net.

    Attributes:
        data: where the rows come from.
        train: (inputs, targets), each (TRAIN, ...).
        test: the same to test on.
        classes: of the targets.
        make: a net with weights by torch's random state.
    """

    data: str
    train: tuple[Tensor, Tensor]
    test: tuple[Tensor, Tensor]
    classes: int
    make: Callable[[], nn.Module]

    def batches(self, size: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Without end; each epoch in an order of its own."""
        inputs, targets = self.train
        epoch = 0
        while True:
            order = torch.from_numpy(permutation(ORDER, seed, epoch, len(inputs))).to(inputs.device)
            yield from ((inputs[rows], targets[rows]) for rows in order.split(size))
            epoch += 1


def loss_of(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean over rows, and over letters."""
    return cross_entropy(outputs.flatten(0, -2), targets.flatten())


def convolutional(channels: int, size: int, classes: int, norm: bool) -> nn.Module:
    """Two strided convolutions, with batch norm or without, and a linear layer."""
    layers: list[nn.Module] = []
    for out in (8, 16):
        layers += [nn.Conv2d(channels, out, 3, 2, 1), *([nn.BatchNorm2d(out)] if norm else []), nn.ReLU()]
        channels, size = out, (size + 1) // 2
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * size**2, classes))


def dense(channels: int, size: int, classes: int) -> nn.Module:
    """Two hidden layers of 64."""
    first = nn.Linear(channels * size**2, 64)
    return nn.Sequential(nn.Flatten(), first, nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, classes))


def images(device: str, make: Callable[..., nn.Module], *args: object, names: tuple[str, ...] = IMAGES) -> Task:
    """Of the first of the data sets that is here; `make` is told channels, pixels a side, classes and `args`."""
    data = datasets.load(first_available(names), subset=TRAIN, device=device, download=False)
    train, test = ((_pooled(split.images), split.labels) for split in (data.train, data.test))
    shape = data.channels, train[0].shape[-1], data.classes
    return Task(data.name, train, (test[0][:TEST], test[1][:TEST]), data.classes, lambda: make(*shape, *args))


def _pooled(images: Tensor) -> Tensor:
    """28 x 28 to 14 x 14."""
    return avg_pool2d(images, 2) if images.shape[-1] > 16 else images


def _text(device: str) -> Task:
    text = letters().to(device)
    end = len(text) * 4 // 5
    return Task("text", windows(text[:end], TRAIN), windows(text[end:], TEST), LETTERS, Transformer)


TASKS: dict[str, Callable[[str], Task]] = {
    "dense": lambda device: images(device, dense),
    "conv": lambda device: images(device, convolutional, False),
    "conv-bn": lambda device: images(device, convolutional, True),
    "text": _text,
}


@cache
def task(name: str, device: str) -> Task:
    """Read once in a process."""
    return TASKS[name](device)
