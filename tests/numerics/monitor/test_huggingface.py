"""The callback in a real Trainer of Hugging Face."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import Dataset

from numerics.monitor import StabilityWarning
from numerics.monitor.descended import DROPPED
from tests.numerics.monitor.cases import data, dense_hessian, net

pytest.importorskip("transformers")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # imports of transformers and accelerate
    from transformers import Trainer, TrainingArguments

    from numerics.monitor.huggingface import StabilityCallback, watched


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net = net(nn.Dropout(0.2), dtype=torch.float32)

    def forward(self, features, labels=None):
        logits = self.net(features)
        return {"loss": cross_entropy(logits, labels), "logits": logits}


class Rows(Dataset):
    def __init__(self) -> None:
        self.features, self.labels = data(48, dtype=torch.float32)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index):
        return {"features": self.features[index], "labels": self.labels[index]}


def fit(model: Model, folder, callbacks, **options) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pinned memory without a GPU, and such
        arguments = TrainingArguments(
            output_dir=str(folder), num_train_epochs=8, per_device_train_batch_size=8, learning_rate=0.01, report_to=[],
            use_cpu=True, save_strategy="no", logging_strategy="no", disable_tqdm=True, weight_decay=0.1, **options,
        )  # fmt: skip
        Trainer(model=model, args=arguments, train_dataset=Rows(), callbacks=callbacks).train()


@pytest.mark.exact
@pytest.mark.parametrize(("accumulated", "steps"), [(1, 48), (2, 24)])
def test_a_training_is_watched_and_keeps_its_bits(tmp_path, accumulated: int, steps: int) -> None:
    callback = StabilityCallback(budget=5.0, shadow=0.9, window=12)
    watched, alone = Model(), Model()
    fit(watched, tmp_path, [callback], gradient_accumulation_steps=accumulated)
    fit(alone, tmp_path, [], gradient_accumulation_steps=accumulated)
    for ours, theirs in zip(watched.parameters(), alone.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    results = callback.monitor.dataset()
    assert results.step.values.max() <= steps
    assert results.attrs["remarks"] == DROPPED  # and the shadow followed, clipping by max_grad_norm included
    assert results.rel_l1.count() >= 11
    assert results.attrs["optimizers"] == "adamw, adamw"  # one group decays, one does not
    assert results.normalised.count() >= 2  # from step 13 on, where the denominators have settled


class Line(nn.Module):
    """Takes what the Trainer passes on to losses: the number of items in all micro-batches of the step."""

    def __init__(self, counts: bool = True) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.line, self.counts = nn.Linear(6, 3).double(), counts
        self.accepts_loss_kwargs = counts

    def forward(self, features, labels=None, num_items_in_batch=None, **_):
        logits = self.line(features)
        if labels is None:
            return {"logits": logits}
        if num_items_in_batch is None:
            return {"loss": cross_entropy(logits, labels), "logits": logits}
        return {"loss": cross_entropy(logits, labels, reduction="sum") / num_items_in_batch, "logits": logits}


class Doubles(Rows):
    def __init__(self) -> None:
        self.features, self.labels = data(48)


def train_line(
    model: Line,
    folder,
    callback: StabilityCallback,
    trainer: dict | None = None,
    steps: int = 1,
    lr: float = 1e-12,
    save: dict | None = None,
    resume: str | None = None,
    **options,
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", StabilityWarning)
        arguments = TrainingArguments(
            output_dir=str(folder), max_steps=steps, per_device_train_batch_size=8, learning_rate=lr, use_cpu=True,
            lr_scheduler_type="constant", report_to=[], disable_tqdm=True, optim="sgd",
            **{"save_strategy": "no", "logging_strategy": "no", **options, **(save or {})},
        )  # fmt: skip
        Trainer(model=model, args=arguments, train_dataset=Doubles(), callbacks=[callback], **(trainer or {})).train(resume)


@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize("accumulated", [1, 3, 4])
def test_the_loss_of_all_micro_batches_is_measured(tmp_path, accumulated: int, counts: bool) -> None:
    """Whether the model counts the items of the step or takes means: of as many rows each it is the mean over all of them."""
    seen: list[dict] = []
    model = Line(counts)
    model.register_forward_pre_hook(lambda _, args, kwargs: seen.append(kwargs), with_kwargs=True)
    callback = StabilityCallback(shadow=0, tolerance=1e-8, budget=100.0)
    train_line(model, tmp_path, callback, gradient_accumulation_steps=accumulated)
    seen = seen[:accumulated]  # then come those of the measurement
    assert counts == (seen[0].get("num_items_in_batch") is not None)
    inputs, labels = (torch.cat([batch[name] for batch in seen]) for name in ("features", "labels"))
    exact = torch.linalg.eigvalsh(dense_hessian(model.line, inputs, labels))[-1]
    row = callback.monitor.latest
    assert row["normalised"] * row["edge"][0] == pytest.approx(float(exact), rel=1e-6)


@pytest.mark.exact
@pytest.mark.parametrize("how", ["label smoothing", "compute_loss_func"])
def test_a_loss_of_the_trainers_own_is_said_not_to_be_seen(tmp_path, how: str) -> None:
    callback = StabilityCallback(shadow=0, budget=100.0)
    own = {"compute_loss_func": lambda outputs, labels, **_: cross_entropy(outputs["logits"], labels)}
    trainer, options = (own, {}) if how == "compute_loss_func" else ({}, {"label_smoothing_factor": 0.1})
    model = Line(counts=False)
    model.config = SimpleNamespace(problem_type=None)
    with pytest.warns(StabilityWarning, match="compute_loss_func, label smoothing") as caught:
        train_line(model, tmp_path, callback, trainer, **options)
    assert len([w for w in caught if w.category is StabilityWarning]) == 1
    assert callback.monitor.latest == {}


def test_the_shadow_follows_what_counts_the_items_of_a_step(tmp_path) -> None:
    callback = StabilityCallback(shadow=1.0, window=12)
    train_line(Line(), tmp_path, callback, steps=13, lr=0.1, gradient_accumulation_steps=3)
    results = callback.monitor.dataset()
    assert results.attrs["remarks"] == ""
    assert results.rel_l1.count() == 12


@pytest.mark.exact
def test_a_resumed_training_is_watched_from_where_it_was(tmp_path) -> None:
    make = {"budget": 1e9, "shadow": 0}
    first, second, third = (StabilityCallback(**make) for _ in range(3))
    saves = {"steps": 4, "lr": 0.1, "save": {"save_strategy": "steps", "save_steps": 2, "save_total_limit": 2}}
    train_line(Line(), tmp_path, first, **saves)
    train_line(Line(), tmp_path, second, resume=str(tmp_path / "checkpoint-2"), **saves)
    assert [row["step"] for row in second.monitor.records] == [0, 1, 2, 3, 4]
    assert str(list(second.monitor.records)[:3]) == str(list(first.monitor.records)[:3])  # NaN is NaN
    (tmp_path / "checkpoint-2" / "stability.pt").unlink()
    with pytest.warns(StabilityWarning, match=r"records begin anew: there is no .*stability.pt"):
        train_line(Line(), tmp_path, third, resume=str(tmp_path / "checkpoint-2"), **saves)
    assert third.monitor.records


def test_the_trainers_log_and_its_reports_have_the_numbers(tmp_path) -> None:
    pytest.importorskip("tensorboard")
    logs = {"logging_strategy": "steps", "logging_steps": 2, "report_to": ["tensorboard"]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        arguments = TrainingArguments(
            output_dir=str(tmp_path), max_steps=4, per_device_train_batch_size=8, use_cpu=True, save_strategy="no",
            disable_tqdm=True, optim="sgd", **logs,
        )  # fmt: skip
        trainer = Trainer(model=Line(), args=arguments, train_dataset=Doubles())
        callback = watched(trainer, budget=1e9, shadow=0)
        trainer.train()
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        (folder,) = {path.parent for path in tmp_path.rglob("events.out.tfevents*")}
        tags = EventAccumulator(str(folder)).Reload().Tags()["scalars"]
    logged = [row for row in trainer.state.log_history if "loss" in row]
    assert [row["step"] for row in logged] == [2, 4]
    assert logged[-1]["stability/normalised"] == callback.monitor.latest["normalised"]
    assert any(tag.endswith("stability/normalised") for tag in tags)
