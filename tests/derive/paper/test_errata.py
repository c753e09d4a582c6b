"""The errata as text, markdown and LaTeX; what agrees is not listed."""

from __future__ import annotations

import pytest

from derive.errors import InputError
from derive.paper import errata as module
from derive.paper.claim import GRADES, Claim, Verdict

CLAIMS = {
    "1": Claim("1", "A", "First", "it is | so", source="Eq 1"),
    "2": Claim("2", "A", "Second", "right", source="Eq 2"),
    "3": Claim("3", "A", "Third", "unchecked", source="Eq 3"),
}
VERDICTS = {
    "2": Verdict("2", "agrees", "", "", "numbers", "command"),
    "3": Verdict("3", "not run at the paper's setting", "", "", "smaller", "command"),
    "1": Verdict("1", "erratum", "x < 1", "x < 2", "at x = 1.5", "pytest one", "x | y", "none"),
}


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> list:
    monkeypatch.setattr(module, "claims", lambda: CLAIMS)
    monkeypatch.setattr(module, "verdicts", lambda _: VERDICTS)
    return module.errata()


def test_only_what_does_not_agree(rows: list) -> None:
    assert [claim.id for claim, _ in rows] == ["1"]


def test_the_gravest_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    consequences = {"1": "None for the conclusion: it stands.", "2": "What was stable is not.", "3": ""}
    found = {key: Verdict(key, "erratum", "", "", "", "", "y", text) for key, text in consequences.items()}
    found["3"] = Verdict("3", "print and code differ", "", "", "", "", "y", "other runs")
    monkeypatch.setattr(module, "claims", lambda: CLAIMS)
    monkeypatch.setattr(module, "verdicts", lambda _: found)
    assert [(claim.id, verdict.grade) for claim, verdict in module.errata()] == list(zip("213", GRADES, strict=True))


def test_text_says_print_derivation_counterexample_and_command(rows: list) -> None:
    text = module.as_text(rows)
    assert all(
        word in text
        for word in ("Eq 1  First: erratum; changes a conclusion", "it is | so", "x | y", "at x = 1.5", "pytest one")
    )


def test_what_the_authors_code_does_otherwise_is_listed_and_no_counterexample(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Verdict("2", "print and code differ", "", "", "38 % of the bits", "command", "the code divides", "other runs")
    monkeypatch.setattr(module, "claims", lambda: {"2": Claim("2", "A", "Second", "multiplied", authors={"update": "divided"})})
    monkeypatch.setattr(module, "verdicts", lambda _: {"2": found})
    assert (found.differs, found.refuted) == (True, False)
    text = module.as_text(module.errata())
    lines = ("authors' code: update divided", "instead: the code divides", "evidence: 38 % of the bits")
    assert all(line in text for line in lines)
    assert "counterexample" not in text


def test_markdown_keeps_its_columns(rows: list) -> None:
    *_, row = module.as_markdown(rows).splitlines()
    assert row == r"| Eq 1, First | erratum | changes a conclusion | x \| y | none |"


def test_latex_has_a_row_of_four_cells(rows: list) -> None:
    row = module.as_latex(rows).splitlines()[2]
    assert row == r"Eq 1 & changes a conclusion & $\displaystyle x < 1$ & $\displaystyle x < 2$ \\"


def test_without_checks_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "verdicts", lambda _: {})
    with pytest.raises(InputError, match="expected checks of a paper"):
        module.errata()
