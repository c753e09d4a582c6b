"""The cap in real trainers of Lightning, Hugging Face and accelerate: an lr far too high, and a resumed run."""

from __future__ import annotations

import warnings

import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss
from torch.utils.data import DataLoader, TensorDataset

from numerics.control import EdgeController

pytestmark = pytest.mark.filterwarnings("ignore::Warning:lightning", "ignore:.*num_workers", "ignore:.*LeafSpec")
QUIET = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}


def rows(count: int = 16) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    x = torch.randn(count, 3)
    return x, x.sum(1, keepdim=True)


def line() -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(3, 1)


def test_lightning_is_capped_in_its_closure_and_resumes(tmp_path) -> None:
    """The edge of one line: 2 over the largest eigenvalue of the batch's Hessian, as each batch is the whole of the data."""
    pytest.importorskip("lightning")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lightning.pytorch as lightning

        from numerics.control.lightning import ControlCallback

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.line = line()

        def forward(self, x):
            return self.line(x)

        def training_step(self, batch, _):
            return mse_loss(self(batch[0]), batch[1])

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=50.0)

    def fit(epochs: int, path=None) -> tuple[ControlCallback, lightning.Trainer, Module]:
        callback, module = ControlCallback(mse_loss, c=1.0, products=8), Module()
        trainer = lightning.Trainer(max_epochs=epochs, accelerator="cpu", devices=1, callbacks=[callback],
                                    enable_checkpointing=False, **QUIET)  # fmt: skip
        trainer.fit(module, DataLoader(TensorDataset(*rows()), batch_size=16), ckpt_path=path)
        return callback, trainer, module

    first, trainer, _ = fit(2)
    design = torch.cat([rows()[0], torch.ones(16, 1)], 1).double()
    edge = 2 / float(torch.linalg.eigvalsh(2 * design.T @ design / 16)[-1])
    assert first.control.dataset().applied.values == pytest.approx([edge] * 2, rel=1e-5)
    assert float(trainer.callback_metrics["control/applied"]) == pytest.approx(edge, rel=1e-5)
    assert trainer.optimizers[0].param_groups[0]["lr"] == 50.0
    trainer.save_checkpoint(tmp_path / "last.ckpt")
    resumed, _, again = fit(4, str(tmp_path / "last.ckpt"))
    whole, _, alone = fit(4)
    assert resumed.control.dataset().equals(whole.control.dataset())
    assert all(map(torch.equal, again.parameters(), alone.parameters()))


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.line = line()

    def forward(self, features, labels=None):
        out = self.line(features)
        return {"loss": mse_loss(out, labels), "logits": out}


def test_hugging_face_is_capped_and_resumes(tmp_path) -> None:
    pytest.importorskip("transformers")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from transformers import Trainer, TrainingArguments

        from numerics.control.huggingface import controlled

        def fit(resume: str | None = None):
            arguments = TrainingArguments(
                output_dir=str(tmp_path), max_steps=4, per_device_train_batch_size=4, gradient_accumulation_steps=2,
                learning_rate=50.0, lr_scheduler_type="constant", optim="sgd", use_cpu=True, report_to=[], disable_tqdm=True,
                save_strategy="steps", save_steps=2, logging_strategy="steps", logging_steps=1, max_grad_norm=0.0,
            )  # fmt: skip
            data = [{"features": x, "labels": y} for x, y in zip(*rows(), strict=True)]
            trainer = Trainer(model=Model(), args=arguments, train_dataset=data)
            callback = controlled(trainer, c=1.0, every=1)
            trainer.train(resume)
            return callback, trainer

        first, trainer = fit()
        second, _ = fit(str(tmp_path / "checkpoint-2"))
    found = first.control.dataset()
    assert (found.applied < 50).all()
    assert (found.wanted == 50).all()
    logged = [row["control/applied"] for row in trainer.state.log_history if "loss" in row]
    assert logged == list(found.applied.values)
    assert second.control.dataset().equals(found)


def test_accelerate_is_capped() -> None:
    accelerate = pytest.importorskip("accelerate")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        accelerator = accelerate.Accelerator(cpu=True, gradient_accumulation_steps=2)
        model = line()
        optimizer = torch.optim.SGD(model.parameters(), lr=50.0)
        model, optimizer = accelerator.prepare(model, optimizer)
        losses = []
        with EdgeController(model, optimizer, mse_loss, c=1.0, accumulate=2) as control:
            for x, y in [rows()] * 6:
                with accelerator.accumulate(model):
                    loss = mse_loss(model(x), y)
                    accelerator.backward(loss)
                    control.step(x, y)
                    optimizer.step()
                    optimizer.zero_grad()
                losses.append(loss.item())
    assert control.dataset().step.size == 3
    assert losses[-1] < losses[0]
