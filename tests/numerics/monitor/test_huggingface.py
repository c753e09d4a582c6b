"""The callback in a real Trainer of Hugging Face."""

from __future__ import annotations

import warnings

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import Dataset

from tests.numerics.monitor.cases import data, net

pytest.importorskip("transformers")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # imports of transformers and accelerate
    from transformers import Trainer, TrainingArguments

    from numerics.monitor.huggingface import StabilityCallback


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
    assert results.attrs["remarks"] == ""  # the shadow followed, clipping by max_grad_norm included
    assert results.rel_l1.count() >= 11
    assert results.attrs["optimizers"] == "adamw, adamw"  # one group decays, one does not
    assert results.normalised.count() >= 2  # from step 13 on, where the denominators have settled
