"""Optimisers against their own edges: on quadratic models all is known; the theory by another way; a small step as control."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import xarray as xr
from matplotlib.figure import Figure
from torch import Tensor, nn

from experiments.edges import edge_of_optimizers
from experiments.edges.edge_of_optimizers_runs import Pace, follow
from experiments.edges.edge_of_optimizers_setting import FULL, MOMENTUM, OPTIMIZERS, Block, Config, squares, step_sizes
from experiments.edges.edge_of_optimizers_theory import theory
from experiments.edges.full_batch import edge
from numerics.datasets import Split
from numerics.layerwise.average import layer_steps
from numerics.nets import build
from numerics.thresholds import thresholds
from tests.experiments.agreeing import smoke

SGDS = [name for name in OPTIMIZERS if name != "adam"]
GENERATOR = torch.Generator().manual_seed(0)
IMAGES = torch.randn(24, 1, 2, 3, generator=GENERATOR, dtype=torch.float64)
LABELS = torch.randint(3, (24,), generator=GENERATOR)
SPLIT = Split(IMAGES, LABELS, torch.zeros(1))


def linear() -> nn.Module:
    """Linear least squares: the Hessian is the same everywhere, the images' second moments once for each output."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(6, 3, bias=False)).double()


def moments() -> Tensor:
    flat = IMAGES.flatten(1)
    return flat.mT @ flat / len(flat)


def trained(name: str, lr: float, steps: int = 40, batch: int | None = None, every: int = 10) -> xr.Dataset:
    model = linear()
    return follow(model, OPTIMIZERS[name](model.parameters(), lr), squares, SPLIT, Pace(steps, every, batch))


def lr_of(name: str, ahead: float) -> float:
    return step_sizes(linear(), squares, SPLIT, ahead)[name]


@pytest.mark.parametrize("name", SGDS)
def test_on_a_quadratic_the_normalised_sharpness_stays_where_it_was_put(name: str) -> None:
    found = trained(name, lr_of(name, 2.5))
    np.testing.assert_allclose(found.normalised, 1 / 2.5, rtol=1e-2)
    assert found.rel_l1.notnull().sum() == 39
    assert found.minibatch.isnull().all()
    assert found.theory.isnull().all()


def end_over_start(name: str, lr: float, batch: int, steps: int) -> float:
    """Loss on all images, after plain torch training on images in turn."""
    model = linear()
    optimizer, first = OPTIMIZERS[name](model.parameters(), lr), squares(model(IMAGES), LABELS).item()
    for step in range(steps):
        chosen = [(step * batch + n) % len(LABELS) for n in range(batch)]
        optimizer.zero_grad()
        squares(model(IMAGES[chosen]), LABELS[chosen]).backward()
        optimizer.step()
    return squares(model(IMAGES), LABELS).item() / first


@pytest.mark.parametrize("name", SGDS)
def test_the_edge_parts_descent_from_divergence(name: str) -> None:
    """Trained to either side of its own edge by 2 %."""
    below, above = (end_over_start(name, lr_of(name, ahead), len(LABELS), 1000) for ahead in (1.02, 0.98))
    assert below < 1
    assert not above < 1e3


def test_adam_is_measured_with_its_live_denominators() -> None:
    model = linear()
    optimizer = OPTIMIZERS["adam"](model.parameters(), 0.01)
    found = follow(model, optimizer, squares, SPLIT, Pace(21, 20))
    state = optimizer.state[model[1].weight]
    by_row = (state["exp_avg_sq"] / (1 - 0.999**21)).sqrt() + 1e-8
    values = [float(torch.linalg.eigvalsh(moments() * (p[:, None] * p).rsqrt())[-1]) for p in by_row]
    expected = max(values) * 0.01 * (1 - 0.9) / (2 * (1 + 0.9)) / (1 - 0.9**21)
    assert float(found.normalised[-1]) == pytest.approx(expected, rel=2e-2)


@pytest.mark.parametrize("name", SGDS)
def test_a_small_step_never_reaches_the_edge_nor_amplifies(name: str) -> None:
    """Negative control, on a net whose sharpness does grow."""
    config = Config((Block("dense-1", "squared loss", ahead=200.0),), subset=40, steps=60, every=20)
    (block,) = config.blocks
    data, model = config.images(block, "cpu"), config.model(block, config.images(block, "cpu"), "cpu")
    lr = step_sizes(model, squares, data.train, block.ahead)[name]
    found = follow(model, OPTIMIZERS[name](model.parameters(), lr), squares, data.train, Pace(60, 20))
    assert float(found.normalised.max()) < 0.05
    assert float(found.rel_l1.max()) < 1e-4
    assert found.growth.item() != "amplified"


def test_small_batches_are_drawn_and_measured_along_their_gradients() -> None:
    found = trained("heavy ball", lr_of("heavy ball", 2.5), batch=4)
    np.testing.assert_allclose(found.normalised, 1 / 2.5, rtol=1e-2)  # of all images, whatever the batch
    assert found.minibatch.notnull().all()
    assert not np.array_equal(found.loss, trained("heavy ball", lr_of("heavy ball", 2.5)).loss)


def test_the_edge_of_a_full_batch_does_not_hold_for_small_ones() -> None:
    """Momentum below its edge: descends with all images, diverges one by one, as single images are sharper than their mean."""
    lr = lr_of("heavy ball", 1.2)
    assert end_over_start("heavy ball", lr, len(LABELS), 300) < 1
    assert not end_over_start("heavy ball", lr, 1, 300) < 10


def test_a_run_that_blows_up_ends_in_nan() -> None:
    found = trained("gd", 100 * lr_of("gd", 1.0), 400, every=10)
    assert found.normalised[0].notnull()
    assert found.normalised[-1].isnull()


def test_the_theory_is_the_layer_wise_bound() -> None:
    """For gd and momentum the edge scales all weights alike."""
    images = torch.randn(5, 1, 8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    split = Split(images, torch.tensor([0, 1, 0, 0, 1]), torch.zeros(1))
    model = build("chain-2", channels=1, classes=2, size=8, activation="swish", dtype=torch.float64)
    steps = layer_steps(model, nn.functional.cross_entropy, split, 0.0, 1.0)
    assert len(steps) == 2
    for name in SGDS:
        found = thresholds(OPTIMIZERS[name](model.parameters(), 0.3))
        expected = max(edge() / step for step in steps) / found[0].curvature
        assert theory(model, nn.functional.cross_entropy, split, found) == pytest.approx(expected, rel=1e-9)


def test_momentum_has_the_edge_of_its_textbook_form() -> None:
    lrs = step_sizes(linear(), squares, SPLIT, 1.0)
    sharpest = float(torch.linalg.eigvalsh(moments())[-1])
    assert lrs["gd"] * sharpest == pytest.approx(2, rel=1e-5)
    assert lrs["heavy ball"] * sharpest == pytest.approx(2 * (1 + MOMENTUM), rel=1e-5)
    assert lrs["nesterov"] * sharpest == pytest.approx(2 * (1 + MOMENTUM) / (1 + 2 * MOMENTUM), rel=1e-5)


def test_smoke_has_every_run_labelled() -> None:
    found = smoke("edge-of-optimizers")
    assert list(found.optimizer.values) == list(OPTIMIZERS)
    assert list(found.batch.values) == [FULL, "8"]
    assert found.loss.sel(net="dense-1").notnull().all()
    assert found.theory.sel(net="chain-2", batch=FULL).notnull().all()
    assert found.theory.sel(net="dense-1").isnull().all()
    np.testing.assert_allclose(found.normalised.sel(net="dense-1", batch=FULL, optimizer="gd")[0], 1 / 2, rtol=0.1)


def test_picture_and_caption_tell_of_every_run() -> None:
    found = smoke("edge-of-optimizers")
    assert isinstance(edge_of_optimizers.render(found), Figure)
    text = edge_of_optimizers.caption(found)
    assert all(text.count(f"{name} at lr") == 2 for name in OPTIMIZERS)
    assert text.count("batch 8") == 4
    assert "seed 1, float32" in text
