"""Why the loss jumped: the edge crossed, the gradient, or a batch unlike the others; found at the step at which it jumps.

At each step the loss of its batch and the norm of the gradient that the optimiser took are compared with the usual ones (see
`usual`). Where one jumps, three things are measured before the training goes on, with the weights as they were before the step:

    batch     the batch's loss is a jump, and that of the batch before it, on the very same weights, has not risen by a tenth of
              it; or is at least no jump, where it was not the edge
    edge      the step size is beyond the edge (normalised sharpness > 1) on the batch before, or by the newest measurement, if
              the step size was raised since
    gradient  neither of these, and the gradient that the optimiser took is a jump, without the batch's loss being one
    unknown   none of these: gradient noise below the edge, which only the loss shows, say; or it was not sought, as is said
    aftershock   the loss has not come back from an earlier jump, whose cause stays the cause; nothing is measured

The jumps that follow are the same spike: its cause is sought once, until `REST` steps without one have passed. The edge is
that of the optimiser's settings and denominators after the step.

How often it is a false alarm was measured: see `usual`. No jump is no proof of health.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import inf, isfinite, nan
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from derive.errors import InputError
from numerics.monitor.descended import a_tensor
from numerics.monitor.gauge import Gauge
from numerics.monitor.jump import Jump, Row, Seen
from numerics.monitor.options import Batch
from numerics.monitor.shadow import Step
from numerics.monitor.usual import FEWEST, Usual
from numerics.monitor.witness import Witness, weights_of
from numerics.sharpness.nested import lent
from numerics.sharpness.untouched import untouched

REST = 8
"""Steps without a jump after which the next one is another spike."""

OFF = 0.1
"""Part of the jump by which the loss of the batch before has risen if it is the weights that are off."""

RAISED = 1.5
"""Growth of the step size since a measurement, from which its sharpness is asked whether the edge was crossed."""

UNSEEN = (
    "no jump of the loss is looked for: expected one forward pass of the model and one backward pass for each batch told to "
    "step(), got others; spikes=False says that none is wanted"
)


class Spikes:
    """Watches losses and gradients, and finds what made them jump.

    Args:
        model: that is trained.
        optimizer: trains it.
        how: a training step.
        gauge: measures losses and sharpness.
    """

    def __init__(self, model: nn.Module, optimizer: Optimizer, how: Step, gauge: Gauge) -> None:
        self.witness = Witness(model, optimizer)
        self.losses, self.norms = Usual(), Usual()
        self._how, self._gauge = how, gauge
        self._told: list[Tensor] = []
        self._before: Sequence[Batch] = []
        self._before_loss = self._loss_now = nan
        self.newest: tuple[float, float] | None = None
        self._calm, self._count, self._first, self._unseen = REST, 0, 0, 0

    def hear(self, batches: Sequence[Batch], losses: Sequence[Tensor] | None = None) -> None:
        """Micro-batches of the step that comes; their losses, where known, else that of the newest forward pass."""
        output, self._count = self.witness.output(), self._count + len(batches)
        if losses is None:
            losses = [self._loss(output, batches[0])] if output is not None and len(batches) == 1 else []
        self._told += [loss.detach() for loss in losses]

    def see(self, batches: Sequence[Batch]) -> Jump | None:
        """After the optimiser's step on these: what jumps, if it is a new spike.

        Raises:
            InputError: the losses of so many steps could not be told that it matters.
        """
        self._first = self._count - len(batches)
        losses, self._told, self.newest = self._told, [], None
        if len(losses) != len(batches) or self.witness.norm is None:
            self._unseen += 1
            if self._unseen == FEWEST:
                raise InputError(UNSEEN)
            return None
        self._loss_now, norm = self.newest = _read(losses, self.witness.norm)
        jump = self._jump(self._loss_now, norm)
        calm, self._calm = self._calm, 0 if jump.lost or jump.steep else self._calm + 1
        return jump if self._calm == 0 and calm >= REST else None

    @contextmanager
    def stepped(self, batches: Sequence[Batch]) -> Iterator[Jump | None]:
        """As `see`; after it, if nothing jumped, these batches are what the next one's are held against.

        Raises:
            Exception: what went wrong in a hook.
        """
        if self.witness.failure is not None:
            failure, self.witness.failure = self.witness.failure, None
            raise failure
        yield self.see(batches)
        if self._calm:
            self._before, self._before_loss = batches, self._loss_now

    @property
    def alone(self) -> bool:
        """Whether there is no batch before to hold a jump against, as at the first step after `restore`."""
        return not self._before

    def why(self, jump: Jump, batches: Sequence[Batch], newest: Mapping[str, Any], probe: Batch | None) -> tuple[Row, float]:
        """The cause, by the names of `records.UNITS`, and the Hessian products it took.

        Args:
            jump: at this step.
            batches: of this step.
            newest: values of `Records.latest`, for a step size that has been raised since.
            probe: what sharpness is measured on; the batches of the last usual step if None.
        """
        loss = self._gauge.curvature.loss
        with weights_of(self.witness.weights):
            own, other = [loss([batch]) for batch in batches], loss(self._before)
            row, products = self._edge([probe] if probe else self._before)
        here, raised = row.get("normalised", nan), _raised(row, newest)
        scaled = raised == raised and not here >= raised
        at = raised if scaled else here
        worst = max(range(len(own)), key=lambda n: own[n] if isfinite(own[n]) else inf)
        cause = self._cause(jump, sum(own) / len(own), other, at)
        seen = Seen(cause, self._first + worst, own[worst], other, at, scaled)
        return {**seen.row(jump), "spike_reason": seen.reason(jump)}, products

    def state(self) -> dict[str, Any]:
        """What is usual; the batch before is not kept."""
        return {"losses": self.losses.state(), "norms": self.norms.state(), "calm": self._calm, "count": self._count}

    def restore(self, state: Mapping[str, Any]) -> None:
        """As it was."""
        self.losses.restore(state["losses"])
        self.norms.restore(state["norms"])
        self._calm, self._count = state["calm"], state["count"]

    def close(self) -> None:
        """Let go of everything."""
        self.witness.close()
        self._before, self._told = [], []

    def _loss(self, output: Any, batch: Batch) -> Tensor:
        """Of an output of the training, as the training makes it."""
        with untouched(None, self._how.loss_fn, self._how.forward_context), torch.no_grad(), self._how.forward_context():
            return a_tensor(self._how.loss_fn(output, lent(batch[1])))

    def _jump(self, loss: float, norm: float) -> Jump:
        usual, gentle = self.losses.level, self.norms.level
        return Jump(loss, norm, self.losses.see(loss), self.norms.see(norm), usual, gentle)

    def _edge(self, batches: Sequence[Batch]) -> tuple[Row, float]:
        """Sharpness, where it can be had, and there is one to judge by."""
        try:
            row, products = self._gauge.row(batches, 0)
        except InputError:
            return {}, 0.0
        return ({} if row.get("unsettled") else row), products

    def _cause(self, jump: Jump, own: float, other: float, at: float) -> str:
        odd, was = self.losses.jumps(own), self._before_loss
        if odd and not other - was > OFF * (own - was):
            return "batch"
        if at > 1:
            return "edge"
        if odd and not self.losses.jumps(other):
            return "batch"
        return "gradient" if jump.steep and not odd else "unknown"


def _read(losses: Sequence[Tensor], norm: Tensor) -> tuple[float, float]:
    """Mean loss, and norm; a GPU is waited for once."""
    loss = torch.stack([part.mean().to(norm) for part in losses]).mean()
    first, second = torch.stack([loss, norm]).tolist()
    return first, second


def _raised(row: Mapping[str, Any], newest: Mapping[str, Any]) -> float:
    """Normalised sharpness by the newest measurement with the step size of now, if that was raised since; NaN otherwise."""
    groups = [g for g in newest.get("largest_lr", {}) if g in row.get("lr", {}) and g in newest.get("lr", {})]
    raised = [row["lr"][g] / newest["largest_lr"][g] for g in groups if row["lr"][g] > RAISED * newest["lr"][g]]
    return max(raised, default=nan)
