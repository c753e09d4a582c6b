"""Six members of a group against the plain loop that trains six eager nets one after another on each batch.

On a GPU: ResNet-56 at batch 128 on images of CIFAR's shape, float32 without TF32, exact mode; at least three times as fast.
On a CPU both do the same work in the same order, so the ratio says what the engine costs; the net is ResNet-8.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from statistics import median

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from experiments.benchmarks.floor import roofs, timed, work
from experiments.benchmarks.timing import Result
from numerics.common.determinism import reproducible
from numerics.datasets import Data, Split
from numerics.training.feed import training_batches
from numerics.training.member import Member, members
from numerics.training.preflight import preflight
from numerics.training.recipe import Group, Recipe
from numerics.training.stepping import stepper

KS = (1, 3, 5, 7, 9, 11)


@dataclass(frozen=True)
class Setting:
    """Where the two are compared: the net, steps per round, rounds of each, and the ratio wanted."""

    net: str
    channels: int
    size: int
    batch: int
    steps: int
    rounds: int
    target: float


SETTINGS = {
    "cuda": Setting("resnet-56", channels=3, size=32, batch=128, steps=40, rounds=5, target=3.0),
    "cpu": Setting("resnet-8", channels=1, size=8, batch=128, steps=4, rounds=7, target=0.95),
}


def run() -> list[Result]:
    """The ratio of throughputs, and how near the faster one is to the floor of FLOPs and bytes."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    setting = SETTINGS[device]
    group = Group(Recipe(net=setting.net, batch=setting.batch), ks=KS)
    data = noise(setting, device)
    with reproducible():
        plain, ours = _contenders(group, data, device, setting.steps)
        pairs = [(timed(plain, device), timed(ours, device)) for _ in range(setting.rounds + 1)][1:]
        floor = _floor(group, data, device)
    each = median(b for _, b in pairs) / setting.steps
    name = f"six {setting.net} side by side / one after another, {device}"
    note = f"{each * 1e3:.1f} ms per step of six; {floor / each:.0%} of the floor, {floor * 1e3:.1f} ms"
    return [
        Result(
            name,
            median(a / b for a, b in pairs),
            "x",
            setting.target,
            True,
            f"{note}; {preflight(group, data, device).sentence}",
        )
    ]


def noise(setting: Setting, device: str) -> Data:
    """Random images of the right shape: the time of a step does not depend on what is on them."""
    images = setting.batch * setting.steps
    generator = torch.Generator().manual_seed(0)
    shape = (images, setting.channels, setting.size, setting.size)
    pixels, labels = torch.randn(shape, generator=generator), torch.randint(10, (images,), generator=generator)
    split = Split(pixels.to(device), labels.to(device), torch.zeros(setting.channels, device=device))
    return Data("noise", split, split, classes=10, channels=setting.channels, size=setting.size)


def _contenders(group: Group, data: Data, device: str, steps: int) -> tuple[Callable[[], None], Callable[[], None]]:
    """The plain loop and ours, each an epoch of `steps` batches, drawn and augmented by the same code."""
    eager, team = members(group, data, device), members(group, data, device)
    beside = stepper(team, device, True)

    def plain() -> None:
        for images, labels in islice(training_batches(group, data, 0), steps):
            for member in eager:
                plain_step(member, images, labels)

    def ours() -> None:
        for images, labels in islice(training_batches(group, data, 0), steps):
            beside.step(images, labels)

    return plain, ours


def plain_step(member: Member, images: Tensor, labels: Tensor) -> None:
    """A training step as every tutorial has it."""
    member.optimizer.zero_grad()
    loss = cross_entropy(member.net(images), labels)
    loss.backward()
    member.optimizer.step()


def _floor(group: Group, data: Data, device: str) -> float:
    """Seconds in which a step of all members could be done: FLOPs and bytes at the rates that the device reaches."""
    (images, labels), (member, *_) = next(iter(training_batches(group, data, 0))), members(group, data, device)
    member.step(images, labels)
    return len(group.ks) * work(lambda: member.step(images, labels)).seconds(roofs(device))
