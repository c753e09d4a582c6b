"""Between two measurements the verdict is that of all that was seen: a fault that was made is told at its step."""

from __future__ import annotations

import math
import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import cross_entropy
from torch.optim import SGD, AdamW

from numerics.monitor import StabilityMonitor, StabilityWarning
from numerics.monitor.course import KEPT, LEVEL, Course
from numerics.monitor.records import Records
from numerics.monitor.standing import Standing

BATCH = 32


def trained(steps: int, fault=lambda step, x, optimizer: None, make=lambda p: SGD(p, lr=0.1, momentum=0.9), **options):
    """A training on sampled batches, and the headline after each step; `fault` acts before a step (counted from 1)."""
    draws = torch.Generator().manual_seed(3)
    inputs = torch.randn(512, 8, generator=draws, dtype=torch.float64)
    targets = (inputs @ torch.randn(8, 3, generator=draws, dtype=torch.float64)).argmax(1)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 3)).double()
    optimizer, told = make(model.parameters()), {}
    monitor = StabilityMonitor(model, optimizer, cross_entropy, shadow=0, **options)
    for step in range(1, steps + 1):
        rows = torch.randint(512, (BATCH,), generator=draws)
        x, y = inputs[rows].clone(), targets[rows]
        fault(step, x, optimizer)
        optimizer.zero_grad()
        cross_entropy(model(x), y).backward()
        optimizer.step()
        monitor.step(x, y)
        told[step] = monitor.latest.get("verdict"), monitor.latest.get("reason")
    monitor.close()
    return monitor, told


def measured(monitor: StabilityMonitor) -> list[int]:
    return [row["step"] for row in monitor.records if "normalised" in row]


@pytest.mark.parametrize(("at", "spikes"), [(3, True), (21, True), (100, True), (21, False)])
def test_a_loss_that_is_no_number_is_unstable_at_its_step(at: int, spikes: bool) -> None:
    """Without a look at each step it is not seen before the next measurement."""

    def fault(step, x, optimizer):
        if step == at:
            x[0, 0] = math.nan

    monitor, told = trained(at + 6, fault, spikes=spikes)
    assert {word for step, (word, _) in told.items() if step < at} <= {"stable", "undecided"}
    if spikes:
        assert {word for step, (word, _) in told.items() if step >= at} == {"unstable"}
        assert all(f"not finite since step {at}" in why for step, (_, why) in told.items() if step >= at)
        assert monitor.summary().startswith(f"step {at + 6}: unstable")
        assert monitor.dataset().attrs["verdict"] == "unstable"
        assert "measured the loss" not in monitor.summary()


def test_a_step_size_raised_beyond_the_edge_is_told_at_once_measured_soon_and_its_jump_counts() -> None:
    def fault(step, x, optimizer):
        if step == 150:
            optimizer.param_groups[0]["lr"] *= 200

    monitor, told = trained(200, fault)
    assert told[149][0] in ("stable", "undecided")
    assert all(told[step][0] in ("undecided", "restrained", "thrown out", "unstable") for step in range(150, 201))
    assert set(measured(monitor)) & {150, 151}
    jumps = [row for row in monitor.records if row.get("spike") == "edge"]
    top = max(row.get(name, 0.0) for row in monitor.records for name in ("normalised", "spike_normalised"))
    assert jumps
    assert f"{top:.3g} of it" in monitor.summary()
    assert "used now 20" in monitor.summary()


def test_the_peak_of_a_warm_up_is_measured_and_what_is_not_measured_is_said() -> None:
    """A steep warm-up to step 90 and down again; the least early gap after the peak decides nothing."""

    def make(parameters):
        return AdamW(parameters, lr=0.01)

    def fault(step, x, optimizer):
        optimizer.param_groups[0]["lr"] = 0.01 * min((step + 1) / 90, (300 - step) / 210)

    monitor, told = trained(140, fault, make, batches=0)
    greatest = max(row["lr"][0] for row in monitor.records if "normalised" in row)
    assert greatest > 0.01 / 1.1
    assert "the step size is" in told[140][1]
    assert "times that measured with" in told[140][1]


def test_at_a_constant_step_size_no_more_is_measured_than_before() -> None:
    monitor, _ = trained(60, budget=1e-9)
    assert measured(monitor) == [1, 5, 37]


def test_a_step_size_of_nothing_is_said() -> None:
    def fault(step, x, optimizer):
        optimizer.param_groups[0]["lr"] = 0.0 if step < 4 else 0.1

    _, told = trained(4, fault)
    assert told[3][1].startswith("not stepping")
    assert told[4][0] == "undecided"


@pytest.mark.parametrize("later", [112, 140])
@pytest.mark.parametrize(("after", "word"), [(1.9, "aftershock"), (0.5, "")])
def test_a_jump_from_which_the_loss_has_not_come_back_is_the_cause_of_later_ones(later: int, after: float, word: str) -> None:
    standing = Standing(SGD(nn.Linear(1, 1).parameters(), lr=0.1))
    for step in range(1, later + 1):
        loss = 2.0 if step < 50 else 0.4 if step < 100 else after
        standing.step(step, (50.0 if step in (100, later) else loss + 0.01 * (step % 3), 1.0))
        if step == 100:
            assert standing.shaken(step) == ""
            standing.jumped(step, {"spike": "batch", "spike_batch": 99})
    assert standing.shaken(later).startswith(f"an {word}" if word else "")
    assert bool(standing.shaken(later)) == bool(word)
    assert ("step 100 (batch 99)" in standing.shaken(later)) == bool(word)


def test_jumps_are_measured_within_their_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the first one, where they have had their tenth, they are told all the same."""
    monkeypatch.setattr("numerics.monitor.clock.JUMPS", 0.0)

    def fault(step, x, optimizer):
        if step in (80, 120):
            x *= -50

    monitor, _ = trained(122, fault)
    first, second = (row for row in monitor.records if "spike" in row)
    assert (first["spike"], second["spike"]) == ("batch", "unknown")
    assert "was not sought" in second["spike_reason"]
    assert "spike_batch" not in second


def test_what_is_done_once_is_told_apart() -> None:
    monitor, _ = trained(12)
    assert 0 < monitor.latest["setup_seconds"] <= monitor.latest["monitor_seconds"]


def test_a_step_told_too_late_is_said_once() -> None:
    model = nn.Linear(3, 2).double()
    optimizer, x = SGD(model.parameters(), lr=0.1), torch.randn(8, 3, dtype=torch.float64)
    with StabilityMonitor(model, optimizer, cross_entropy, shadow=0) as monitor:

        def late() -> None:
            for _ in range(12):
                optimizer.zero_grad()
                cross_entropy(model(x), torch.zeros(8, dtype=torch.long)).backward()
                monitor.step(x, torch.zeros(8, dtype=torch.long))
                optimizer.step()

        with pytest.warns(StabilityWarning, match="right after") as caught:
            late()
        assert len(caught) == 1


@pytest.mark.parametrize("given_back", [None, 1.0])
def test_a_loss_that_is_no_tensor_is_one_line(given_back) -> None:
    model = nn.Linear(3, 2).double()
    optimizer, x = SGD(model.parameters(), lr=0.1), torch.randn(8, 3, dtype=torch.float64)
    with StabilityMonitor(model, optimizer, lambda outputs, targets: given_back, shadow=0) as monitor:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for _ in range(3):
                optimizer.zero_grad()
                model(x).sum().backward()
                optimizer.step()
                monitor.step(x)
        assert caught
        assert all("expected loss_fn to return a tensor of one number" in str(c.message) for c in caught)


numbers = st.floats(0.5, 2.0)


@given(st.lists(numbers, min_size=LEVEL, max_size=80), st.integers(-8, 8), st.booleans())
def test_the_course_has_no_unit_and_knows_what_ascends(losses: list[float], power: int, ascends: bool) -> None:
    ours, scaled = Course(), Course(ascends)
    for step, loss in enumerate(losses):
        ours.see(step, loss, 1.0)
        scaled.see(step, (-1.0 if ascends else 1.0) * 2.0**power * loss, 1.0)
        assert ours.lost == scaled.lost


@given(st.integers(0, 10**6))
@settings(max_examples=20)
def test_noise_about_a_level_is_not_lost(seed: int) -> None:
    draws = torch.Generator().manual_seed(seed)
    course = Course()
    for step, draw in enumerate(torch.randn(300, generator=draws).abs().tolist()):
        course.see(step, 1 + draw, 1.0)
        assert not course.lost


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=40), st.integers(1, 40))
def test_a_course_goes_on_from_its_state(losses: list[float], at: int) -> None:
    whole, first, second = Course(), Course(), Course()
    for step, loss in enumerate(losses):
        whole.see(step, loss, 1.0)
        (first if step < at else second).see(step, loss, 1.0)
        if step == at - 1:
            second.restore(first.state())
    if len(losses) > at:
        assert repr(second.state()) == repr(whole.state())


def test_the_course_is_kept_thinned_from_end_to_end() -> None:
    course = Course()
    for step in range(1, 3 * KEPT):
        course.see(step, 1 / step, 1.0)
    seen = course.variables()
    steps = seen["step_seen"].values
    assert len(steps) <= KEPT + 1
    assert (steps[0], steps[-1]) == (1, 3 * KEPT - 1)
    assert seen["loss_seen"].values == pytest.approx(1 / steps)


@pytest.mark.parametrize(("measured", "now"), [("stable", "undecided"), ("thrown out", "thrown out"), ("unstable", "unstable")])
def test_first_steps_after_a_measurement_without_any_make_no_verdict_better(measured: str, now: str) -> None:
    optimizer = SGD([nn.Parameter(torch.ones(2))], lr=0.1)
    standing, records = Standing(optimizer), Records()
    records.add(1, {"verdict": measured, "reason": "so", "normalised": 0.0, "loss": 1.0, "lr": {0: 0.0}})
    standing.step(2, None)
    assert standing.verdict(records).word == now


def test_an_aftershock_of_what_was_not_found_out_is_said_to_be_that() -> None:
    standing = Standing(SGD([nn.Parameter(torch.ones(2))], lr=0.1))
    for step in range(1, 60):
        standing.step(step, (1.0 / step if step < 40 else 5.0, 1.0))
    standing.jumped(40, {"spike": "unknown"})
    assert standing.shaken(59).startswith("an aftershock of the jump of step 40 (of unknown cause)")
