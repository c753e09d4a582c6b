"""A callback for PyTorch Lightning; needs the package lightning."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from numerics.monitor.descended import LossFn
from numerics.monitor.fitting import Fitting, Split, one_optimizer
from numerics.monitor.monitor import StabilityMonitor
from numerics.monitor.records import DIMS
from numerics.monitor.scalars import scalars

if TYPE_CHECKING:
    from lightning.pytorch import LightningModule, Trainer


class StabilityCallback(Fitting):
    """Watches a Lightning training with a `StabilityMonitor`, whose numbers are in `.monitor` during and after it.

    Clipping of gradients by the Trainer is followed by the shadow. Automatic optimisation, one optimiser.

    Args:
        loss_fn: (outputs of the LightningModule on the inputs, targets) -> scalar: what `training_step` returns.
        split: batch -> (inputs, targets); by default a batch is one, or a mapping, of which the module is passed by name what
            its `forward` takes, and loss_fn the whole.
        log_metrics: whether the newest numbers are logged, as `stability/...`, into the trainer's logger (every
            `log_every_n_steps`) and `callback_metrics`, on which `EarlyStopping` and `ModelCheckpoint` work.
        **options: of `StabilityMonitor`.
    """

    NAME = "monitor"

    def __init__(self, loss_fn: LossFn, split: Split | None = None, log_metrics: bool = True, **options: Any) -> None:
        super().__init__(loss_fn, split, log_metrics, options)
        self.monitor: StabilityMonitor | None = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to watch.

        Raises:
            InputError: manual optimisation, or several optimisers; a checkpoint of another training.
        """
        optimizer = one_optimizer(trainer, pl_module)
        options = {"forward_context": trainer.precision_plugin.forward_context, **self.options}
        if trainer.gradient_clip_val:
            options.setdefault("after_backward", partial(clip, trainer))
        self.monitor = StabilityMonitor(pl_module, optimizer, self.loss_fn, **options)
        self.hold(self.monitor)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """A batch is done; the optimiser may have stepped."""
        if self.monitor is not None:
            batches = map(self.split_of(pl_module), [batch])  # mapped there, where errors are caught
            self.monitor.step_of(batches, told(trainer, outputs))
            self._log(pl_module)

    def _log(self, module: LightningModule) -> None:
        """The newest numbers, of the network and of groups; layers are many."""
        if self.monitor is None or not self.log_metrics:
            return
        newest = {k: v for k, v in self.monitor.records.newest.items() if DIMS.get(k) != "layer"}
        # Lightning refuses a name that the user logs too; the training goes on.
        self.monitor.tried(lambda: module.log_dict(scalars(newest), on_step=True, on_epoch=False, batch_size=1))


def told(trainer: Trainer, outputs: Any) -> list[Tensor] | None:
    """The loss of a training step, which Lightning has divided by the number of micro-batches; None if it does not show it."""
    loss = outputs.get("loss") if isinstance(outputs, Mapping) else outputs
    return [loss * trainer.accumulate_grad_batches] if isinstance(loss, Tensor) else None


def clip(trainer: Trainer, model: nn.Module) -> None:
    """Clip gradients as the Trainer does."""
    size = float(trainer.gradient_clip_val or 0)
    if str(trainer.gradient_clip_algorithm or "norm").endswith("value"):
        nn.utils.clip_grad_value_(model.parameters(), size)
    else:
        nn.utils.clip_grad_norm_(model.parameters(), size)
