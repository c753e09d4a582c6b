"""Variances of a table: against sums of squares by hand, coverage of the interval on simulated tables, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import InputError
from numerics.statistics.two_way import two_way

RNG = np.random.default_rng(0)


def tables(ratio: float, count: int, shape: tuple[int, int] = (6, 6)) -> np.ndarray:
    """Tables whose columns add variance ratio - 1 to residuals of variance 1."""
    rows, columns = shape
    return RNG.standard_normal((count, rows, columns)) + np.sqrt(ratio - 1) * RNG.standard_normal((count, 1, columns))


@pytest.mark.parametrize("ratio", [1.5, 3.0])
def test_interval_covers_the_truth_as_often_as_it_says(ratio: float) -> None:
    found = [two_way(table) for table in tables(ratio, 1000)]
    covered = np.mean([one.low <= ratio <= one.high for one in found])
    assert abs(covered - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 1000)


def test_false_alarms_are_as_rare_as_they_should_be() -> None:
    """One-sided at 2.5 %; the interval is two-sided."""
    alarms = np.mean([two_way(table).low > 1 for table in tables(1.0, 1000)])
    assert abs(alarms - 0.025) < 4 * np.sqrt(0.025 * 0.975 / 1000)


def test_a_large_effect_is_seen() -> None:
    """Negative control."""
    assert all(two_way(table).low > 1 for table in tables(50.0, 20))
    assert "adds variance (" in two_way(tables(50.0, 1)[0]).sentence()


def test_against_the_sums_of_squares() -> None:
    """The three parts add up to the whole, and mean squares are those of a textbook."""
    table = tables(2.0, 1, (4, 5))[0]
    found, grand = two_way(table), table.mean()
    of_rows = 5 * ((table.mean(1) - grand) ** 2).sum()
    of_columns = 4 * ((table.mean(0) - grand) ** 2).sum()
    np.testing.assert_allclose(of_rows + of_columns + 12 * found.residual**2, ((table - grand) ** 2).sum())
    assert found.ratio == pytest.approx(max(1, 1 + (of_columns / 4 / found.residual**2 - 1) / 4))


@given(st.integers(2, 6), st.integers(2, 6), st.floats(-100, 100), st.floats(0.1, 10))
def test_units_and_offsets_change_nothing(rows: int, columns: int, offset: float, unit: float) -> None:
    table = np.random.default_rng(rows * 10 + columns).standard_normal((rows, columns))
    ours, moved = two_way(table), two_way(offset + unit * table)
    np.testing.assert_allclose(
        [ours.ratio, ours.low, ours.high, ours.p_rows], [moved.ratio, moved.low, moved.high, moved.p_rows]
    )
    np.testing.assert_allclose([ours.over_rows * unit, ours.over_columns * unit], [moved.over_rows, moved.over_columns])
    turned = two_way(table.T)
    assert (turned.over_rows, turned.p_columns) == pytest.approx((ours.over_columns, ours.p_rows))


@pytest.mark.parametrize("columns", [[93.3, 93.3, 93.3], [93.1, 93.3, 94.7]])
def test_equal_rows_say_nothing(columns: list[float]) -> None:
    """As early in training: batch orders differ, but no perturbation is seen yet."""
    found = two_way(np.tile(columns, (3, 1)))
    assert found.residual == 0
    assert found.over_rows < 1e-13
    assert np.isnan(found.ratio)
    assert "nothing can be said" in found.sentence("perturbations", "batch orders")


@pytest.mark.parametrize("table", [[1.0, 2.0], [[1.0, 2.0]], [[1.0, np.nan], [1.0, 2.0]]])
def test_no_table(table: list) -> None:
    with pytest.raises(InputError, match="expected a table of finite numbers"):
        two_way(table)


def test_bad_level() -> None:
    with pytest.raises(InputError, match="level"):
        two_way(np.eye(3), level=1.0)
