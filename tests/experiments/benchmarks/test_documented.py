"""The tables of docs/control.md are those of the recorded runs."""

from __future__ import annotations

import pytest

from experiments.benchmarks.documented import PAGE, TABLES, markdown, recorded, written


def test_the_page_has_the_tables_of_the_records() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert written(page) == page, "python -m experiments.benchmarks.documented"


@pytest.mark.parametrize("name", TABLES)
def test_a_number_of_another_record_is_noticed(name: str) -> None:
    record, told = TABLES[name]
    results = recorded(record)
    other = results.assign(loss=results.loss.roll(setting=1, roll_coords=False))
    assert markdown(told(other)) != markdown(told(results))
