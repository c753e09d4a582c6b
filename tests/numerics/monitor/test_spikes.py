"""Causes that were made: the monitor names the one it was, at its step; and where none was made it names none."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss
from torch.optim import SGD, AdamW

from numerics.monitor import StabilityMonitor, StabilityWarning
from numerics.monitor.usual import FEWEST, LEVEL, TIMES, WINDOW, Usual

AT, BATCH = 150, 16
"""The descent is over: while it lasts, a jump has to stand out of what was descended."""


def spiked(cause: str, make, *extra: nn.Module, watched: bool = True) -> tuple[list[dict], list[Tensor]]:
    """Rows at which something jumped, and the weights at the end, of a training with a fault at step AT + 1."""
    draws = torch.Generator().manual_seed(3)
    inputs = torch.randn(512, 8, generator=draws, dtype=torch.float64)
    targets = (inputs @ torch.randn(8, 3, generator=draws, dtype=torch.float64)).argmax(1)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), *extra, nn.Linear(16, 3)).double()
    optimizer = make(model.parameters())
    monitor = StabilityMonitor(model, optimizer, cross_entropy, shadow=0) if watched else None
    for step in range(AT + 12):
        now = cause if step == AT else "none"
        rows = torch.randint(512, (BATCH,), generator=draws)
        x, y = inputs[rows] * (-50 if now == "images" else 1), (targets[rows] + (now == "labels")) % 3
        optimizer.zero_grad()
        (cross_entropy(model(x), y) * (1000 if now == "gradient" else 1)).backward()
        if now == "step size":
            optimizer.param_groups[0]["lr"] *= 200
        optimizer.step()
        if monitor is not None:
            monitor.step(x, y)
    if monitor is None:
        return [], [p.detach().clone() for p in model.parameters()]
    monitor.close()
    return [row for row in monitor.records if "spike" in row], [p.detach().clone() for p in model.parameters()]


MAKES = {
    "sgd": lambda p: SGD(p, lr=0.1, momentum=0.9),
    "adamw": lambda p: AdamW(p, lr=0.01),
}


@pytest.mark.parametrize("make", MAKES)
@pytest.mark.parametrize(
    ("cause", "told"), [("images", "batch"), ("labels", "batch"), ("gradient", "gradient"), ("step size", "edge")]
)
def test_the_cause_that_was_made_is_named(cause: str, told: str, make: str) -> None:
    rows, _ = spiked(cause, MAKES[make])
    first = rows[0]
    assert first["spike"] == told
    assert AT + 1 <= first["step"] <= AT + 2  # a step too long is seen in the loss that it leads to
    if told == "batch":
        assert first["spike_batch"] == AT
        assert first["spike_loss"] > TIMES
    assert (first["spike_normalised"] > 1) == (told == "edge")
    assert (first["spike_gradient"] > 100) or told != "gradient"


@pytest.mark.parametrize("make", MAKES)
def test_where_none_was_made_none_is_named(make: str) -> None:
    assert spiked("none", MAKES[make])[0] == []


def test_of_micro_batches_the_odd_one_is_told() -> None:
    """The last one of the step is odd; they are numbered as they were told."""
    draws = torch.Generator().manual_seed(3)
    model = nn.Linear(4, 1).double()
    optimizer = SGD(model.parameters(), lr=1e-3)
    with StabilityMonitor(model, optimizer, mse_loss, shadow=0) as monitor:
        for step in range(40):
            optimizer.zero_grad()
            for part in range(3):
                x = torch.randn(8, 4, generator=draws, dtype=torch.float64)
                y = x.sum(1, keepdim=True) * (100 if (step, part) == (35, 1) else 1)
                (mse_loss(model(x), y) / 3).backward()
                if part == 2:
                    optimizer.step()
                monitor.step(x, y)
        (row,) = [row for row in monitor.records if "spike" in row]
    assert (row["step"], row["spike"], row["spike_batch"]) == (36, "batch", 3 * 35 + 1)


def test_looking_for_the_cause_leaves_the_bits() -> None:
    with pytest.warns(StabilityWarning, match="dropout"):
        rows, watched = spiked("images", MAKES["sgd"], nn.Dropout(0.2))
    assert rows
    _, alone = spiked("images", MAKES["sgd"], nn.Dropout(0.2), watched=False)
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(watched, alone, strict=True))


def test_a_loss_that_is_no_number_is_a_jump() -> None:
    usual = Usual()
    assert not any(usual.see(1.0) for _ in range(FEWEST))
    assert usual.see(math.nan)
    assert usual.see(math.inf)
    assert usual.level == 1.0


def test_spikes_that_cannot_be_seen_are_said_once() -> None:
    model = nn.Sequential(nn.Linear(4, 1)).double()
    optimizer, x = SGD(model.parameters(), lr=1e-3), torch.ones(8, 4, dtype=torch.float64)
    monitor = StabilityMonitor(model, optimizer, mse_loss, shadow=0)

    def train() -> None:
        for _ in range(FEWEST + 5):
            optimizer.zero_grad()
            mse_loss(model[0](x), x[:, :1]).backward()  # past the hooks of the model
            optimizer.step()
            monitor.step(x, x[:, :1])

    with pytest.warns(StabilityWarning, match="no jump of the loss is looked for") as caught:
        train()
    assert len(caught) == 1
    monitor.close()


numbers = st.integers(-(10**6), 10**6).map(float)


@given(st.lists(numbers, min_size=FEWEST, max_size=WINDOW), st.integers(-8, 8), st.booleans())
def test_the_rule_has_no_unit(values: list[float], power: int, jumps: bool) -> None:
    """In units a power of two larger the same values jump: no rounding comes in."""
    ours, scaled = Usual(), Usual()
    last = [1e9] if jumps else []
    for value in values + last:
        assert ours.see(value) == scaled.see(2.0**power * value)


@given(st.lists(st.floats(0.1, 1.0), min_size=FEWEST, max_size=3 * WINDOW))
def test_what_varies_by_less_than_the_bar_never_jumps(values: list[float]) -> None:
    """Ratios of up to 10 may; once 1 has been seen nothing does that is no more."""
    usual = Usual()
    for value in [1.0, 0.1] * (FEWEST // 2):
        usual.see(value)
    seen = [usual.see(value) for value in values[: WINDOW - FEWEST]]
    assert not any(seen)


@given(st.integers(1, 30))
def test_a_descent_is_no_jump_and_a_new_level_becomes_usual(rate: int) -> None:
    usual = Usual()
    assert not any(usual.see(math.exp(-rate * step / 100)) for step in range(2 * WINDOW))
    assert [usual.see(1e6) for _ in range(LEVEL + FEWEST + 1)] == [True] * LEVEL + [False] * (FEWEST + 1)
