"""A callback for PyTorch Lightning that caps the learning rate; needs the package lightning."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from numerics.control.controller import EdgeController
from numerics.control.log import named
from numerics.monitor.descended import LossFn
from numerics.monitor.fitting import Fitting, Split, one_optimizer

if TYPE_CHECKING:
    from lightning.pytorch import LightningModule, Trainer


class ControlCallback(Fitting):
    """Caps a Lightning training with an `EdgeController`, which is in `.control` during and after it.

    Lightning makes gradients within the optimiser's step; they are measured there, clipped as the step will use them.
    Checkpoints hold the controller's state. Automatic optimisation, one optimiser.

    Args:
        loss_fn: (outputs of the LightningModule on the inputs, targets) -> scalar: what `training_step` returns.
        split: batch -> (inputs, targets); by default as of `numerics.monitor.lightning.StabilityCallback`.
        log_metrics: whether wanted, applied and edge are logged, as `control/...`, into the trainer's logger.
        **options: of `EdgeController`; `accumulate` is the Trainer's.
    """

    NAME = "control"

    def __init__(self, loss_fn: LossFn, split: Split | None = None, log_metrics: bool = True, **options: Any) -> None:
        super().__init__(loss_fn, split, log_metrics, options)
        self.control: EdgeController | None = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to cap.

        Raises:
            InputError: manual optimisation, or several optimisers; as `EdgeController`.
        """
        optimizer = one_optimizer(trainer, pl_module)
        options = {"accumulate": trainer.accumulate_grad_batches, **self.options}
        self.control = EdgeController(pl_module, optimizer, self.loss_fn, **options)
        self.hold(self.control)

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """A batch is about to be differentiated.

        Raises:
            InputError: of the first one, that it is no pair and there is no `split`.
        """
        if self.control is not None:
            self.control.step(*self.split_of(pl_module)(batch))

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """The optimiser may have stepped."""
        if self.control is None or not self.log_metrics:
            return
        with suppress(Exception):  # Lightning refuses a name that the user logs too; the training goes on
            newest = named(self.control.log.records.newest)
            pl_module.log_dict(newest, on_step=True, on_epoch=False, batch_size=1)
