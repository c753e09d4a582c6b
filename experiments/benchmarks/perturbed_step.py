"""A perturbed step and its backward pass against torch's own optimiser and the same backward pass, on one CPU thread.

ResNet-8 on digits (8x8, batch 128) with the recipe's momentum and weight decay: the smallest backward pass that the presets
have, so that the step weighs most. Both train side by side, one step each in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from statistics import median
from time import perf_counter
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.optim.optimizer import Optimizer

from experiments.benchmarks.timing import Result, threads
from numerics import nets
from numerics.optim import PerturbedAdam, PerturbedSGD

TARGET = 1.05
ROUNDS, WARM_UP, BATCH = 40, 3, 128
K, LR = 3, 0.01

SGD: dict[str, Any] = {"lr": LR, "momentum": 0.9, "nesterov": True, "weight_decay": 5e-4}
ADAM: dict[str, Any] = {"lr": LR, "weight_decay": 5e-4}


def run() -> list[Result]:
    """Each optimiser in each form."""
    results = []
    with threads(1):
        for form in ("paper", "code"):
            own: dict[str, Any] = {"k": K, "form": form}
            results.append(
                _against(f"SGD, {form}", lambda p: torch.optim.SGD(p, **SGD), lambda p, o=own: PerturbedSGD(p, **SGD, **o))
            )
            results.append(
                _against(f"Adam, {form}", lambda p: torch.optim.Adam(p, **ADAM), lambda p, o=own: PerturbedAdam(p, **ADAM, **o))
            )
    return results


Make = Callable[[Iterable[Tensor]], Optimizer]


def _against(name: str, theirs: Make, ours: Make) -> Result:
    """Ratio of the medians, the backward pass in both being the median of all."""
    rounds = [Round(make) for make in (theirs, ours)]
    pairs = [(rounds[0](), rounds[1]()) for _ in range(WARM_UP + ROUNDS)][WARM_UP:]
    backward = median(times[0] for pair in pairs for times in pair)
    torch_s, perturbed = (median(pair[n][1] for pair in pairs) for n in (0, 1))
    note = f"backward {backward * 1e3:.1f} ms, torch's step {torch_s * 1e3:.2f}, perturbed {perturbed * 1e3:.2f}"
    ratio = (backward + perturbed) / (backward + torch_s)
    return Result(f"perturbed step and backward / torch's: {name}", ratio, "x", TARGET, False, note)


class Round:
    """A net in training on one batch."""

    def __init__(self, make: Make) -> None:
        generator = torch.Generator().manual_seed(0)
        self.net = nets.build("resnet-8", channels=1, classes=10, size=8).train()
        self.images = torch.randn(BATCH, 1, 8, 8, generator=generator)
        self.labels = torch.randint(10, (BATCH,), generator=generator)
        self.optimizer = make(self.net.parameters())

    def __call__(self) -> tuple[float, float]:
        """Seconds of the backward pass and of the step."""
        self.optimizer.zero_grad(set_to_none=True)
        loss = cross_entropy(self.net(self.images), self.labels)
        start = perf_counter()
        loss.backward()
        between = perf_counter()
        self.optimizer.step()
        return between - start, perf_counter() - between
