"""A callback for PyTorch Lightning; needs the package lightning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from inspect import signature
from typing import Any

from torch import Tensor, nn

from derive.errors import InputError
from numerics.monitor.descended import LossFn
from numerics.monitor.monitor import StabilityMonitor
from numerics.monitor.records import DIMS
from numerics.monitor.scalars import scalars

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


class StabilityCallback(Callback):
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

    def __init__(self, loss_fn: LossFn, split: Split | None = None, log_metrics: bool = True, **options: Any) -> None:
        self.log_metrics = log_metrics
        self.loss_fn, self.split, self.options = loss_fn, split, options
        self.monitor: StabilityMonitor | None = None
        self._saved: dict[str, Any] | None = None

    def state_dict(self) -> dict[str, Any]:
        """The monitor's state, which Lightning puts into its checkpoints."""
        return {"monitor": self._saved if self.monitor is None else self.monitor.state_dict()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """From a checkpoint; put back when the training begins, after the model and the optimiser."""
        self._saved = state_dict.get("monitor")

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to watch.

        Raises:
            InputError: manual optimisation, or several optimisers; a checkpoint of another training.
        """
        if not pl_module.automatic_optimization or len(trainer.optimizers) != 1:
            raise InputError(f"expected automatic optimisation with one optimizer, got {len(trainer.optimizers)}, or manual")
        options = {"forward_context": trainer.precision_plugin.forward_context, **self.options}
        if trainer.gradient_clip_val:
            options.setdefault("after_backward", partial(clip, trainer))
        self.monitor = StabilityMonitor(pl_module, trainer.optimizers[0], self.loss_fn, **options)
        if self._saved is not None:
            self.monitor.load_state_dict(self._saved)
            self._saved = None

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """A batch is done; the optimiser may have stepped."""
        if self.monitor is not None:
            split = partial(parts, pl_module) if self.split is None else self.split
            self.monitor.step_of(map(split, [batch]), told(trainer, outputs))  # mapped there, where errors are caught
            self._log(pl_module)

    def _log(self, module: LightningModule) -> None:
        """The newest numbers, of the network and of groups; layers are many."""
        if self.monitor is None or not self.log_metrics:
            return
        newest = {k: v for k, v in self.monitor.records.newest.items() if DIMS.get(k) != "layer"}
        # Lightning refuses a name that the user logs too; the training goes on.
        self.monitor.tried(lambda: module.log_dict(scalars(newest), on_step=True, on_epoch=False, batch_size=1))

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop watching."""
        if self.monitor is not None:
            self.monitor.close()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Stop watching."""
        self.on_train_end(trainer, pl_module)


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
