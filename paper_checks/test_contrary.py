"""What our own runs say of last bits and batch orders is said where the claim is read, and only where they say it."""

from __future__ import annotations

import numpy as np
import pytest

from numerics.statistics import detectable_ratio, two_way
from numerics.statistics.two_way import two_way as added
from paper_checks.contrary import TABLES, Ours, contrary, decided_by, ours, square
from paper_checks.verdicts import record

RUNS = [one for table in TABLES for one in ours(table)]


def made(over_orders: float, runs: int = 6) -> Ours:
    """A table in which last bits spread the accuracy by 1, batch orders by more in addition."""
    chance = np.random.default_rng(0)
    cells = chance.standard_normal((runs, runs)) + over_orders * chance.standard_normal(runs)
    return Ours("table-1", "made up", "default", two_way(cells), None)


@pytest.mark.parametrize("table", TABLES)
def test_the_verdict_says_what_the_records_say(table: str) -> None:
    verdict, (against, decision) = record()[table].verdict, contrary(table)
    told = f"{verdict.finding} {verdict.consequence} {verdict.evidence}"
    assert against in told
    assert decision in told
    assert all(one.sentence in told for one in ours(table) if one.contrary or table == "table-8")
    assert verdict.doubtful == bool(against and not verdict.differs)


@pytest.mark.parametrize("one", RUNS, ids=lambda one: f"{one.claim}, {one.setting[:20]}")
def test_it_is_called_contrary_where_the_whole_interval_is_below_1(one: Ours) -> None:
    assert one.preset != "paper"
    assert ("the opposite of the claim" in one.sentence) == (one.layout.low < one.layout.ratio < one.layout.high < 1)


def test_equal_spreads_are_not_contrary_and_a_wide_one_is() -> None:
    assert not made(0).contrary
    assert made(5).contrary
    assert f"ours is {1 / made(5).layout.ratio:.1f}," in decided_by([made(5)])


@pytest.mark.parametrize("factor", [1.3, 2.0, 5.0])
def test_so_many_runs_tell_a_factor_and_fewer_do_not(factor: float) -> None:
    """By simulation: the F test of the columns' mean square, four times in five."""
    runs = square(factor)
    assert detectable_ratio(runs - 2, (runs - 2) ** 2, count=runs - 1) > factor
    chance, told, tries = np.random.default_rng(1), 0, 400
    for _ in range(tries):
        cells = chance.standard_normal((runs, runs)) + np.sqrt(factor - 1) * chance.standard_normal(runs)
        told += added(cells).low > 1
    assert told / tries > 0.74  # 0.8, less three standard errors
