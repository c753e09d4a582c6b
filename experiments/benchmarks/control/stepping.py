"""One training step, and what is capped in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from experiments.benchmarks.control.tasks import loss_of


class Stepper(Protocol):
    """Takes the steps of a training."""

    def step(self, x: Tensor, y: Tensor) -> Tensor:
        """One step on a batch; the loss before it."""
        ...

    def finish(self) -> int:
        """Put the weights to be judged in their place; products with the Hessian so far."""
        ...


class Plain:
    """Forward, backward, maybe clipping, maybe a cap, the optimiser's step, the schedule's.

    Args:
        model: trained.
        optimizer: of torch's kind; one with `train` and `eval` is put into them.
        steps: of the whole training.
        shape: share of the training done -> factor of the lr.
        clip: largest norm of the gradient; 0 for any.
        control: told each batch between backward and step.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        steps: int,
        shape: Callable[[float], float],
        clip: float = 0.0,
        control: Any = None,
    ) -> None:
        self.model, self.optimizer, self.clip, self.control = model, optimizer, clip, control
        self.schedule = LambdaLR(optimizer, lambda step: shape(step / steps))
        self._mode("train")

    def step(self, x: Tensor, y: Tensor) -> Tensor:
        """As `Stepper`."""
        self.optimizer.zero_grad()
        loss = loss_of(self.model(x), y)
        loss.backward()
        if self.clip:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        if self.control is not None:
            self.control.step(x, y)
        self.optimizer.step()
        self.schedule.step()
        return loss.detach()

    def finish(self) -> int:
        """As `Stepper`."""
        self._mode("eval")
        if self.control is None:
            return 0
        self.control.close()
        return int(self.control.dataset().products[-1])

    def _mode(self, name: str) -> None:
        """Schedule-free optimisers move the weights between the average and where gradients are taken."""
        if callable(getattr(self.optimizer, name, None)):
            getattr(self.optimizer, name)()
