"""A callback for the Trainer of Hugging Face that caps the learning rate; needs the package transformers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from derive.errors import InputError
from numerics.control.controller import EdgeController
from numerics.control.given import ControlWarning
from numerics.control.log import named
from numerics.monitor.huggingface import own_loss
from numerics.monitor.trainer import Following, first

try:
    from transformers import Trainer, TrainerControl, TrainerState, TrainingArguments
except ImportError:
    raise InputError("expected the package transformers, got none; pip install transformers") from None


def controlled(trainer: Trainer, **options: Any) -> ControlCallback:
    """Add a `ControlCallback` to a Trainer, before those that report, so that TensorBoard and the others get its numbers too.

    Args:
        trainer: not yet training.
        **options: of `EdgeController`.
    """
    callback = ControlCallback(**options)
    first(trainer, callback)
    return callback


class ControlCallback(Following):
    """Caps a Trainer's learning rate with an `EdgeController`, which is in `.control` during and after it.

    Batches are read off the model's forward passes, as by `numerics.monitor.huggingface.StabilityCallback`: the model has to
    compute its loss itself, from labels among its inputs. Checkpoints hold the controller's state, as `control.pt`.

    Args:
        **options: of `EdgeController`; `accumulate` is the Trainer's.
    """

    SAVED, OF, WARNING = "control.pt", "the controller", ControlWarning
    ANEW = "the cap begins anew, and measures at once"

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.options = options
        self.control: EdgeController | None = None

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Begin to cap.

        Raises:
            InputError: as `EdgeController`.
        """
        options = {"accumulate": args.gradient_accumulation_steps, **self.options}
        self.control = EdgeController(kwargs["model"], kwargs["optimizer"], own_loss, **options)
        self.follow(kwargs["model"], self.control, args, state)

    def on_pre_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Gradients are there, of the micro-batches seen since the last step, and clipped."""
        batches, self._batches = self._batches, []
        counted = any(batch.get("num_items_in_batch") is not None for batch in batches)
        for batch in batches if self.control is not None else ():
            self.control.step(batch, len(batches) if counted else None)

    def newest(self) -> Mapping[str, float]:
        """Wanted, applied and edge."""
        return {} if self.control is None else named(self.control.log.records.newest)
