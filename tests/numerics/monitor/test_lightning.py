"""The callback in a real Lightning Trainer."""

from __future__ import annotations

import warnings
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Dataset, TensorDataset

from derive.errors import InputError
from numerics.monitor import StabilityWarning
from numerics.monitor.descended import DROPPED
from numerics.monitor.records import UNITS
from tests.numerics.monitor.cases import data, net

pytest.importorskip("lightning")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Lightning's own imports
    import lightning.pytorch as lightning

    from numerics.monitor.fitting import parts
    from numerics.monitor.lightning import StabilityCallback

pytestmark = pytest.mark.filterwarnings(
    "ignore::Warning:lightning", "ignore:.*num_workers", "ignore:.*LeafSpec", "ignore:dropout is off"
)


class Module(lightning.LightningModule):
    def __init__(self, manual: bool = False) -> None:
        super().__init__()
        self.net = net(nn.Dropout(0.2), dtype=torch.float32)
        self.automatic_optimization = not manual

    def forward(self, inputs):
        return self.net(inputs)

    def training_step(self, batch, _):
        loss = cross_entropy(self(batch[0]), batch[1])
        self.log("loss", loss)
        return loss if self.automatic_optimization else None

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), lr=0.1, momentum=0.9)
        return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)]


def fit(callback: StabilityCallback | None, module: Module, **options) -> None:
    torch.manual_seed(5)
    trainer = lightning.Trainer(
        max_epochs=4, accelerator="cpu", devices=1, callbacks=[callback] if callback else [], logger=False,
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False, **options,
    )  # fmt: skip
    trainer.fit(module, DataLoader(TensorDataset(*data(48, dtype=torch.float32)), batch_size=8))


@pytest.mark.exact
@pytest.mark.parametrize(
    ("options", "steps"),
    [({"gradient_clip_val": 0.1}, 24), ({"accumulate_grad_batches": 2}, 12), ({"precision": "bf16-mixed"}, 24)],
)
def test_a_training_is_watched_and_keeps_its_bits(options, steps: int) -> None:
    callback = StabilityCallback(cross_entropy, budget=5.0, shadow=0.9, window=12)
    watched, alone = Module(), Module()
    fit(callback, watched, **options)
    fit(None, alone, **options)
    for ours, theirs in zip(watched.parameters(), alone.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    results = callback.monitor.dataset()
    assert results.step.values.max() <= steps
    assert results.attrs["remarks"] == DROPPED  # and the shadow followed
    assert results.rel_l1.count() >= 11
    assert set(results.layer.values) == {"net.0", "net.3"}
    lrs = results.lr.dropna("step").values.ravel()
    assert lrs[0] == pytest.approx(0.1)
    assert lrs[-1] in (pytest.approx(0.05), pytest.approx(0.025))  # Lightning's schedule steps before the callback


@pytest.mark.exact
def test_manual_optimisation_is_named() -> None:
    with pytest.raises(InputError, match="expected automatic optimisation with one optimizer"):
        fit(StabilityCallback(cross_entropy), Module(manual=True))


class Named(Module):
    """Batches are mappings, of which `forward` takes one part."""

    def training_step(self, batch, _):
        return cross_entropy(self(batch["inputs"]), batch["labels"])


class Rows(Dataset):
    def __len__(self) -> int:
        return 24

    def __getitem__(self, index):
        inputs, labels = data(24, dtype=torch.float32)
        return {"inputs": inputs[index], "labels": labels[index], "number": index}


@pytest.mark.parametrize("split", [None, lambda batch: (batch["inputs"], batch)])
def test_batches_that_are_mappings(split) -> None:
    callback = StabilityCallback(lambda output, batch: cross_entropy(output, batch["labels"]), split, budget=5.0, shadow=0)
    trainer = lightning.Trainer(
        max_epochs=1, accelerator="cpu", devices=1, callbacks=[callback], logger=False,
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(Named(), DataLoader(Rows(), batch_size=8))
    assert callback.monitor.dataset().normalised.count() >= 1
    assert callback.monitor.dataset().attrs["remarks"] == DROPPED


def test_a_batch_that_is_no_pair_is_said_and_the_training_goes_on() -> None:
    callback = StabilityCallback(cross_entropy, lambda batch: batch["nothing"], shadow=0)
    with pytest.warns(StabilityWarning, match="something is not measured") as caught:
        fit(callback, Module())
    assert len([w for w in caught if w.category is StabilityWarning]) == 1
    with pytest.raises(InputError, match=r"expected batches .inputs, targets. or mappings, got tuple of 3; pass split="):
        parts(nn.Linear(1, 1), (1, 2, 3))


UNITS_OF_NOISE = {name for name in UNITS if name.startswith(("noise", "mean_square", "coupled", "largest_lr_"))}


@pytest.mark.exact
def test_a_resumed_training_is_watched_from_where_it_was(tmp_path) -> None:
    torch.manual_seed(5)
    kept = {"accelerator": "cpu", "devices": 1, "logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    rows = DataLoader(TensorDataset(*data(48, dtype=torch.float32)), batch_size=8)
    make = partial(StabilityCallback, cross_entropy, budget=1e9, shadow=0)
    first = make()
    trainer = lightning.Trainer(max_epochs=2, callbacks=[first], enable_checkpointing=False, **kept)
    trainer.fit(Module(), rows)
    trainer.save_checkpoint(tmp_path / "last.ckpt")
    second = make()
    lightning.Trainer(max_epochs=3, callbacks=[second], enable_checkpointing=False, **kept).fit(
        Module(), rows, ckpt_path=str(tmp_path / "last.ckpt")
    )
    assert [row["step"] for row in second.monitor.records] == list(range(19))
    # Batches were awaited as it was interrupted: what they say comes into the row of their measurement later.
    late = {"verdict", "reason", "products", *UNITS_OF_NOISE}
    told = [[{k: v for k, v in row.items() if k not in late} for row in one.monitor.records] for one in (first, second)]
    assert str(told[0]) == str(told[1][:13])  # NaN is NaN
    counts = [sum("mean_square" in row for row in one.monitor.records) for one in (first, second)]
    assert 0 < counts[0] < counts[1]


def test_callbacks_of_lightning_work_on_the_numbers(tmp_path) -> None:
    """Early stopping on the sharpness, and the trainer's own logger."""
    from lightning.pytorch.callbacks import EarlyStopping
    from lightning.pytorch.loggers import CSVLogger

    torch.manual_seed(5)
    callback, logger = StabilityCallback(cross_entropy, budget=1e9, shadow=0), CSVLogger(str(tmp_path))
    stop = EarlyStopping("stability/normalised", stopping_threshold=1e9, patience=100, check_on_train_epoch_end=True)
    trainer = lightning.Trainer(
        max_epochs=3, accelerator="cpu", devices=1, callbacks=[callback, stop], logger=logger, log_every_n_steps=2,
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(Module(), DataLoader(TensorDataset(*data(48, dtype=torch.float32)), batch_size=8))
    newest = callback.monitor.latest
    assert float(trainer.callback_metrics["stability/normalised"]) == pytest.approx(newest["normalised"], rel=1e-6)
    assert trainer.current_epoch == 1  # below the threshold after the first epoch
    (table,) = tmp_path.rglob("metrics.csv")
    assert "stability/largest_lr/0" in table.read_text(encoding="utf-8").splitlines()[0]
