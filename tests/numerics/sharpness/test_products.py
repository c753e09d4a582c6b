"""Products with the Hessian: against dense Hessians, differences of the gradient, and curvlinops."""

from __future__ import annotations

import warnings
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss

from derive.errors import InputError
from numerics.sharpness import Hessian, methods
from tests.numerics.sharpness.models import classifier, convolutional, dense, itself, one_row, quadratic

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # torch.jit, in linear_operator
    from curvlinops import HessianLinearOperator

RECOMPUTED = ["graph", "reverse-over-reverse", "forward-over-reverse"]


def rows(number: int, hessian: Hessian, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(number, hessian.size, generator=generator, dtype=torch.float64).to(hessian.device, hessian.dtype)


@pytest.mark.parametrize("chunk", [None, 7])
@pytest.mark.parametrize("method", [*RECOMPUTED, "auto", "measured"])
@pytest.mark.parametrize("make", [classifier, convolutional])
def test_dense_hessian(make, method, chunk, device) -> None:
    model, data = make(device=device)
    hessian = Hessian(model, cross_entropy, data, method=method, chunk=chunk)
    columns = hessian @ torch.eye(hessian.size, dtype=torch.float64, device=device)
    torch.testing.assert_close(columns, dense(model, cross_entropy, data), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("method", RECOMPUTED)
@pytest.mark.parametrize("make", [classifier, convolutional])
def test_products_of_curvlinops(make, method) -> None:
    model, data = make()
    hessian = Hessian(model, cross_entropy, data, method=method)
    theirs = HessianLinearOperator(model, nn.CrossEntropyLoss(), list(model.parameters()), [data])
    vector = rows(1, hessian)[0]
    torch.testing.assert_close(hessian @ vector, theirs @ vector, rtol=1e-6, atol=1e-12)


def test_float32_to_its_precision() -> None:
    model, data = classifier()
    vector = rows(1, Hessian(model, cross_entropy, data))[0]
    exact = Hessian(model, cross_entropy, data) @ vector
    model, data = classifier(dtype=torch.float32)
    found = Hessian(model, cross_entropy, data) @ vector.float()
    assert (found.double() - exact).norm() < 1e-6 * exact.norm()


@given(seed=st.integers(0, 1000), method=st.sampled_from(RECOMPUTED), chunk=st.sampled_from([None, 1, 4, 30]))
@settings(max_examples=12)
def test_symmetry(seed, method, chunk) -> None:
    model, data = classifier(seed)
    hessian = Hessian(model, cross_entropy, data, method=method, chunk=chunk)
    first, second = rows(2, hessian, seed)
    one, other = first @ (hessian @ second), second @ (hessian @ first)
    assert abs(one - other) < 1e-12 * (abs(one) + hessian.size)


def test_taylor_slope_of_the_gradient() -> None:
    """The gradient less its linear part shrinks with the square of the step."""
    model, data = classifier()
    hessian = Hessian(model, cross_entropy, data)
    direction, slope = rows(1, hessian)[0], hessian.gradient()
    curvature, start, rests = hessian @ direction, [p.detach().clone() for p in model.parameters()], []
    for step in (1e-2, 1e-3):
        parts = direction.split([p.numel() for p in start])
        with torch.no_grad():
            for p, at, part in zip(model.parameters(), start, parts, strict=True):
                p.copy_(at + step * part.view_as(p))
        moved = Hessian(model, cross_entropy, data).gradient()
        rests.append(float((moved - slope - step * curvature).norm()))
    assert np.log10(rests[0] / rests[1]) == pytest.approx(2, abs=0.1)


@given(cuts=st.lists(st.integers(1, 29), max_size=4, unique=True), reduction=st.sampled_from(["mean", "sum"]))
@settings(max_examples=10)
def test_batches_add_up_whatever_their_sizes(cuts, reduction) -> None:
    model, (inputs, targets) = classifier()
    loss = nn.CrossEntropyLoss(reduction=reduction)
    ends = [0, *sorted(cuts), 30]
    batches = [(inputs[a:b], targets[a:b]) for a, b in pairwise(ends)]
    whole = Hessian(model, loss, (inputs, targets), reduction=reduction)
    parts = Hessian(model, loss, iter(batches), reduction=reduction)
    vector = rows(1, whole)[0]
    torch.testing.assert_close(parts @ vector, whole @ vector, rtol=1e-10, atol=1e-13)
    assert parts.loss() == pytest.approx(whole.loss(), rel=1e-12)
    torch.testing.assert_close(parts.gradient(), whole.gradient(), rtol=1e-10, atol=1e-13)


def test_loader_of_lists_and_nested_inputs() -> None:
    model, (inputs, targets) = classifier()

    class Named(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, given: dict) -> torch.Tensor:
            return self.model(given["x"])

    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(inputs, targets), batch_size=8)
    whole, vector = Hessian(model, cross_entropy, (inputs, targets)), torch.ones(51, dtype=torch.float64)
    torch.testing.assert_close(Hessian(model, cross_entropy, loader) @ vector, whole @ vector)
    torch.testing.assert_close(Hessian(model, cross_entropy, [inputs, targets]) @ vector, whole @ vector)
    torch.testing.assert_close(Hessian(Named(), cross_entropy, ({"x": inputs}, targets), chunk=4) @ vector, whole @ vector)


@pytest.mark.parametrize("method", RECOMPUTED)
def test_several_vectors_are_single_ones(method) -> None:
    model, data = classifier()
    hessian = Hessian(model, cross_entropy, data, method=method)
    vectors = rows(3, hessian)
    for flag in (True, False, None):  # at once, one by one, whichever is faster
        hessian._pooled._vectorised = {} if flag is None else {hessian._active: flag}
        torch.testing.assert_close(hessian @ vectors.T, torch.stack([hessian @ v for v in vectors], dim=1))


def test_counts_products() -> None:
    model, data = classifier()
    hessian = Hessian(model, cross_entropy, data, chunk=10)
    hessian @ torch.ones(hessian.size, dtype=torch.float64)
    assert hessian.products == 1
    hessian @ torch.ones(hessian.size, 4, dtype=torch.float64)
    assert hessian.products == 1 + 4 + 1  # one to find out which way is faster
    hessian @ torch.ones(hessian.size, 4, dtype=torch.float64)
    assert hessian.products == 10


@pytest.mark.parametrize("method", RECOMPUTED)
def test_blocks(method) -> None:
    model, data = classifier()
    whole = dense(model, cross_entropy, data)
    hessian = Hessian(model, cross_entropy, data, method=method)
    block = hessian.block(model[2].parameters())
    torch.testing.assert_close(block @ torch.eye(21, dtype=torch.float64), whole[30:, 30:])
    assert (block.products, hessian.products) == (22, 0)
    alone = Hessian(model, cross_entropy, data, model[2].parameters(), method=method)
    torch.testing.assert_close(alone @ torch.eye(21, dtype=torch.float64), whole[30:, 30:])


def test_order_of_the_parameters_given() -> None:
    model, data = classifier()
    swapped = Hessian(model, cross_entropy, data, [model[0].bias, model[0].weight]) @ torch.eye(30, dtype=torch.float64)
    whole = dense(model, cross_entropy, data)
    order = [*range(24, 30), *range(24)]
    torch.testing.assert_close(swapped, whole[order][:, order])


def test_frozen_and_unused_parameters() -> None:
    model, data = classifier()
    model[0].bias.requires_grad_(False)
    model.register_parameter("unused", nn.Parameter(torch.ones(2, dtype=torch.float64)))
    hessian = Hessian(model, cross_entropy, data)
    assert hessian.size == 2 + 24 + 21
    assert not bool((hessian @ torch.eye(47, dtype=torch.float64))[:2].any())


def test_tied_weights() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.Linear(3, 3, bias=False, dtype=torch.float64)
            self.b = nn.Linear(3, 3, bias=False, dtype=torch.float64)
            self.b.weight = self.a.weight

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.b(self.a(x).tanh())

    model, data = Tied(), (torch.randn(5, 3, dtype=torch.float64), torch.randn(5, 3, dtype=torch.float64))
    for method in ("graph", "reverse-over-reverse", "measured"):
        found = Hessian(model, mse_loss, data, method=method) @ torch.eye(9, dtype=torch.float64)
        torch.testing.assert_close(found, dense(model, mse_loss, data))
    with pytest.raises(InputError, match="use method='graph'"):  # forward mode cannot accumulate into a shared weight
        Hessian(model, mse_loss, data, method="forward-over-reverse") @ torch.ones(9, dtype=torch.float64)


def test_a_constant_added_to_the_loss_or_a_shift_of_it_changes_nothing() -> None:
    model, data = classifier()
    vector = torch.ones(51, dtype=torch.float64)
    shifted = Hessian(model, lambda output, target: cross_entropy(output + 3, target) + 7, data)
    torch.testing.assert_close(shifted @ vector, Hessian(model, cross_entropy, data) @ vector)


def test_linear_loss_has_none() -> None:
    line, data = nn.Linear(3, 1, dtype=torch.float64), (torch.randn(5, 3, dtype=torch.float64), torch.zeros(5))
    for method in RECOMPUTED:
        assert not (
            Hessian(line, lambda output, _: output.mean(), (data[0], None), method=method) @ torch.ones(4).double()
        ).any()


def test_scipy_view() -> None:
    model, data = classifier(dtype=torch.float32)
    hessian = Hessian(model, cross_entropy, data)
    view, vectors = hessian.linear_operator(), rows(2, hessian)
    assert view.dtype == np.float32
    assert view.shape == (51, 51)
    np.testing.assert_allclose(view @ vectors[0].numpy(), (hessian @ vectors[0]).numpy(), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(view @ vectors.T.double().numpy(), (hessian @ vectors.T).numpy(), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(view.T @ vectors[0].numpy(), view @ vectors[0].numpy(), rtol=1e-5, atol=1e-7)


def test_compiled(monkeypatch) -> None:
    """With a back end that needs no compiler."""
    monkeypatch.setattr(methods, "BACKEND", "eager")
    model, data = classifier()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # torch.jit, in torch itself
        hessian = Hessian(model, cross_entropy, data, method="compiled")
        vector = rows(1, hessian)[0]
        torch.testing.assert_close(hessian @ vector, Hessian(model, cross_entropy, data) @ vector)


def test_training_on_does_not_change_a_hessian() -> None:
    model, data = classifier()
    hessians = [Hessian(model, cross_entropy, data, method=method) for method in RECOMPUTED]
    vector = torch.ones(51, dtype=torch.float64)
    before = [h @ vector for h in hessians]
    with torch.no_grad():
        for p in model.parameters():
            p.mul_(2)
    for hessian, was in zip(hessians, before, strict=True):
        torch.testing.assert_close(hessian @ vector, was, rtol=0, atol=0)
    assert (Hessian(model, cross_entropy, data) @ vector - before[0]).norm() > 0.1 * before[0].norm()


def test_the_quadratic_of_the_other_tests() -> None:
    model = quadratic([3.0, -1.0, 0.5])
    torch.testing.assert_close(Hessian(model, itself, one_row()) @ torch.eye(3, dtype=torch.float64), model.matrix)


def test_attention_and_recurrence() -> None:
    """What torch computes by kernels without a second derivative, it can compute without them."""

    class Attends(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn, self.head = nn.LSTM(4, 6, batch_first=True), nn.Linear(6, 9)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            q, k, v = self.head(self.rnn(x)[0]).chunk(3, dim=-1)
            return nn.functional.scaled_dot_product_attention(q, k, v).sum(1)

    model, data = Attends().double(), (torch.randn(4, 5, 4, dtype=torch.float64), torch.zeros(4, 3, dtype=torch.float64))
    hessian = Hessian(model, mse_loss, data)
    vector, step = rows(1, hessian)[0], 1e-5
    found, ends = hessian @ vector, []
    for sign in (1, -1):
        parts = (sign * step * vector).split([p.numel() for p in model.parameters()])
        with torch.no_grad():
            for p, part in zip(model.parameters(), parts, strict=True):
                p.add_(part.view_as(p))
        ends.append(Hessian(model, mse_loss, data).gradient())
        with torch.no_grad():
            for p, part in zip(model.parameters(), parts, strict=True):
                p.sub_(part.view_as(p))
    torch.testing.assert_close((ends[0] - ends[1]) / (2 * step), found, rtol=1e-6, atol=1e-9)
