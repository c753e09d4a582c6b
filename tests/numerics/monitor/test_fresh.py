"""The mean-square edge as the monitor measures it, on a linear model whose batches have known curvatures."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.optim import SGD, AdamW

from derive.errors import InputError
from numerics.monitor import Options, StabilityMonitor, StabilityWarning
from numerics.monitor.fresh import Fresh
from numerics.monitor.noisy import noisy
from numerics.monitor.verdict import verdict
from numerics.sharpness import noise_of
from numerics.sharpness.objective import Objective
from numerics.thresholds import mean_square, thresholds

CURVATURES = [2.0, 1.0, 3.0, 2.5, 0.5, 1.5, 4.0, 2.0, 1.0]
OPTIONS: dict[str, Any] = {"shadow": 0.0, "layers": 0, "spikes": False, "batches": 4, "budget": 1e-6}


def half_square(outputs: Tensor, targets: Tensor) -> Tensor:
    return (outputs - targets).square().mean() / 2


def batch(curvature: float, rows: int = 2) -> tuple[Tensor, Tensor]:
    x = torch.full((rows, 1), curvature**0.5, dtype=torch.float64)
    return x, torch.zeros_like(x)


def line() -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(1, 1, bias=False, dtype=torch.float64)


def train(model: nn.Module, optimizer: torch.optim.Optimizer, monitor: StabilityMonitor, curvatures: list[float]) -> None:
    for x, y in map(batch, curvatures):
        optimizer.zero_grad()
        half_square(model(x), y).backward()
        optimizer.step()
        monitor.step(x, y)


@pytest.mark.parametrize(("curvatures", "later"), [([1.0, 1.0], "stable"), ([1.0, 1.1], "undecided")])
@pytest.mark.parametrize("batches", [4, 0])
def test_of_the_first_step_it_is_not_known_whether_batches_are_sampled(
    curvatures: list[float], later: str, batches: int
) -> None:
    model = line()
    optimizer = SGD(model.parameters(), lr=0.01, momentum=0.9)
    with StabilityMonitor(model, optimizer, half_square, **{**OPTIONS, "batches": batches}) as monitor:
        train(model, optimizer, monitor, curvatures[:1])
        assert (monitor.latest["verdict"], monitor.dataset().attrs["sampled"]) == ("undecided", 1)
        assert "not known before the second step" in monitor.latest["reason"]
        train(model, optimizer, monitor, curvatures[1:])
        assert monitor.latest["verdict"] == later


def test_a_measurement_is_followed_by_a_product_on_each_of_the_next_batches() -> None:
    """Measured at step 1, on the first batch; the edge by the next four, at the settings of the first."""
    model = line()
    optimizer = SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=0.1)
    with StabilityMonitor(model, optimizer, half_square, **OPTIONS) as monitor:
        train(model, optimizer, monitor, CURVATURES[:4])
        assert monitor.latest["verdict"] == "undecided"
        assert "mean_square" not in monitor.latest
        optimizer.param_groups[0]["lr"] = 0.03  # of a scheduler; the numbers are those of the measurement
        train(model, optimizer, monitor, CURVATURES[4:])
    row = list(monitor.records)[1]
    edge = 2 * 1.9 / 0.01
    noise = noise_of([(c + 0.1) / edge for c in CURVATURES[1:5]], [2] * 4)
    optimizer.param_groups[0]["lr"] = 0.01
    alone = mean_square(thresholds(optimizer), noise)
    assert row["normalised"] == pytest.approx(2.1 / edge)
    assert (row["noise_mean"], row["noise_deviation"]) == pytest.approx((noise.mean, noise.deviation))
    assert (row["mean_square"], row["mean_square_low"]) == pytest.approx((alone.normalised, alone.low))
    assert row["coupled"] == pytest.approx(row["mean_square"])  # of one weight nothing goes across
    assert row["largest_lr_mean_square"][0] == pytest.approx(alone.largest_lr(thresholds(optimizer))[0])
    assert row["products"] == 1 + 4
    assert monitor.latest["steps"]["mean_square"] == 1
    assert "mean-square edge" in monitor.latest["reason"]


def test_fixed_data_have_one_edge() -> None:
    model = line()
    optimizer = SGD(model.parameters(), lr=0.01)
    with StabilityMonitor(model, optimizer, half_square, **OPTIONS) as monitor:
        train(model, optimizer, monitor, [2.0] * 9)
    assert "mean_square" not in monitor.latest
    assert monitor.latest["verdict"] == "stable"
    assert float(monitor.dataset().products.sum()) == float(monitor.dataset().normalised.notnull().sum())


def test_it_is_paid_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """In products, where nothing takes time."""
    monkeypatch.setattr("numerics.monitor.clock.perf_counter", lambda: 0.0)
    spent = []
    for count in (0, 4):
        model = line()
        optimizer = SGD(model.parameters(), lr=0.01)
        with StabilityMonitor(model, optimizer, half_square, **{**OPTIONS, "batches": count}) as monitor:
            train(model, optimizer, monitor, CURVATURES)
        spent.append(monitor.state_dict()["budget"]["spent"])
        assert ("mean_square" in monitor.latest) == bool(count)
    assert spent[1] == spent[0] + 4


def test_of_the_measurements_that_are_lent_every_other_has_batches() -> None:
    """At steps 1, 5, 37, 293: that at 1 has room, those after it have none."""
    model = line()
    optimizer = SGD(model.parameters(), lr=0.01)
    with StabilityMonitor(model, optimizer, half_square, **OPTIONS) as monitor:
        train(model, optimizer, monitor, 34 * CURVATURES)
    rows = {row["step"]: row for row in monitor.records if "normalised" in row}
    assert list(rows) == [1, 5, 37, 293]
    assert [step for step, row in rows.items() if "mean_square" in row] == [1, 37]
    assert sum(row["products"] for row in rows.values()) == 4 + 2 * 4
    assert "by the batches after step 37" in rows[293]["reason"]


def test_deriving_the_edge_is_not_the_price_of_a_product(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is done once, however long the training is, and would put the next measurements off by thousands of steps."""
    now, tell = [0.0], Fresh.tell

    def derived(*arguments: Any) -> Any:
        now[0] += 1000.0
        return tell(*arguments)

    monkeypatch.setattr("numerics.monitor.clock.perf_counter", lambda: now[0])
    monkeypatch.setattr(Fresh, "tell", derived)
    model = line()
    optimizer = SGD(model.parameters(), lr=0.01)
    with StabilityMonitor(model, optimizer, half_square, **OPTIONS) as monitor:
        for curvature in CURVATURES[:8]:
            now[0] += 1.0
            train(model, optimizer, monitor, [curvature])
    assert "mean_square" in monitor.latest
    assert monitor.latest["monitor_seconds"] == 1000.0  # told all the same
    spent = monitor.state_dict()["budget"]["spent"]
    assert spent == monitor.dataset().products.sum() == 2 + 4


def test_a_batch_after_a_measurement_costs_one_forward_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    passes, loss, model = [], Objective.loss, line()
    monkeypatch.setattr(Objective, "loss", lambda *arguments: passes.append(1) or loss(*arguments))
    optimizer = SGD(model.parameters(), lr=0.01)
    with StabilityMonitor(model, optimizer, half_square, **OPTIONS) as monitor:
        train(model, optimizer, monitor, CURVATURES[:1])
        passes.clear()
        train(model, optimizer, monitor, CURVATURES[1:4])
    assert len(passes) == 3


def test_what_is_awaited_survives_a_checkpoint(tmp_path) -> None:
    kept: list[StabilityMonitor] = []
    for parts in ([CURVATURES], [CURVATURES[:3], CURVATURES[3:]]):
        model = line()
        optimizer, state = AdamW(model.parameters(), lr=0.01, betas=(0.9, 0.5)), None
        for part in parts:
            with StabilityMonitor(model, optimizer, half_square, **OPTIONS) as monitor:
                if state is not None:
                    torch.save(state, tmp_path / "state.pt")
                    monitor.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
                train(model, optimizer, monitor, part)
                state = deepcopy(monitor.state_dict())
        kept.append(monitor)
    once, twice = (m.dataset().dropna("step", subset=["mean_square"]) for m in kept)
    assert once.step.values.tolist() == twice.step.values.tolist() != []
    for name in ("mean_square", "coupled", "noise_deviation", "largest_lr_coupled"):
        np.testing.assert_allclose(once[name], twice[name], rtol=1e-12)


def test_a_training_that_diverges_meanwhile_is_unstable() -> None:
    model = line()
    optimizer = SGD(model.parameters(), lr=0.01)
    with StabilityMonitor(model, optimizer, half_square, **OPTIONS) as monitor:
        train(model, optimizer, monitor, CURVATURES[:2])
        with torch.no_grad():
            model.weight.fill_(float("inf"))
        train(model, optimizer, monitor, CURVATURES[2:])
    assert monitor.latest["verdict"] == "unstable"


class Told:
    """A sink that keeps all."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, dict[str, Any]]] = []

    def write(self, step: int, row: Any) -> None:
        self.rows.append((step, dict(row)))

    def close(self) -> None:
        pass


def test_what_sinks_are_told_of_a_training_that_diverges_is_recorded_and_each_step_is_one_row() -> None:
    model, sink = line(), Told()
    optimizer = SGD(model.parameters(), lr=0.01)
    with StabilityMonitor(model, optimizer, half_square, sinks=[sink], **OPTIONS) as monitor:
        train(model, optimizer, monitor, [2.0, 1.0, float("inf")])
    steps, rows = [step for step, _ in sink.rows], {step: row for step, row in sink.rows}
    assert len(steps) == len(set(steps))
    assert rows[3]["verdict"] == "unstable"
    assert (monitor.latest["verdict"], monitor.latest["steps"]["normalised"]) == ("unstable", 3)


def test_groups_without_an_edge_in_common_are_named_once() -> None:
    model = nn.Sequential(line(), line())
    groups = [{"params": model[0].parameters()}, {"params": model[1].parameters(), "momentum": 0.9}]
    optimizer = SGD(groups, lr=0.01)
    with StabilityMonitor(model, optimizer, half_square, **OPTIONS) as monitor:
        with pytest.warns(StabilityWarning, match=r"same momentum \(or betas\) and decay") as told:
            train(model, optimizer, monitor, 3 * CURVATURES)
        assert len([one for one in told if "same momentum" in str(one.message)]) == 1
    assert monitor.latest["verdict"] == "undecided"


def test_the_option_is_checked() -> None:
    for wrong in (1, 2, -1, 2.5, True):
        with pytest.raises(InputError, match="batches to be a whole number from 3 on, or 0"):
            Options(batches=wrong)  # pyright: ignore[reportArgumentType]


Ends = tuple[float, float, float, float, float]
WIDE: Ends = (0.6, 0.3, 1.4, 0.9, 2.0)
BEYOND: Ends = (2.0, 1.3, 3.0, 6.0, 9.0)
BELOW: Ends = (0.3, 0.2, 0.4, 0.5, 0.6)


def rows(losses: list[float], value: float = 0.1, ends: Ends | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"step": n, "loss": loss, "normalised": value} for n, loss in enumerate(losses)]
    names = ("mean_square", "mean_square_low", "mean_square_high", "coupled", "coupled_high")
    found[-1] |= dict(zip(names, ends, strict=True)) if ends else {}
    return found


FALLS = [2.3, 2.0, 1.7, 1.4, 1.1]


@pytest.mark.parametrize(
    ("found", "word", "first"),
    [
        (rows(FALLS), "undecided", "noise-free edge"),
        (rows(FALLS, ends=BELOW), "stable", "mean-square edge"),
        (rows(FALLS, ends=WIDE), "undecided", "mean-square edge"),
        (rows(FALLS, ends=(0.6, 0.5, 0.7, 0.9, 1.2)), "undecided", "mean-square edge"),
        (rows(FALLS, ends=BEYOND), "restrained", "mean-square edge"),
        (rows(FALLS, ends=(1.0, 0.95, 1.05, 1.02, 1.08)), "at the edge", "mean-square edge"),
        (rows(FALLS, 0.95, BEYOND), "restrained", "noise-free edge"),
        (rows(FALLS, 1.5, BELOW), "restrained", "noise-free edge"),
        (rows([2.3, 0.2, 0.1, 2.2, 2.2, 2.2, 2.2, 2.2], ends=BEYOND), "thrown out", "mean-square edge"),
        (rows([0.7, 0.6, 1e5], ends=BEYOND), "unstable", "mean-square edge"),
        (rows([0.7, 0.6, 1e5], ends=BELOW), "thrown out", "mean-square edge"),
        (rows(FALLS, 0.0), "stable", "noise-free edge"),
    ],
)
def test_the_verdict_names_the_edge_it_is_about(found: list[dict[str, Any]], word: str, first: str) -> None:
    told = verdict(found, sampled=True)
    assert told.word == word
    other = {"mean-square edge": "noise-free edge", "noise-free edge": "mean-square edge"}[first]
    assert first in told.reason.partition(other)[0]
    assert verdict(found).word in ("stable", "restrained", "thrown out", "at the edge")  # of fixed data there is none


def test_an_older_mean_square_edge_goes_on_as_the_sharpness_does() -> None:
    found = [*rows(FALLS, 0.1, BELOW), {"step": 9, "loss": 1.0, "normalised": 0.4}]
    now = noisy(found)
    assert now is not None
    assert (now.value, now.low, now.coupled_high) == pytest.approx((1.2, 0.8, 2.4))
    assert "by the batches after step 4" in str(now)
    assert verdict(found, sampled=True).word == "undecided"
