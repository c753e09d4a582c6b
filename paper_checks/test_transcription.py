"""The printed tables against a second reading of the print: its sums by row and by column, as an accountant checks a ledger.

No statistic of a table tells a digit that was typed wrongly where its own statistics are misprinted. The sums are of the long
version's tables, taken apart from `claims`.
"""

from __future__ import annotations

import ast
import inspect
import re
from decimal import Decimal

import pytest

from derive.paper.printed_table import Table
from paper_checks import authors_code, claims, printed_remarks, printed_runs, printed_training
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


def test_every_printed_number_of_a_table_is_summed() -> None:
    """All but labels, and the column of Tab 1's right half that is no statistic of accuracies."""
    tables = {key: claim.tables for key, claim in PRINTED.items() if claim.tables}
    assert tables.keys() == {*ROWS, *(key for key, _ in SINGLE)}
    further = {(key, name) for key, (table, *_) in tables.items() for name in (*table.by_row, *table.by_column)}
    assert further - {("table-6b", "net"), ("table-6b", "data")} == set(SINGLE)
    assert {key for key, (table, *_) in tables.items() if table.cells} == set(ROWS) == set(COLUMNS)


TABLES = [table for claim in PRINTED.values() for table in claim.tables]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.source)
def test_every_number_has_a_place_of_its_own(table: Table) -> None:
    """And the place leads back to it."""
    found = list(table.numbers())
    assert len({place for place, _ in found}) == len(found)
    assert all(place.startswith(f"{table.source}, row ") for place, _ in found)


def test_places_lead_back_to_their_numbers() -> None:
    assert dict(PRINTED["table-2"].tables[0].numbers())["Tab 2, row kernel = 32, column alpha max"] == 2e8
    assert dict(PRINTED["table-1"].tables[0].numbers())["Tab 1, left, row k = 9, column seed = 1"] == Decimal("93.87")
    with pytest.raises(KeyError, match="has no kernel = 17"):
        PRINTED["table-2"].tables[0].place("alpha_max", kernel=17)


def test_a_row_that_is_short_is_no_table() -> None:
    with pytest.raises(ValueError, match="shorter"):
        list(Table("Tab 0", ("k", (1, 3)), by_row={"std": (0.1,)}).numbers())


NAMES = re.compile(r"\{[^}]*\}|(?:Tab|Fig|Eq|Thm|float)\.? ?\d[\d.]*|\d\^|power of two|N\(0, 1\)")
"""What is no value: places, numbers of other tables, powers, the standard normal distribution."""

WORDS = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


def sentences() -> list[tuple[str, str]]:
    """(claim, its sentence as typed), from the sources."""
    trees = [
        ast.parse(inspect.getsource(module))
        for module in (claims, printed_remarks, printed_runs, printed_training, authors_code)
    ]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call) and len(node.args) >= 5]
    typed = [[arg.value for arg in call.args[:4] if isinstance(arg, ast.Constant)] for call in calls]
    return [(args[0], args[3]) for args in typed if len(args) == 4]


def flat(value: object) -> set[float]:
    """The numbers in a value."""
    if isinstance(value, list | tuple):
        return {number for item in value for number in flat(item)}
    return {float(value)} if isinstance(value, int | float | Decimal) else set()


def typed(sentence: str) -> set[float]:
    """The numbers in a sentence that no placeholder stands for, in digits or words."""
    bare = NAMES.sub("", sentence)
    found = {float(number) for number in re.findall(r"(?<![\w^.])\d+(?:\.\d+)?(?:e-?\d+)?", bare)}
    return found | {float(n) for n, word in enumerate(WORDS, start=2) if re.search(rf"\b{word}\b", bare)}


@pytest.mark.parametrize(("key", "sentence"), sentences(), ids=[key for key, _ in sentences()])
def test_a_sentence_types_no_number_that_is_a_value(key: str, sentence: str) -> None:
    """What stands in it comes from the value."""
    assert not typed(sentence) & flat(list(PRINTED[key].values.values()))


def test_a_typed_number_would_be_seen() -> None:
    assert typed("As Tab 1, three trials of 2^m end at 93.47, dt = 1e-8 or {lr:g}.") == {3, 93.47, 1e-8}


def test_every_claim_is_composed() -> None:
    assert {key for key, _ in sentences()} == set(PRINTED)
