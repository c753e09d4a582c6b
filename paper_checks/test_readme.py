"""The table of errata in the README is the one that the checks give now."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.errata import as_markdown, errata

README = Path(__file__).parent.parent / "README.md"


def _shown() -> str:
    text = README.read_text(encoding="utf-8")
    return text[text.index("<!-- errata -->") : text.index("<!-- end of errata -->")].partition("\n")[2].strip()


def test_errata_of_the_readme_are_those_recorded() -> None:
    assert as_markdown(errata()) == _shown()


@pytest.mark.slow
def test_errata_of_the_readme_are_current() -> None:
    assert as_markdown(errata(recompute=True)) == _shown()
