"""Every recorded variable is explained where readers look, in the words of its one home."""

from __future__ import annotations

from pathlib import Path

from numerics.monitor.records import ACTIONS, DIMS, UNITS
from numerics.monitor.scalars import SHORT
from numerics.monitor.variables import table

PAGE = Path(__file__).parents[3] / "docs" / "trainings.md"


def test_the_page_has_the_table_as_it_is_generated() -> None:
    assert PAGE.read_text(encoding="utf-8").rstrip().endswith(table())


def test_every_variable_has_a_meaning_and_an_action() -> None:
    assert set(ACTIONS) == set(UNITS) >= set(DIMS)
    assert all(meaning and ACTIONS[name] for name, (_, meaning) in UNITS.items())


def test_what_a_log_has_room_for_is_recorded_and_short() -> None:
    assert set(SHORT) <= set(UNITS)
    assert len(SHORT) <= 10
