"""The verdict on every claim that has a check: the `verdict()` of each `test_*.py` here.

They are read from the record, with the day and the machine they were computed on, or computed when that is asked for;
`python -m paper_checks.record` records them anew, and `make paper` holds the record against the checks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from derive.claim import Verdict

RECORD = Path(__file__).parent / "recorded_verdicts.json"


def checks() -> Iterator[ModuleType]:
    """The modules that check a claim, named in their `CLAIM`."""
    return map(import_module, claimed().values())


def claimed() -> dict[str, str]:
    """Claim -> module that checks it. The claim is read from the text: to import all checks takes seconds."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("test_*.py"))}
    named = {stem: re.search(r'^CLAIM(?:, \w+)* = "([^"]+)"', text, re.MULTILINE) for stem, text in texts.items()}
    return {found[1]: f"paper_checks.{stem}" for stem, found in named.items() if found}


def record() -> dict[str, Any]:
    """What was recorded: `verdicts` (claim -> fields of a `Verdict`), where and when each was `made`; else empty."""
    return json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.is_file() else {"verdicts": {}}


def all_verdicts(recompute: bool = False) -> list[Verdict]:
    """One verdict per checked claim: as recorded, where it is, or all computed now."""
    found = {"verdicts": {}} if recompute else record()
    return [
        _recorded(found, claim) if claim in found["verdicts"] else import_module(module).verdict()
        for claim, module in claimed().items()
    ]


def _recorded(found: dict[str, Any], claim: str) -> Verdict:
    verdict = Verdict(**found["verdicts"][claim])
    made = found["made"][claim]
    return replace(verdict, evidence=f"{verdict.evidence} Recorded {made['date'][:10]}, {made['device']}.")
