"""The monitor against dense Hessians, closed forms and trainings that it must not touch."""

from __future__ import annotations

import warnings
from copy import deepcopy
from functools import partial

import pytest
import torch
import xarray as xr
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss
from torch.optim import SGD, Adam, AdamW, RMSprop
from torch.optim.lr_scheduler import StepLR

from derive.errors import InputError
from numerics.monitor import StabilityMonitor, StabilityWarning
from tests.numerics.monitor.cases import data, dense_hessian, net, normalised, train

watch = partial(StabilityMonitor, loss_fn=cross_entropy, shadow=0, tolerance=1e-9)


def flat(parts) -> torch.Tensor:
    return torch.cat([p.flatten() for p in parts])


def sgd_scale(model, optimizer):
    (group,) = optimizer.param_groups
    edge = 2 * (1 + group["momentum"]) / group["lr"]
    return [torch.full_like(p, edge) for p in model.parameters()], group["weight_decay"]


def adam_scale(model, optimizer, decoupled=False):
    (group,) = optimizer.param_groups
    (beta1, beta2), lr, decay = group["betas"], group["lr"], group["weight_decay"]
    scales = []
    for p in model.parameters():
        state = optimizer.state[p]
        step = float(state["step"])
        divided = (state["exp_avg_sq"] / (1 - beta2**step)).sqrt() + group["eps"]
        top = (2 - lr * decay) / lr if decoupled else 2 / lr
        scales.append((1 - beta1**step) * divided * top * (1 + beta1) / (1 - beta1))
    return scales, 0.0 if decoupled else decay


def rmsprop_scale(model, optimizer):
    (group,) = optimizer.param_groups
    roots = [optimizer.state[p]["square_avg"].sqrt() + group["eps"] for p in model.parameters()]
    return [2 * (1 + group["momentum"]) / group["lr"] * r for r in roots], group["weight_decay"]


CASES = {
    "sgd": (partial(SGD, lr=0.3, momentum=0.8, weight_decay=0.02), sgd_scale),
    "adam": (partial(Adam, lr=0.01), adam_scale),
    "adam, decay": (partial(Adam, lr=0.01, weight_decay=0.03, eps=1e-3), adam_scale),
    "adamw": (partial(AdamW, lr=0.1, weight_decay=3.0), partial(adam_scale, decoupled=True)),
    "rmsprop": (partial(RMSprop, lr=0.01, momentum=0.5, weight_decay=0.03, eps=1e-3), rmsprop_scale),
}


@pytest.mark.parametrize("case", CASES)
def test_normalised_sharpness_against_a_dense_hessian(case: str) -> None:
    make, scale_of = CASES[case]
    model = net()
    optimizer = make(model.parameters())
    train(model, optimizer, 5, lambda *_: None)
    with watch(model, optimizer, smallest=True) as monitor:
        row = monitor.measure(*data())
    scales, decay = scale_of(model, optimizer)
    hessian = dense_hessian(model, *data())
    scale = flat(scales)
    values, vectors = normalised(hessian, scale, torch.full_like(scale, decay))
    assert row["normalised"] == pytest.approx(float(values[-1]), rel=1e-7)
    assert row["distance"] == pytest.approx(1 - float(values[-1]), abs=1e-7)
    blocks = {"0": slice(0, 35), "2": slice(35, None)}
    assert set(row["layer_normalised"]) == set(row["layer_share"]) == set(blocks)
    for name, block in blocks.items():
        own, _ = normalised(hessian[block, block], scale[block], torch.full_like(scale[block], decay))
        assert row["layer_normalised"][name] == pytest.approx(float(own[-1]), rel=1e-7)
        assert row["layer_normalised"][name] <= row["normalised"] * (1 + 1e-9)  # Cauchy's interlacing
        assert row["layer_share"][name] == pytest.approx(float(vectors[block, -1].square().sum()), abs=1e-4)
    window = row["weight_decay_low"], row["weight_decay_high"]
    assert window[0] >= 0 or "no_decay" in row
    if case == "sgd":
        exact = torch.linalg.eigvalsh(hessian)
        assert window == pytest.approx((max(0.0, -float(exact[0])), float(scale[0] - exact[-1])), rel=1e-5, abs=1e-7)


def test_two_groups_with_their_own_edges() -> None:
    model = net()
    first, second = model[0].parameters(), model[2].parameters()
    groups = [{"params": first, "lr": 0.1, "weight_decay": 0.5}, {"params": second, "momentum": 0.9}]
    optimizer = SGD(groups, lr=0.4)
    with watch(model, optimizer) as monitor:
        row = monitor.measure(*data())
    scale = torch.cat([torch.full((35,), 2 / 0.1), torch.full((18,), 2 * 1.9 / 0.4)]).double()
    decay = torch.cat([torch.full((35,), 0.5), torch.zeros(18)]).double()
    values, _ = normalised(dense_hessian(model, *data()), scale, decay)
    assert row["normalised"] == pytest.approx(float(values[-1]), rel=1e-7)
    assert row["edge"] == pytest.approx({0: 20.0, 1: 9.5})
    assert row["largest_lr"] == pytest.approx({0: 0.1 / float(values[-1]), 1: 0.4 / float(values[-1])})


@pytest.mark.parametrize("factor", [0.97, 1.03])
def test_largest_lr_of_a_linear_model_is_where_training_turns(factor: float) -> None:
    """Least squares: the Hessian is 2 X^T X / n, and nothing but the lr decides."""
    inputs, _ = data()
    targets = inputs.sum(1, keepdim=True) / 3
    model = nn.Linear(6, 1, bias=False).double()
    optimizer = SGD(model.parameters(), lr=0.01, momentum=0.5)
    monitor = StabilityMonitor(model, optimizer, mse_loss, shadow=0, tolerance=1e-6, probe=(inputs, targets))
    first = monitor.measure(inputs, targets)
    largest = first["largest_lr"][0]
    exact = 2 * 1.5 / float(torch.linalg.eigvalsh(2 * inputs.T @ inputs / len(inputs))[-1])
    assert largest == pytest.approx(exact, rel=1e-5)
    optimizer.param_groups[0]["lr"] = factor * largest
    for _ in range(400):
        optimizer.zero_grad()
        mse_loss(model(inputs), targets).backward()
        optimizer.step()
    last = monitor.measure(inputs, targets)
    monitor.close()
    assert (last["loss"] > first["loss"]) == (factor > 1)
    assert last["normalised"] == pytest.approx(factor, rel=1e-4)


def test_ascent_has_the_edge_of_the_negated_loss() -> None:
    model = net()
    down, up = SGD(model.parameters(), lr=0.1), SGD(model.parameters(), lr=0.1, maximize=True)
    with watch(model, down) as first, watch(model, up, loss_fn=lambda o, t: -cross_entropy(o, t)) as second:
        rows = first.measure(*data()), second.measure(*data())
    assert rows[0]["normalised"] == pytest.approx(rows[1]["normalised"], rel=1e-7)


def trained_bits(watched: bool, make, *extra: nn.Module, device: str = "cpu"):
    """Weights, buffers and the next random number after some steps."""
    model = net(*extra, dtype=torch.float32).to(device)
    optimizer = make(model.parameters())
    scheduler = StepLR(optimizer, 4, 0.5)
    monitor = StabilityMonitor(model, optimizer, cross_entropy, budget=2.0, shadow=0.5, window=12) if watched else None

    def after(inputs, targets) -> None:
        scheduler.step()
        if monitor is not None:
            monitor.step(inputs, targets)

    train(model, optimizer, 30, after, dtype=torch.float32)
    if monitor is not None:
        monitor.close()
        assert len(monitor.records.column("normalised")) >= 2
        assert len(monitor.records.column("rel_l1")) >= 12
    return [*model.state_dict().values(), torch.rand(1, device=device)], monitor


@pytest.mark.parametrize(
    ("make", "extra"),
    [
        (partial(SGD, lr=0.1, momentum=0.9), (nn.Dropout(0.3),)),
        (partial(AdamW, lr=0.01), (nn.Dropout(0.3),)),
        (partial(RMSprop, lr=0.01), ()),
        (partial(SGD, lr=0.1), (nn.BatchNorm1d(5),)),
    ],
)
def test_training_keeps_its_bits(make, extra, device: str) -> None:
    alone, _ = trained_bits(False, make, *map(deepcopy, extra), device=device)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StabilityWarning)  # batch norm
        watched, monitor = trained_bits(True, make, *map(deepcopy, extra), device=device)
    for ours, theirs in zip(alone, watched, strict=True):
        assert torch.equal(ours, theirs)
    assert not [r for r in monitor._remarks if "no shadow" in r]


def test_the_schedule_is_read_each_time() -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.1)
    with watch(model, optimizer) as monitor:
        before = monitor.measure(*data())
        optimizer.param_groups[0]["lr"] = 0.05
        after = monitor.measure(*data())
    assert after["normalised"] == pytest.approx(before["normalised"] / 2)
    assert after["edge"][0] == pytest.approx(2 * before["edge"][0])


def test_at_lr_zero_nothing_moves() -> None:
    model = net()
    with watch(model, SGD(model.parameters(), lr=0.0)) as monitor:
        row = monitor.measure(*data())
    assert (row["normalised"], row["verdict"]) == (0.0, "stable")


def test_budget_and_every_are_kept() -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.1)
    with watch(model, optimizer, budget=3.0, every=7, tolerance=1e-2) as monitor:
        train(model, optimizer, 60, monitor.step)
        results = monitor.dataset()
    measured = results.normalised.dropna("step").step.values
    assert (measured[1:] - measured[:-1] >= 7).all()
    spent = results.products.dropna("step").values.cumsum()
    assert len(spent) > 2
    assert (spent[:-1] <= 3.0 * measured[1:]).all()


def test_layers_take_turns() -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.1)
    with watch(model, optimizer, budget=1e9) as monitor:
        train(model, optimizer, 4, monitor.step)
        blocks = monitor.dataset().layer_normalised
    assert blocks.dropna("step", how="all").notnull().values.tolist() == [[True, False], [False, True]] * 2


def test_a_probe_is_what_is_measured_on() -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.1)
    probe = data(samples=12)
    with watch(model, optimizer, probe=probe) as fixed, watch(model, optimizer) as free:
        ours, theirs, other = fixed.measure(*data()), free.measure(*probe), free.measure(*data())
    assert ours["normalised"] == pytest.approx(theirs["normalised"])
    assert ours["normalised"] != pytest.approx(other["normalised"], rel=1e-3)
    assert ours["products"] < other["products"]  # half the samples


def test_results_go_to_a_file_whole_or_not_at_all(tmp_path) -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.1)
    with watch(model, optimizer, shadow=1.0, window=12) as monitor:
        train(model, optimizer, 15, monitor.step)
    path = tmp_path / "monitor.nc"
    monitor.save(path)
    xr.testing.assert_identical(xr.load_dataset(path, engine="h5netcdf"), monitor.dataset())
    assert set(monitor.dataset().dims) == {"step", "layer", "group", "step_seen"}
    with pytest.raises(InputError, match=r"cannot write .*what was there is unchanged"):
        monitor.save(path / "monitor.nc")  # a file is no folder
    assert [p.name for p in tmp_path.iterdir()] == ["monitor.nc"]


def test_nothing_measured_is_an_empty_dataset() -> None:
    model = net()
    with watch(model, SGD(model.parameters(), lr=0.1)) as monitor:
        assert monitor.latest == {}
    assert monitor.dataset().sizes == {"step": 0, "layer": 0, "group": 0, "step_seen": 0}
