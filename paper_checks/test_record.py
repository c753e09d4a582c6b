"""The recorded verdicts are those that the checks give."""

from __future__ import annotations

from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest

from derive.claim import Verdict
from paper_checks.verdicts import all_verdicts, checks, claimed, record

MODULES = {module.CLAIM: module for module in checks()}
RECORDED = record()["verdicts"]


def test_record_is_of_known_claims_and_says_where_it_is_from() -> None:
    assert set(RECORDED) == set(MODULES)
    assert all(set(found) == {field.name for field in fields(Verdict)} for found in RECORDED.values())
    assert {"date", "device", "version_torch"} <= record().keys()
    assert {claim: set(made) for claim, made in record()["made"].items()} == {claim: {"date", "device"} for claim in MODULES}


def test_claims_that_are_read_from_the_text_are_those_of_the_modules() -> None:
    modules = [import_module(f"paper_checks.{path.stem}") for path in sorted(Path(__file__).parent.glob("test_*.py"))]
    assert {m.CLAIM: m.__name__ for m in modules if hasattr(m, "CLAIM")} == claimed()


@pytest.mark.slow
@pytest.mark.parametrize("claim", RECORDED)
def test_recorded_verdict_is_the_one_computed_now(claim: str) -> None:
    now, then = MODULES[claim].verdict(), RECORDED[claim]
    assert (now.status, now.finding, now.consequence) == (then["status"], then["finding"], then["consequence"])


def test_every_check_has_one_verdict() -> None:
    assert [verdict.claim for verdict in all_verdicts()] == list(MODULES)
