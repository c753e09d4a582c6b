"""A callback for the Trainer of Hugging Face; needs the package transformers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

from torch import Tensor, nn

from derive.errors import InputError
from numerics.monitor.monitor import StabilityMonitor
from numerics.monitor.options import StabilityWarning
from numerics.monitor.records import DIMS, UNITS
from numerics.monitor.scalars import SHORT, scalars
from numerics.monitor.trainer import Following, first

try:
    from transformers import Trainer, TrainerControl, TrainerState, TrainingArguments
except ImportError:
    raise InputError("expected the package transformers, got none; pip install transformers") from None


def own_loss(outputs: Any, parts: float | None = None) -> Tensor:
    """The loss that a model computes itself, when labels are among its inputs.

    Args:
        outputs: of the model.
        parts: micro-batches of the step, if each one's loss is a part of the step's (divided by all its items) and no mean of
            its own; times their number it counts as one.

    Raises:
        InputError: there is none.
    """
    if isinstance(outputs, Mapping) and outputs.get("loss") is None:
        raise InputError(
            "expected a model that computes its loss itself, from labels among its inputs, got outputs "
            f"{', '.join(outputs)}; what the Trainer computes (compute_loss_func, label smoothing) is not seen by a callback"
        )
    loss = outputs["loss"] if isinstance(outputs, Mapping) else outputs[0]
    return loss if parts is None else parts * loss


CURE = (
    "the callback follows bf16=True, gradient_accumulation_steps and max_grad_norm, but no fp16=True (scaled gradients), "
    "no loss of the Trainer's own (compute_loss_func, label_smoothing_factor), no gradient noise (neftune_noise_alpha) and no "
    "kernels that are not deterministic (full_determinism=True makes them so); StabilityCallback(shadow=0) does without"
)
"""Where a shadow cannot follow a Trainer."""


def watched(trainer: Trainer, **options: Any) -> StabilityCallback:
    """Add a `StabilityCallback` to a Trainer, before those that report, so that TensorBoard and the others get its numbers too.

    Args:
        trainer: not yet training.
        **options: of `StabilityMonitor`.
    """
    callback = StabilityCallback(**options)
    first(trainer, callback)
    return callback


class StabilityCallback(Following):
    """Watches a Trainer with a `StabilityMonitor`, whose numbers are in `.monitor` during and after it.

    The Trainer does not show its batches to a callback; they are read off the model's forward passes, so the model has to
    compute its loss itself, from labels among its inputs. What is measured is the loss of all micro-batches of a step together,
    as the Trainer counts them. Clipping by `max_grad_norm` is followed by the shadow.

    Checkpoints hold the monitor's state, as `stability.pt`; a training that is resumed from one in its `output_dir` goes on
    with it, from elsewhere its records begin anew, which is said.

    The newest numbers go into the Trainer's `log_history` whenever it logs: those of `scalars.SHORT`, which are enough to
    steer by, unless `logged` names others; all of them are in `.monitor`. What `report_to` names is told before callbacks
    passed to the Trainer are: take `watched(trainer)` to come before it.

    Args:
        logged: names of `records.UNITS` that go into the log; None for all but layers.
        **options: of `StabilityMonitor`.
    """

    SAVED, OF, ANEW, WARNING = "stability.pt", "the monitor", "records begin anew", StabilityWarning

    def __init__(self, logged: Collection[str] | None = SHORT, **options: Any) -> None:
        super().__init__()
        unknown = sorted(set(logged or ()) - set(UNITS))
        if unknown:
            raise InputError(f"expected names of numbers that are recorded, got {', '.join(unknown)}")
        self.logged, self.options = logged, options
        self.monitor: StabilityMonitor | None = None
        self._losses: list[Tensor] = []

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Begin to watch."""
        model, options = kwargs["model"], dict(self.options)
        if args.max_grad_norm:
            options.setdefault("after_backward", lambda m: nn.utils.clip_grad_norm_(m.parameters(), args.max_grad_norm))
        self.monitor = StabilityMonitor(model, kwargs["optimizer"], own_loss, **options)
        if self.monitor.shadows is not None:
            self.monitor.shadows.say(CURE)
        self._losses = []
        self.follow(model, self.monitor, args, state)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """The optimiser has stepped, on the micro-batches seen since it did last."""
        batches, losses, self._batches, self._losses = self._batches, self._losses, [], []
        if self.monitor is not None and batches:
            parts = len(batches) if any(batch.get("num_items_in_batch") is not None for batch in batches) else None
            self.monitor.step_of([(batch, parts) for batch in batches], [loss * (parts or 1) for loss in losses])

    def newest(self) -> Mapping[str, float]:
        """Of the network and of groups, those that are logged."""
        if self.monitor is None:
            return {}
        kept = self.logged if self.logged is not None else [name for name in UNITS if DIMS.get(name) != "layer"]
        return scalars({k: v for k, v in self.monitor.records.newest.items() if k in kept})

    def seen(self, outputs: Any) -> None:
        """Its loss, not the outputs: of all micro-batches they are large; without a loss of its own the monitor says so."""
        with suppress(Exception):
            self._losses.append(own_loss(outputs).detach())
