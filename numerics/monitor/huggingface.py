"""A callback for the Trainer of Hugging Face; needs the package transformers."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from torch import Tensor, nn

from derive.errors import InputError
from numerics.monitor.monitor import StabilityMonitor
from numerics.sharpness.untouched import measuring

try:
    from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
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


class StabilityCallback(TrainerCallback):
    """Watches a Trainer with a `StabilityMonitor`, whose numbers are in `.monitor` during and after it.

    The Trainer does not show its batches to a callback; they are read off the model's forward passes, so the model has to
    compute its loss itself, from labels among its inputs. What is measured is the loss of all micro-batches of a step together,
    as the Trainer counts them. Clipping by `max_grad_norm` is followed by the shadow.

    Args:
        **options: of `StabilityMonitor`.
    """

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.monitor: StabilityMonitor | None = None
        self._hook: Any = None
        self._model: nn.Module | None = None
        self._batches: list[dict[str, Any]] = []
        self._losses: list[Tensor] = []

    def __deepcopy__(self, _: Any) -> StabilityCallback:
        """Copies of the model (the shadow) are watched by nobody."""
        return self

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Begin to watch."""
        model, options = kwargs["model"], dict(self.options)
        if args.max_grad_norm:
            options.setdefault("after_backward", lambda m: nn.utils.clip_grad_norm_(m.parameters(), args.max_grad_norm))
        self.monitor = StabilityMonitor(model, kwargs["optimizer"], own_loss, **options)
        self._model, self._batches, self._losses = model, [], []
        self._hook = model.register_forward_hook(self._see, with_kwargs=True)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """The optimiser has stepped, on the micro-batches seen since it did last."""
        batches, losses, self._batches, self._losses = self._batches, self._losses, [], []
        if self.monitor is not None and batches:
            parts = len(batches) if any(batch.get("num_items_in_batch") is not None for batch in batches) else None
            self.monitor.step_of([(batch, parts) for batch in batches], [loss * (parts or 1) for loss in losses])

    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Stop watching."""
        if self._hook is not None:
            self._hook.remove()
        if self.monitor is not None:
            self.monitor.close()

    def _see(self, model: nn.Module, args: tuple, kwargs: dict[str, Any], outputs: Any) -> None:
        if model is self._model and model.training and not measuring():
            self._batches.append(kwargs)
            with suppress(Exception):  # without a loss of its own the monitor says so
                self._losses.append(own_loss(outputs).detach())  # not the outputs: of all micro-batches they are large
