"""A callback for the Trainer of Hugging Face; needs the package transformers."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from derive.errors import InputError
from derive.files.writing import write_whole
from derive.shown import shown
from numerics.monitor.monitor import StabilityMonitor
from numerics.monitor.options import StabilityWarning
from numerics.monitor.records import DIMS
from numerics.monitor.remarks import reason
from numerics.monitor.scalars import scalars
from numerics.sharpness.untouched import measuring

try:
    from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
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


SAVED = "stability.pt"
"""The monitor's state, in the folder of a checkpoint."""


CURE = (
    "the callback follows bf16=True, gradient_accumulation_steps and max_grad_norm, but no fp16=True (scaled gradients), "
    "no loss of the Trainer's own (compute_loss_func, label_smoothing_factor), no gradient noise (neftune_noise_alpha) and no "
    "kernels that are not deterministic (full_determinism=True makes them so); StabilityCallback(shadow=0) does without"
)
"""Where a shadow cannot follow a Trainer."""


def _checkpoint(args: TrainingArguments, state: TrainerState) -> Path:
    """Where the Trainer keeps the checkpoint of this step."""
    return Path(str(args.output_dir)) / f"checkpoint-{state.global_step}"


def watched(trainer: Trainer, **options: Any) -> StabilityCallback:
    """Add a `StabilityCallback` to a Trainer, before those that report, so that TensorBoard and the others get its numbers too.

    Args:
        trainer: not yet training.
        **options: of `StabilityMonitor`.
    """
    callback = StabilityCallback(**options)
    trainer.callback_handler.callbacks.insert(0, callback)
    return callback


class StabilityCallback(TrainerCallback):
    """Watches a Trainer with a `StabilityMonitor`, whose numbers are in `.monitor` during and after it.

    The Trainer does not show its batches to a callback; they are read off the model's forward passes, so the model has to
    compute its loss itself, from labels among its inputs. What is measured is the loss of all micro-batches of a step together,
    as the Trainer counts them. Clipping by `max_grad_norm` is followed by the shadow.

    Checkpoints hold the monitor's state, as `stability.pt`; a training that is resumed from one in its `output_dir` goes on
    with it, from elsewhere its records begin anew, which is said.

    The newest numbers go into the Trainer's `log_history` whenever it logs. What `report_to` names is told before callbacks
    passed to the Trainer are: take `watched(trainer)` to come before it.

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
        if self.monitor.shadows is not None:
            self.monitor.shadows.say(CURE)
        self._resume(args, state)
        self._model, self._batches, self._losses = model, [], []
        self._hook = model.register_forward_hook(self._see, with_kwargs=True)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """The optimiser has stepped, on the micro-batches seen since it did last."""
        batches, losses, self._batches, self._losses = self._batches, self._losses, [], []
        if self.monitor is not None and batches:
            parts = len(batches) if any(batch.get("num_items_in_batch") is not None for batch in batches) else None
            self.monitor.step_of([(batch, parts) for batch in batches], [loss * (parts or 1) for loss in losses])

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """The monitor's state goes into the checkpoint's folder, from which a resumed training takes it."""
        folder = _checkpoint(args, state)
        if self.monitor is not None and state.is_world_process_zero and folder.is_dir():
            try:
                held = BytesIO()
                torch.save(self.monitor.state_dict(), held)
                write_whole(folder / SAVED, held.getvalue())
            except Exception as error:  # the training goes on
                warnings.warn(f"the monitor's state was not saved: {reason(error)}", StabilityWarning, stacklevel=2)

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """The newest numbers, of the network and of groups, go into what the Trainer logs."""
        if self.monitor is None:
            return
        newest = scalars({k: v for k, v in self.monitor.records.newest.items() if DIMS.get(k) != "layer"})
        newest = {name: value for name, value in newest.items() if value == value}  # the Trainer writes its log as JSON
        for logged in (kwargs.get("logs"), state.log_history[-1] if state.log_history else None):
            if isinstance(logged, dict):
                logged.update(newest)

    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Stop watching."""
        if self._hook is not None:
            self._hook.remove()
        if self.monitor is not None:
            self.monitor.close()

    def _resume(self, args: TrainingArguments, state: TrainerState) -> None:
        """Go on where the checkpoint's monitor was, if the training does."""
        if self.monitor is None or not state.global_step:
            return
        path = _checkpoint(args, state) / SAVED
        if path.is_file():
            self.monitor.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        else:
            warnings.warn(f"records begin anew: there is no {shown(str(path))}", StabilityWarning, stacklevel=2)

    def _see(self, model: nn.Module, args: tuple, kwargs: dict[str, Any], outputs: Any) -> None:
        if model is self._model and model.training and not measuring():
            self._batches.append(kwargs)
            with suppress(Exception):  # without a loss of its own the monitor says so
                self._losses.append(own_loss(outputs).detach())  # not the outputs: of all micro-batches they are large
