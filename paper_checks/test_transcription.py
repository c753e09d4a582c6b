"""The printed tables against a second reading of the print: its sums by row and by column, as an accountant checks a ledger.

No statistic of a table tells a digit that was typed wrongly where its own statistics are misprinted. The sums are of the long
version's tables, taken apart from `claims`.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from paper_checks.claims import PRINTED

ROWS = {
    "table-1": "559.67 559.90 560.10 559.44 560.68 559.97",
    "table-4": "948.70 948.70 948.70",
    "table-5": "1122.68 1121.68 1121.68",
    "table-6": "562.36 561.67 562.10 560.74 561.74 562.45",
    "table-7": "530.85 530.34 530.88 531.34 531.96 530.85",
    "table-8": "560.35 560.05 559.33 559.94 560.67 560.34",
}
COLUMNS = {
    "table-1": "560.71 560.16 559.26 560.05 559.46 560.12",
    "table-4": "101.52 237.66 272.70 273.57 279.21 279.99 280.14 280.41 280.32 280.17 280.41",
    "table-5": "280.41 280.41 279.87 280.41 280.20 279.87 281.16 281.41 280.86 280.20 281.37 279.87",
    "table-6": "561.40 562.42 561.74 562.20 561.79 561.51",
    "table-7": "530.93 531.24 531.90 530.41 530.82 530.92",
    "table-8": "559.25 560.42 560.03 559.70 560.36 560.92",
}
SINGLE = {
    ("table-1", "std_over_seeds"): "1.03", ("table-1", "std_over_k"): "0.95",
    ("table-6", "std_over_seeds"): "0.77", ("table-6", "std_over_k"): "0.872",
    ("table-7", "std_over_seeds"): "1.33", ("table-7", "std_over_k"): "1.41",
    ("table-8", "std_over_seeds"): "1.00", ("table-8", "std_over_k"): "0.88",
    ("table-6b", "accuracy"): "377.10", ("table-6b", "floating_point"): "0.49", ("table-6b", "batch_selection"): "0.38",
    ("table-2", "alpha_min_measured"): "54.8e6", ("table-2", "alpha_min"): "3.21e9",
    ("table-2", "alpha_max_measured"): "6e8", ("table-2", "alpha_max"): "6e8",
    ("table-9", "alpha_min_measured"): "55.9e6", ("table-9", "alpha_min"): "3.21e9",
    ("table-9", "alpha_max_measured"): "4.26e8", ("table-9", "alpha_max"): "3.99e8",
}  # fmt: skip


def sums(text: str) -> list[Decimal]:
    return [Decimal(number) for number in text.split()]


@pytest.mark.parametrize("table", ROWS)
def test_rows_and_columns(table: str) -> None:
    cells = PRINTED[table].values["accuracy"]
    assert [sum(row) for row in cells] == sums(ROWS[table])
    assert [sum(column) for column in zip(*cells, strict=True)] == sums(COLUMNS[table])


@pytest.mark.parametrize(("table", "name"), SINGLE)
def test_single_rows_and_columns(table: str, name: str) -> None:
    assert sum(Decimal(str(value)) for value in PRINTED[table].values[name]) == Decimal(SINGLE[table, name])


def test_every_printed_accuracy_is_summed() -> None:
    tables = {key for key, claim in PRINTED.items() if "accuracy" in claim.values}
    assert tables == {*ROWS, "table-6b"}
