"""What any callback of ours for PyTorch Lightning does: batches, its state in Lightning's checkpoints, and the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from inspect import signature
from typing import Any

from torch import nn
from torch.optim import Optimizer

from derive.errors import InputError
from numerics.monitor.descended import LossFn

try:
    from lightning.pytorch import Callback, LightningModule, Trainer
except ImportError:
    raise InputError("expected the package lightning, got none; pip install lightning") from None


Split = Callable[[Any], tuple[Any, Any]]


def parts(module: nn.Module, batch: Any) -> tuple[Any, Any]:
    """(inputs, targets) of a batch of two, and of a mapping: what `forward` takes by name, and the whole of it as targets.

    Raises:
        InputError: another batch.
    """
    if isinstance(batch, Mapping):
        taken = signature(module.forward).parameters.values()
        every, names = any(p.kind is p.VAR_KEYWORD for p in taken), {p.name for p in taken}
        return {name: value for name, value in batch.items() if every or name in names}, batch
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        what = f"{type(batch).__name__} of {len(batch)}" if isinstance(batch, tuple | list) else type(batch).__name__
        raise InputError(
            f"expected batches (inputs, targets) or mappings, got {what}; pass split=lambda batch: (inputs, targets)"
        )
    return batch[0], batch[1]


class Fitting(Callback):
    """Holds a monitor or a controller while Lightning trains, and keeps its state in Lightning's checkpoints.

    Attributes:
        NAME: of the state in a checkpoint.
    """

    NAME: str

    def __init__(self, loss_fn: LossFn, split: Split | None, log_metrics: bool, options: dict[str, Any]) -> None:
        self.loss_fn, self.split, self.log_metrics, self.options = loss_fn, split, log_metrics, options
        self._held: Any = None
        self._saved: dict[str, Any] | None = None

    def state_dict(self) -> dict[str, Any]:
        """The state of what is held, which Lightning puts into its checkpoints."""
        return {self.NAME: self._saved if self._held is None else self._held.state_dict()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """From a checkpoint; put back when the training begins, after the model and the optimiser."""
        self._saved = state_dict.get(self.NAME)

    def hold(self, held: Any) -> None:
        """From here on, or from where the checkpoint was that is resumed from.

        Args:
            held: what has `state_dict`, `load_state_dict` and `close`.
        """
        self._held = held
        if self._saved is not None:
            held.load_state_dict(self._saved)
            self._saved = None

    def split_of(self, module: LightningModule) -> Split:
        """What makes (inputs, targets) of a batch."""
        return partial(parts, module) if self.split is None else self.split

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Model and optimiser are as they were."""
        if self._held is not None:
            self._held.close()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """They are here too."""
        self.on_train_end(trainer, pl_module)


def one_optimizer(trainer: Trainer, module: LightningModule) -> Optimizer:
    """That of the training.

    Raises:
        InputError: manual optimisation, or several optimisers.
    """
    if not module.automatic_optimization or len(trainer.optimizers) != 1:
        raise InputError(f"expected automatic optimisation with one optimizer, got {len(trainer.optimizers)}, or manual")
    return trainer.optimizers[0]
