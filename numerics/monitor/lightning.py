"""A callback for PyTorch Lightning; needs the package lightning."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import nn

from derive.errors import InputError
from numerics.monitor.descended import LossFn
from numerics.monitor.monitor import StabilityMonitor

try:
    from lightning.pytorch import Callback, LightningModule, Trainer
except ImportError:
    raise InputError("expected the package lightning, got none; pip install lightning") from None


class StabilityCallback(Callback):
    """Watches a Lightning training with a `StabilityMonitor`, whose numbers are in `.monitor` during and after it.

    Clipping of gradients by the Trainer is followed by the shadow. Automatic optimisation, one optimiser.

    Args:
        loss_fn: (outputs of the LightningModule on the inputs, targets) -> scalar: what `training_step` returns.
        split: batch -> (inputs, targets).
        **options: of `StabilityMonitor`.
    """

    def __init__(self, loss_fn: LossFn, split: Callable[[Any], tuple[Any, Any]] = tuple, **options: Any) -> None:
        self.loss_fn, self.split, self.options = loss_fn, split, options
        self.monitor: StabilityMonitor | None = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to watch.

        Raises:
            InputError: manual optimisation, or several optimisers.
        """
        if not pl_module.automatic_optimization or len(trainer.optimizers) != 1:
            raise InputError(f"expected automatic optimisation with one optimizer, got {len(trainer.optimizers)}, or manual")
        options = {"forward_context": trainer.precision_plugin.forward_context, **self.options}
        if trainer.gradient_clip_val:
            options.setdefault("after_backward", partial(clip, trainer))
        self.monitor = StabilityMonitor(pl_module, trainer.optimizers[0], self.loss_fn, **options)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """A batch is done; the optimiser may have stepped."""
        if self.monitor is not None:
            self.monitor.step(*self.split(batch))

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop watching."""
        if self.monitor is not None:
            self.monitor.close()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Stop watching."""
        self.on_train_end(trainer, pl_module)


def clip(trainer: Trainer, model: nn.Module) -> None:
    """Clip gradients as the Trainer does."""
    size = float(trainer.gradient_clip_val or 0)
    if str(trainer.gradient_clip_algorithm or "norm").endswith("value"):
        nn.utils.clip_grad_value_(model.parameters(), size)
    else:
        nn.utils.clip_grad_norm_(model.parameters(), size)
