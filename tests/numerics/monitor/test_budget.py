"""What is spent never runs ahead of what the steps allow by more than one measurement."""

from __future__ import annotations

from itertools import pairwise
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from numerics.monitor.budget import FIRST_GAP, WIDENS, Budget
from numerics.monitor.clock import Clock


@given(rate=st.floats(1e-3, 10), every=st.integers(1, 9), costs=st.lists(st.floats(0, 50), min_size=1, max_size=20))
def test_the_average_is_kept_whatever_the_costs(rate: float, every: int, costs: list[float]) -> None:
    budget, left, last = Budget(rate, every), list(costs), None
    for step in range(1, 200):
        budget.step()
        if budget.due and left:
            cost = left.pop(0)
            assert last is None or step - last >= every
            budget.spend(cost)
            last = step
            assert budget.spent <= rate * step + cost + 1e-9
    assert left != costs  # the first one comes at once


@given(rate=st.floats(1e-3, 10), every=st.integers(1, 9), cost=st.floats(0, 1e9), steps=st.integers(1, 2000))
def test_early_ones_come_at_gaps_that_widen_whatever_they_cost(rate: float, every: int, cost: float, steps: int) -> None:
    budget, paid, at = Budget(rate, every, early=True), 0, []
    for step in range(1, steps + 1):
        budget.step()
        if budget.due:
            paid += budget.spent <= rate * step
            budget.spend(cost)
            at.append(step)
    assert at[0] == 1
    assert all(b - a >= every for a, b in pairwise(at))
    assert len(at) - paid <= log(2 * steps, WIDENS)
    assert (WIDENS + 1) * at[-1] + FIRST_GAP + every >= steps  # the last one is not far back, however long the run is


def test_a_run_of_a_hundred_steps_is_measured_more_than_once_however_dear() -> None:
    budget, at = Budget(0.015, early=True), []
    for step in range(1, 101):
        budget.step()
        if budget.due:
            budget.spend(1e6)
            at.append(step)
    assert at == [1, 5, 37]


def test_a_measurement_costs_its_time_where_that_is_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten steps of 1 s, a shadow of 5 s beside each, and then measurements of 60 s: those of 2 products cost 20, not 3.3."""
    now = [0.0]
    monkeypatch.setattr("numerics.monitor.clock.perf_counter", lambda: now[0])
    clock, costs = Clock(), []
    with clock.watching():
        clock.step()
    for products in (2.0, 2.0, 50.0):
        for _ in range(10):
            now[0] += 1.0
            with clock.watching():
                clock.step()
                now[0] += 5.0
        with clock.watching(), clock.measuring():
            now[0] += 60.0
        costs.append(clock.cost(products))
    assert costs == pytest.approx([2.0, 20.0, 50.0])  # what is done once, as deriving, is in the time of the first
    assert (clock.seconds, clock.last) == (180.0, 60.0)
    assert (clock.trained, clock.watched) == (30.0, 150.0 + 180.0)
