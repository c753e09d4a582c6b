"""A callback for the Trainer of Hugging Face; needs the package transformers."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from derive.errors import InputError
from numerics.monitor.monitor import StabilityMonitor

try:
    from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
except ImportError:
    raise InputError("expected the package transformers, got none; pip install transformers") from None


def own_loss(outputs: Any, _: Any) -> Tensor:
    """The loss that a model computes itself, when labels are among its inputs."""
    return outputs["loss"] if isinstance(outputs, dict) else outputs[0]


class StabilityCallback(TrainerCallback):
    """Watches a Trainer with a `StabilityMonitor`, whose numbers are in `.monitor` during and after it.

    The Trainer does not show its batches to a callback; they are read off the model's forward passes, so the model has to
    compute its loss itself, from labels among its inputs. Clipping by `max_grad_norm` is followed by the shadow.

    Args:
        **options: of `StabilityMonitor`.
    """

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.monitor: StabilityMonitor | None = None
        self._hook: Any = None

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Begin to watch."""
        model, options = kwargs["model"], dict(self.options)
        if args.max_grad_norm:
            options.setdefault("after_backward", lambda m: nn.utils.clip_grad_norm_(m.parameters(), args.max_grad_norm))
        self.monitor = StabilityMonitor(model, kwargs["optimizer"], own_loss, **options)
        self._batches: list[dict[str, Any]] = []
        self._hook = model.register_forward_pre_hook(self._see, with_kwargs=True)

    def on_substep_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """A micro-batch is done."""
        self._tell()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """The optimiser has stepped."""
        self._tell()

    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Stop watching."""
        if self._hook is not None:
            self._hook.remove()
        if self.monitor is not None:
            self.monitor.close()

    def _see(self, model: nn.Module, args: tuple, kwargs: dict[str, Any]) -> None:
        if model.training:
            self._batches.append(kwargs)

    def _tell(self) -> None:
        batches, self._batches = self._batches, []
        if self.monitor is not None and batches:
            self.monitor.step(batches[-1])
