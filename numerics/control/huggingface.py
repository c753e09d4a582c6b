"""A callback for the Trainer of Hugging Face that caps the learning rate; needs the package transformers."""

from __future__ import annotations

import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from torch import nn

from derive.errors import InputError
from derive.files.writing import write_whole
from derive.shown import message, shown
from numerics.control.controller import EdgeController
from numerics.control.given import ControlWarning
from numerics.control.log import named
from numerics.monitor.huggingface import own_loss
from numerics.sharpness.untouched import measuring

try:
    from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
except ImportError:
    raise InputError("expected the package transformers, got none; pip install transformers") from None

SAVED = "control.pt"
"""The controller's state, in the folder of a checkpoint."""


def _checkpoint(args: TrainingArguments, state: TrainerState) -> Path:
    return Path(str(args.output_dir)) / f"checkpoint-{state.global_step}" / SAVED


def controlled(trainer: Trainer, **options: Any) -> ControlCallback:
    """Add a `ControlCallback` to a Trainer, before those that report, so that TensorBoard and the others get its numbers too.

    Args:
        trainer: not yet training.
        **options: of `EdgeController`.
    """
    callback = ControlCallback(**options)
    trainer.callback_handler.callbacks.insert(0, callback)
    return callback


class ControlCallback(TrainerCallback):
    """Caps a Trainer's learning rate with an `EdgeController`, which is in `.control` during and after it.

    Batches are read off the model's forward passes, as by `numerics.monitor.huggingface.StabilityCallback`: the model has to
    compute its loss itself, from labels among its inputs. Checkpoints hold the controller's state, as `control.pt`.

    Args:
        **options: of `EdgeController`; `accumulate` is the Trainer's.
    """

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.control: EdgeController | None = None
        self._hook: Any = None
        self._model: nn.Module | None = None
        self._batches: list[dict[str, Any]] = []

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Begin to cap.

        Raises:
            InputError: as `EdgeController`.
        """
        options = {"accumulate": args.gradient_accumulation_steps, **self.options}
        self._model, self._batches = kwargs["model"], []
        self.control = EdgeController(kwargs["model"], kwargs["optimizer"], own_loss, **options)
        self._resume(args, state)
        self._hook = kwargs["model"].register_forward_hook(self._see, with_kwargs=True)

    def on_pre_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Gradients are there, of the micro-batches seen since the last step, and clipped."""
        batches, self._batches = self._batches, []
        counted = any(batch.get("num_items_in_batch") is not None for batch in batches)
        for batch in batches if self.control is not None else ():
            self.control.step(batch, len(batches) if counted else None)

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """The controller's state goes into the checkpoint's folder."""
        path = _checkpoint(args, state)
        if self.control is None or not state.is_world_process_zero or not path.parent.is_dir():
            return
        try:
            held = BytesIO()
            torch.save(self.control.state_dict(), held)
            write_whole(path, held.getvalue())
        except Exception as error:  # the training goes on
            warnings.warn(f"the controller's state was not saved: {message(error)}", ControlWarning, stacklevel=2)

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Wanted, applied and edge go into what the Trainer logs."""
        if self.control is None:
            return
        newest = named(self.control.log.records.newest)
        newest = {name: value for name, value in newest.items() if value == value}  # the Trainer writes its log as JSON
        for logged in (kwargs.get("logs"), state.log_history[-1] if state.log_history else None):
            if isinstance(logged, dict):
                logged.update(newest)

    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """The optimiser is as it was."""
        if self._hook is not None:
            self._hook.remove()
        if self.control is not None:
            self.control.close()

    def _resume(self, args: TrainingArguments, state: TrainerState) -> None:
        if self.control is None or not state.global_step:
            return
        path = _checkpoint(args, state)
        if path.is_file():
            self.control.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        else:
            told = f"the cap begins anew, and measures at once: there is no {shown(str(path))}"
            warnings.warn(told, ControlWarning, stacklevel=2)

    def _see(self, model: nn.Module, args: tuple, kwargs: dict[str, Any], outputs: Any) -> None:
        if model is self._model and model.training and not measuring():
            self._batches.append(kwargs)
