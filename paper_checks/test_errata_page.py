"""The tables in docs/errata.md are those that the checks and the records give now."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.paper.claim import Claim, Verdict
from derive.paper.errata import as_markdown, errata
from paper_checks import contrary

PAGE = Path(__file__).parent.parent / "docs" / "errata.md"


def shown(name: str = "errata") -> list[str]:
    """The lines of a table."""
    text = PAGE.read_text(encoding="utf-8")
    return text[text.index(f"<!-- {name} -->") : text.index(f"<!-- end of {name} -->")].splitlines()[1:]


def row(claim: Claim, verdict: Verdict) -> str:
    """The line of one claim."""
    return as_markdown([(claim, verdict)]).splitlines()[-1]


def test_errata_of_the_page_are_those_recorded() -> None:
    assert as_markdown(errata()).splitlines() == [line for line in shown() if line]


def test_what_our_own_runs_say_is_shown() -> None:
    assert contrary.as_markdown().splitlines() == shown("against")


@pytest.mark.slow
def test_errata_of_the_page_are_current() -> None:
    assert as_markdown(errata(recompute=True)).splitlines() == [line for line in shown() if line]
