"""What is said of the printed tables: the range of a possible STD against brute force, and that a wrong entry would be seen."""

from __future__ import annotations

from decimal import Decimal
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.last_bits import table_1, table_6
from paper_checks.claims import PRINTED
from paper_checks.printed_tables import HALF_UNIT, accuracies, entries, misprints, possible, std_range

TABLES = ["table-1", "table-6", "table-7", "table-8"]
HUNDREDTHS = st.lists(st.integers(8700, 9400), min_size=2, max_size=6).map(lambda cells: np.array(cells) / 100)


@given(HUNDREDTHS, st.integers(0, 1), st.integers(0, 2**32 - 1))
def test_no_numbers_behind_the_print_leave_the_range(numbers: np.ndarray, ddof: int, seed: int) -> None:
    moves = np.random.default_rng(seed).uniform(-HALF_UNIT, HALF_UNIT, (200, len(numbers)))
    low, high = std_range(numbers, ddof)
    found = (numbers + moves).std(1, ddof=ddof)
    assert low - 1e-6 <= found.min()
    assert found.max() <= high + 1e-12


def test_both_ends_of_the_range_are_attained() -> None:
    """Two numbers far apart move towards and away from each other; equal ones may be equal."""
    low, high = std_range(np.array([90.0, 91.0]), 0)
    assert (low, high) == pytest.approx((0.495, 0.505))
    assert std_range(np.array([90.0, 90.0]), 1) == pytest.approx((0, 0.01 / np.sqrt(2)), abs=1e-9)


@given(HUNDREDTHS)
def test_an_std_computed_and_printed_is_possible(numbers: np.ndarray) -> None:
    std = numbers.std()
    assert possible(numbers, Decimal(f"{std:.2f}"), 0)
    assert possible(numbers, Decimal(int(100 * std)) / 100 if std >= 0.01 else Decimal("0.00"), 0)


@pytest.mark.parametrize("table", TABLES)
def test_a_wrong_entry_would_be_seen(table: str) -> None:
    """Negative control: the STDs of the rows turned round, as if printed upside down."""
    rows = [entry for entry in entries(table) if entry[0] == "std_over_seeds"]
    turned = [possible(numbers, printed, 0) for (_, _, numbers, _), (*_, printed) in zip(rows, rows[::-1], strict=True)]
    assert not all(turned)
    assert not possible(accuracies(table)[0], Decimal("0.40"), 0)


def test_only_the_row_of_table_7_is_misprinted() -> None:
    assert {table: len(misprints(table)) for table in TABLES} == {"table-1": 0, "table-6": 0, "table-7": 6, "table-8": 0}


@pytest.mark.parametrize("table", [table_1, table_6])
def test_what_the_print_leaves_open_is_the_authors(table: ModuleType) -> None:
    """Nesterov's momentum, crops and flips, Swish's beta."""
    recipe, authors = table.PRESETS["paper"].recipe, PRINTED[table.__name__.rpartition(".")[2].replace("_", "-")].authors
    assert recipe.nesterov is authors["nesterov"]
    assert recipe.augment == ("flips" in str(authors["augmentation"]))
    assert recipe.beta == authors.get("beta", recipe.beta)
