"""The table of errata in the README is the one that the checks give now."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.claim import Claim, Verdict
from derive.errata import as_markdown, errata

README = Path(__file__).parent.parent / "README.md"


def shown() -> list[str]:
    """The lines of the table."""
    text = README.read_text(encoding="utf-8")
    return text[text.index("<!-- errata -->") : text.index("<!-- end of errata -->")].splitlines()[1:]


def row(claim: Claim, verdict: Verdict) -> str:
    """The line of one claim."""
    return as_markdown([(claim, verdict)]).splitlines()[-1]


def test_errata_of_the_readme_are_those_recorded() -> None:
    assert as_markdown(errata()).splitlines() == [line for line in shown() if line]


@pytest.mark.slow
def test_errata_of_the_readme_are_current() -> None:
    assert as_markdown(errata(recompute=True)).splitlines() == [line for line in shown() if line]
