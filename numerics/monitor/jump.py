"""A jump of the loss, and what is told of it: the cause, with the numbers that decided."""

from __future__ import annotations

from math import isfinite, isnan, nan
from typing import Any, NamedTuple

CAUSES = ("batch", "edge", "gradient", "unknown", "aftershock")

UNSOUGHT = "its cause was not sought, as measuring at jumps has had its tenth of the training's time"
RESUMED = "its cause was not sought, as the training was resumed here and the batch before is not kept"

Row = dict[str, Any]


class Jump(NamedTuple):
    """What is not usual at a step.

    Attributes:
        loss: of the step's batch, in the training.
        norm: of the gradient that the optimiser took.
        lost: whether the loss jumps.
        steep: whether the gradient's norm does.
        usual: the usual loss.
        gentle: the usual norm.
    """

    loss: float
    norm: float
    lost: bool
    steep: bool
    usual: float
    gentle: float

    def unsought(self, cause: str, why: str) -> Row:
        """By the names of `records.UNITS`, where nothing is measured to find the cause."""
        return {**self.sizes, "spike": cause, "spike_reason": f"{why}: {self.told}"}

    @property
    def sizes(self) -> Row:
        """Over the usual ones."""
        return {"spike_loss": _times(self.loss, self.usual), "spike_gradient": _times(self.norm, self.gentle)}

    @property
    def told(self) -> str:
        """Both numbers in words."""
        return (
            f"the loss of {self.loss:.3g} (usual {self.usual:.3g}) {_jumped(self.lost)}, the gradient's norm of "
            f"{self.norm:.3g} (usual {self.gentle:.3g}) {_jumped(self.steep)}"
        )


class Seen(NamedTuple):
    """What was found at a jump.

    Attributes:
        cause: one of `CAUSES`.
        batch: number of the micro-batch with the greatest loss, in the order in which they were told, from 0.
        own: its loss, on the weights of before the step.
        other: loss of the batch before, on the same weights.
        at: normalised sharpness there; NaN if it was not measured.
        scaled: whether that is the newest measurement's, at the step size of now.
    """

    cause: str
    batch: int
    own: float
    other: float
    at: float
    scaled: bool = False

    def row(self, jump: Jump) -> Row:
        """By the names of `records.UNITS`."""
        told = {"spike": self.cause, "spike_batch": self.batch, "spike_normalised": self.at}
        return {**told, **jump.sizes}

    def reason(self, jump: Jump) -> str:
        """The cause and the numbers that decided, in a sentence."""
        what = {
            "batch": f"batch {self.batch} is unlike the others",
            "edge": "the edge was crossed",
            "gradient": "the gradient that the optimiser took was not the usual one",
            "unknown": "neither the edge nor the gradient nor the batch",
        }[self.cause]
        odd = f"batch {self.batch} has the loss {self.own:.3g} and the batch before {self.other:.3g}"
        if not isfinite(self.own):
            odd = f"batch {self.batch} has the loss {self.own:.3g}, no finite number, and the batch before {self.other:.3g}"
        edge = "the sharpness could not be measured" if isnan(self.at) else f"the training was at {self.at:.3g} of the edge"
        by = " by the measurement before, at the step size of now" if self.scaled else ""
        return f"{what}: {jump.told}; with the weights of before the step {odd}; {edge}{by}"


def _jumped(jumped: bool) -> str:
    return "is a jump" if jumped else "is none"


def _times(value: float, usual: float) -> float:
    return value / usual if usual else nan
