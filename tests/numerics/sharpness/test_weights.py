"""Pieces weigh what the loss divides by: against dense Hessians of the loss over all the data at once."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss

from derive.errors import InputError
from numerics.sharpness import Hessian, sharpness
from tests.numerics.sharpness.models import classifier, dense

PADDED = -100


def padded(lengths: list[int], width: int = 6) -> tuple[nn.Module, tuple[Tensor, Tensor]]:
    """A tagger of rows of tokens, of which the first `lengths` count."""
    torch.manual_seed(3)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3)).double()
    targets = torch.randint(0, 3, (len(lengths), width))
    for row, length in zip(targets, lengths, strict=True):
        row[length:] = PADDED
    return model, (torch.randn(len(lengths), width, 3).double(), targets)


def tokens(output: Tensor, target: Tensor, **options) -> Tensor:
    return cross_entropy(output.flatten(0, 1), target.flatten(), ignore_index=PADDED, **options)


def agrees(model: nn.Module, loss, data, chunk: int, **options) -> None:
    exact = dense(model, loss, data)
    hessian = Hessian(model, loss, data, chunk=chunk, **options)
    torch.testing.assert_close(hessian @ torch.eye(hessian.size).double(), exact, rtol=1e-9, atol=1e-12)
    assert hessian.loss() == pytest.approx(loss(model(data[0]), data[1]).item(), rel=1e-12)


@given(st.lists(st.integers(0, 6), min_size=2, max_size=9).filter(any), st.integers(1, 5))
@settings(max_examples=15, deadline=None)
def test_tokens_that_are_not_padding(lengths: list[int], chunk: int) -> None:
    """With pieces of padding alone among them, whose own loss is 0 / 0."""
    model, data = padded(lengths)
    agrees(model, tokens, data, chunk)


def test_padding_at_the_front_as_long_as_the_rows_that_are_looked_at() -> None:
    model, data = padded([0] * 40 + [6, 1, 3])
    agrees(model, tokens, data, 5)


@pytest.mark.parametrize("chunk", [1, 4, 7])
def test_class_weights(chunk: int) -> None:
    model, data = classifier()
    agrees(model, nn.CrossEntropyLoss(weight=torch.tensor([1.0, 20.0, 0.5]).double()), data, chunk)


@pytest.mark.parametrize(("how", "reduction"), [("sum", "sum"), ("sum", None), ("mean", None)])
def test_sums(how: str, reduction: str | None) -> None:
    model, data = padded([6, 1, 0, 3])
    loss = partial(tokens, reduction=how)
    agrees(model, loss, data, 1, reduction=reduction)


def test_a_sum_over_a_number_of_items_is_a_sum() -> None:
    model, data = padded([6, 1, 4])
    loss = lambda output, target: tokens(output, target, reduction="sum") / 11  # noqa: E731
    agrees(model, loss, data, 1, reduction="sum")
    with pytest.raises(InputError, match="pass reduction='sum'"):
        sharpness(model, loss, data, chunk=1)


def test_a_loss_that_the_model_computes_itself() -> None:
    """No outputs to ask the loss by: the gradient by the parameters tells."""
    inner, (inputs, targets) = padded([6, 1, 0, 3, 2])

    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
            output = self.inner(batch["x"])
            return {"loss": tokens(output, batch["y"]), "logits": output}

    exact = dense(inner, tokens, (inputs, targets))
    hessian = Hessian(Own(), lambda outputs, _: outputs["loss"], ({"x": inputs, "y": targets}, None), chunk=2)
    torch.testing.assert_close(hessian @ torch.eye(hessian.size).double(), exact, rtol=1e-9, atol=1e-12)


def test_a_perfect_fit_has_no_slope_and_still_counts() -> None:
    torch.manual_seed(0)
    line = nn.Linear(3, 1).double()
    inputs = torch.randn(9, 3).double()
    for wrong in (0, 1):  # everywhere, and but for one row
        targets = line(inputs).detach()
        targets[:wrong] += 1
        agrees(line, mse_loss, (inputs, targets), 2)


def test_batches_of_a_loader() -> None:
    model, (inputs, targets) = padded([6, 1, 0, 3, 2])
    exact = dense(model, tokens, (inputs, targets))
    hessian = Hessian(model, tokens, list(zip(inputs.split(2), targets.split(2), strict=True)))
    torch.testing.assert_close(hessian @ torch.eye(hessian.size).double(), exact, rtol=1e-9, atol=1e-12)


def test_batches_that_cannot_be_compared() -> None:
    """Padded to different lengths: what they weigh in one loss cannot be asked."""
    model, (inputs, targets) = padded([6, 1, 0, 3])
    with pytest.raises(InputError, match="pad them to one length"):
        sharpness(model, tokens, [(inputs[:2], targets[:2]), (inputs[2:, :4], targets[2:, :4])])


def test_what_is_broken_is_not_taken_for_padding() -> None:
    model, (inputs, targets) = padded([6, 1, 4, 2])
    inputs[2, 0] = torch.nan
    with pytest.raises(InputError, match="expected a finite loss, got nan"):
        sharpness(model, tokens, (inputs, targets), chunk=1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_neither_mean_nor_sum_is_refused(dtype: torch.dtype) -> None:
    model, (inputs, targets) = classifier(dtype=dtype)

    def contrastive(output: Tensor, _: Tensor) -> Tensor:
        return cross_entropy(output @ output.T, torch.arange(len(output)))

    for chunk in (3, 10, 29):
        with pytest.raises(InputError, match="neither"):
            sharpness(model, contrastive, (inputs, targets), chunk=chunk)


def test_equal_weights_of_batches() -> None:
    """As gradients are accumulated: the mean of means, whatever is in a batch; and chunks of it by what it divides by."""
    model, (inputs, targets) = padded([6, 1, 0, 3, 2])
    batches = [(inputs[:1], targets[:1]), (inputs[1:], targets[1:])]
    exact = sum(dense(model, tokens, batch) for batch in batches) / 2
    for chunk in (None, 2):
        hessian = Hessian(model, tokens, batches, chunk=chunk, reduction="batches")
        torch.testing.assert_close(hessian @ torch.eye(hessian.size).double(), exact, rtol=1e-9, atol=1e-12)
