"""What any callback of ours for the Trainer of Hugging Face does: batches, checkpoints and the Trainer's own log."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from torch import nn

from derive.errors import InputError
from derive.files.writing import write_whole
from derive.shown import shown
from numerics.monitor.remarks import reason
from numerics.sharpness.untouched import measuring

try:
    from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
except ImportError:
    raise InputError("expected the package transformers, got none; pip install transformers") from None


def first(trainer: Trainer, callback: TrainerCallback) -> None:
    """Put a callback before those that report, so that TensorBoard and the others get its numbers too."""
    trainer.callback_handler.callbacks.insert(0, callback)


class Following(TrainerCallback):
    """Reads batches off the forward passes of a model, and keeps the state of what it holds in the Trainer's checkpoints.

    Attributes:
        SAVED: name of the state in the folder of a checkpoint.
        OF: whose state it is, in words.
        ANEW: what a resumed training without it means, in words.
        WARNING: kind of what is said of it.
    """

    SAVED: str
    OF: str
    ANEW: str
    WARNING: type[Warning]

    def __init__(self) -> None:
        self._held: Any = None
        self._hook: Any = None
        self._model: nn.Module | None = None
        self._batches: list[dict[str, Any]] = []

    def __deepcopy__(self, _: Any) -> Following:
        """Copies of the model (a shadow) are followed by nobody."""
        return self

    def newest(self) -> Mapping[str, float]:
        """The newest numbers by name, NaN where there is none."""
        raise NotImplementedError

    def seen(self, outputs: Any) -> None:
        """A forward pass of the training is over."""

    def follow(self, model: nn.Module, held: Any, args: TrainingArguments, state: TrainerState) -> None:
        """From here on, or from where the checkpoint that is resumed from was.

        Args:
            model: whose forward passes are the training's.
            held: what has `state_dict`, `load_state_dict` and `close`.
            args: of the Trainer.
            state: of the Trainer.
        """
        self._model, self._held, self._batches = model, held, []
        if state.global_step:
            self._resume(self._checkpoint(args, state))
        self._hook = model.register_forward_hook(self._see, with_kwargs=True)

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """The state goes into the checkpoint's folder, from which a resumed training takes it."""
        path = self._checkpoint(args, state)
        if self._held is None or not state.is_world_process_zero or not path.parent.is_dir():
            return
        try:
            written = BytesIO()
            torch.save(self._held.state_dict(), written)
            write_whole(path, written.getvalue())
        except Exception as error:  # the training goes on
            warnings.warn(f"{self.OF}'s state was not saved: {reason(error)}", self.WARNING, stacklevel=2)

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """The newest numbers go into what the Trainer logs."""
        if self._held is None:
            return
        newest = {name: value for name, value in self.newest().items() if value == value}  # the Trainer writes JSON
        for logged in (kwargs.get("logs"), state.log_history[-1] if state.log_history else None):
            if isinstance(logged, dict):
                logged.update(newest)

    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Model and optimiser are as they were."""
        if self._hook is not None:
            self._hook.remove()
        if self._held is not None:
            self._held.close()

    def _checkpoint(self, args: TrainingArguments, state: TrainerState) -> Path:
        """Where the Trainer keeps the checkpoint of this step."""
        return Path(str(args.output_dir)) / f"checkpoint-{state.global_step}" / self.SAVED

    def _resume(self, path: Path) -> None:
        if path.is_file():
            self._held.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        else:
            warnings.warn(f"{self.ANEW}: there is no {shown(str(path))}", self.WARNING, stacklevel=2)

    def _see(self, model: nn.Module, args: tuple, kwargs: dict[str, Any], outputs: Any) -> None:
        if model is self._model and model.training and not measuring():
            self._batches.append(kwargs)
            self.seen(outputs)
