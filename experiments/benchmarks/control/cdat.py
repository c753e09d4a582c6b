"""Curvature dynamics aware tuning: the step along the optimiser's direction that its own curvature allows, one product a step.

lr = sigma * max(-g.u, 0) / |u.Hu| with u the optimiser's update at lr 1. The published sigma = 2 is for the full batch; here it
is 1/2, which was best of 1/4, 1/2 and 1 under a cosine in a prototype of this benchmark. Numerator and denominator are means
with memory 0.9, as mini-batches are noisy.

Source: Roulet et al. (2024), Stepping on the edge, arXiv:2407.06183.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from experiments.benchmarks.control.tasks import loss_of

SIGMA, MEMORY = 0.5, 0.9


class CDAT:
    """Takes steps whose sizes it finds itself.

    Args:
        model: trained.
        optimizer: of a copy of the model, at lr 1: its steps are the directions.
        steps: of the whole training.
        shape: share of the training done -> factor of the step size.
    """

    def __init__(
        self, model: nn.Module, optimizer: Callable[[nn.Module], Optimizer], steps: int, shape: Callable[[float], float]
    ) -> None:
        self.parameters, self.model, self.steps, self.shape = list(model.parameters()), model, steps, shape
        shadow = deepcopy(model)
        self.shadow, self.optimizer = list(shadow.parameters()), optimizer(shadow)
        self.done, self.gain, self.curvature = 0, 0.0, 0.0

    def step(self, x: Tensor, y: Tensor) -> Tensor:
        """As `Stepper`."""
        loss = loss_of(self.model(x), y)
        gradient = torch.autograd.grad(loss, self.parameters, create_graph=True)
        ahead = self._direction(gradient)
        slope = sum((g * u).sum() for g, u in zip(gradient, ahead, strict=True))
        bent = torch.autograd.grad(slope, self.parameters)
        curved = sum(float((u * h).sum()) for u, h in zip(ahead, bent, strict=True))
        self.gain = MEMORY * self.gain + (1 - MEMORY) * max(-float(slope), 0.0)
        self.curvature = MEMORY * self.curvature + (1 - MEMORY) * abs(curved)
        lr = SIGMA * self.shape(self.done / self.steps) * self.gain / self.curvature if self.curvature else 0.0
        with torch.no_grad():
            for p, u in zip(self.parameters, ahead, strict=True):
                p += lr * u
        self.done += 1
        return loss.detach()

    def finish(self) -> int:
        """As `Stepper`."""
        return self.done

    def _direction(self, gradient: tuple[Tensor, ...]) -> list[Tensor]:
        with torch.no_grad():
            for p, q, g in zip(self.parameters, self.shadow, gradient, strict=True):
                q.copy_(p)
                q.grad = g.detach().clone()
        self.optimizer.step()
        return [(q - p).detach() for p, q in zip(self.parameters, self.shadow, strict=True)]
