"""A callback for PyTorch Lightning that caps the learning rate; needs the package lightning."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

from derive.errors import InputError
from numerics.control.controller import EdgeController
from numerics.control.log import named
from numerics.monitor.descended import LossFn
from numerics.monitor.lightning import Split, parts

try:
    from lightning.pytorch import Callback, LightningModule, Trainer
except ImportError:
    raise InputError("expected the package lightning, got none; pip install lightning") from None


class ControlCallback(Callback):
    """Caps a Lightning training with an `EdgeController`, which is in `.control` during and after it.

    Lightning makes gradients within the optimiser's step; they are measured there, clipped as the step will use them.
    Checkpoints hold the controller's state. Automatic optimisation, one optimiser.

    Args:
        loss_fn: (outputs of the LightningModule on the inputs, targets) -> scalar: what `training_step` returns.
        split: batch -> (inputs, targets); by default as of `numerics.monitor.lightning.StabilityCallback`.
        log_metrics: whether wanted, applied and edge are logged, as `control/...`, into the trainer's logger.
        **options: of `EdgeController`; `accumulate` is the Trainer's.
    """

    def __init__(self, loss_fn: LossFn, split: Split | None = None, log_metrics: bool = True, **options: Any) -> None:
        self.loss_fn, self.split, self.log_metrics, self.options = loss_fn, split, log_metrics, options
        self.control: EdgeController | None = None
        self._saved: dict[str, Any] | None = None

    def state_dict(self) -> dict[str, Any]:
        """The controller's state, which Lightning puts into its checkpoints."""
        return {"control": self._saved if self.control is None else self.control.state_dict()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """From a checkpoint; put back when the training begins."""
        self._saved = state_dict.get("control")

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to cap.

        Raises:
            InputError: manual optimisation, or several optimisers; as `EdgeController`.
        """
        if not pl_module.automatic_optimization or len(trainer.optimizers) != 1:
            raise InputError(f"expected automatic optimisation with one optimizer, got {len(trainer.optimizers)}, or manual")
        options = {"accumulate": trainer.accumulate_grad_batches, **self.options}
        self.control = EdgeController(pl_module, trainer.optimizers[0], self.loss_fn, **options)
        if self._saved is not None:
            self.control.load_state_dict(self._saved)
            self._saved = None

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """A batch is about to be differentiated.

        Raises:
            InputError: of the first one, that it is no pair and there is no `split`.
        """
        if self.control is not None:
            split = partial(parts, pl_module) if self.split is None else self.split
            self.control.step(*split(batch))

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """The optimiser may have stepped."""
        if self.control is None or not self.log_metrics:
            return
        with suppress(Exception):  # Lightning refuses a name that the user logs too; the training goes on
            newest = named(self.control.log.records.newest)
            pl_module.log_dict(newest, on_step=True, on_epoch=False, batch_size=1)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """The optimiser is as it was."""
        if self.control is not None:
            self.control.close()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """The optimiser is as it was."""
        self.on_train_end(trainer, pl_module)
