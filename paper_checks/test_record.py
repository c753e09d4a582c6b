"""The recorded verdicts are those that the checks give: none is stale or edited, and computed anew each is the same whole."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from importlib import import_module
from pathlib import Path

import pytest
import sympy as sp

from derive.paper.claim import Claim
from experiments.running.provenance import provenance
from paper_checks import fingerprint, test_errata_page
from paper_checks.claims import PRINTED
from paper_checks.verdicts import all_verdicts, checks, claimed, record

pytestmark = pytest.mark.exact

MODULES = {module.CLAIM: module for module in checks()}
RECORDED = record()
SAME = ("version_torch", "version_numpy", "python", "device")
"""Where these are what they were, numbers are to be the same to the last digit."""
NUMBER = re.compile(r"-?\d[\d,]*(\.\d+)?(e[+-]\d+)?|-?inf|nan")


@pytest.mark.parametrize("claim", RECORDED)
def test_recorded_verdict_is_current(claim: str) -> None:
    entry = RECORDED[claim]
    assert entry.current(MODULES[claim]), (
        f"stale, as its check or what that rests on was changed: make verdicts, or python -m paper_checks.record {claim}"
    )
    assert entry.whole, f"edited since it was computed: python -m paper_checks.record {claim}"


@pytest.mark.parametrize("claim", RECORDED)
def test_recorded_print_is_the_claims_and_the_page_shows_what_is_recorded(claim: str) -> None:
    verdict = RECORDED[claim].verdict
    assert verdict.claim == claim
    assert verdict.printed in ("", PRINTED[claim].latex)
    assert (test_errata_page.row(PRINTED[claim], verdict) in test_errata_page.shown()) == verdict.differs


@pytest.mark.parametrize("field", ["status", "printed", "derived", "evidence", "finding", "consequence"])
def test_an_edit_would_be_seen(field: str) -> None:
    entry = RECORDED["5.6"]
    assert not replace(entry, verdict=replace(entry.verdict, **{field: "agrees"})).whole
    assert not replace(entry, rests_on="").whole


def test_record_says_where_it_is_from() -> None:
    assert RECORDED.keys() == MODULES.keys()
    assert all({"date", *SAME} <= entry.provenance.keys() for entry in RECORDED.values())


def test_layout_comments_and_places_do_not_count_and_all_else_does() -> None:
    def meaning(source: str) -> str:
        return fingerprint._meaning(fingerprint.ast.parse(source))

    first = 'from a.b import c\n\n\ndef f(x):\n    """Text."""\n    return 2 * c(x)  # why\n'
    same = "from d import c\ndef f(x):\n    return (2 *\n            c(x))\n"
    assert meaning(first) == meaning(same)
    assert (
        len({meaning(same), meaning(same.replace("2", "3")), meaning(same.replace("*", "-")), meaning(same.replace("c", "e"))})
        == 4
    )


@pytest.mark.parametrize("change", [{"statement": "other"}, {"latex": "x"}, {"values": {"alpha_min": sp.Symbol("x")}}])
def test_a_changed_claim_makes_its_verdict_stale(change: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    claim: Claim = PRINTED["5.6"]
    monkeypatch.setitem(PRINTED, "5.6", replace(claim, **change))
    assert not RECORDED["5.6"].current(MODULES["5.6"])


def test_a_changed_derivation_makes_its_verdict_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    rests_on = {m.__name__.rpartition(".")[2] for m in fingerprint.rests_on(MODULES["5.6"])}
    assert {"test_theorem_5_6", "brute", "nesterov_bounds", "linearization", "gradient_flow", "nesterov_setting"} <= rests_on
    meaning = fingerprint.meaning
    monkeypatch.setattr(fingerprint, "meaning", lambda name: name if name.endswith("gradient_flow") else meaning(name))
    assert not RECORDED["5.6"].current(MODULES["5.6"])


def in_words(verdict: dict[str, str], numbers: bool) -> dict[str, str]:
    """All fields of a verdict, or all but the digits of their numbers."""
    return verdict if numbers else {name: NUMBER.sub("#", text) for name, text in verdict.items()}


def test_claims_that_are_read_from_the_text_are_those_of_the_modules() -> None:
    modules = [import_module(f"paper_checks.{path.stem}") for path in sorted(Path(__file__).parent.glob("test_*.py"))]
    assert {m.CLAIM: m.__name__ for m in modules if hasattr(m, "CLAIM")} == claimed()


@pytest.mark.slow
@pytest.mark.parametrize("claim", RECORDED)
def test_recorded_verdict_is_the_one_computed_now(claim: str) -> None:
    """To the digit on a machine like the one of the record; elsewhere roundings differ, and what training makes of them."""
    here = provenance("cpu")
    same = all(here[name] == RECORDED[claim].provenance[name] for name in SAME)
    assert in_words(asdict(MODULES[claim].verdict()), same) == in_words(asdict(RECORDED[claim].verdict), same)


def test_every_check_has_one_verdict() -> None:
    assert [verdict.claim for verdict in all_verdicts()] == list(MODULES)
