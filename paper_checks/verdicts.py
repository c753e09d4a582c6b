"""The verdict on every claim that has a check: the `verdict()` of each `test_*.py` here.

Most are computed when asked for. Those that train or simulate for more than a few seconds are read from the record, with the
day and the machine they were computed on; `python -m paper_checks.record` computes them anew, and `make paper` holds them
against the checks.
"""

from __future__ import annotations

import json
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
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        module = import_module(f"paper_checks.{path.stem}")
        if hasattr(module, "CLAIM"):
            yield module


def record() -> dict[str, Any]:
    """What was recorded: `verdicts` (claim -> fields of a `Verdict`), and where and when; empty without a record."""
    return json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.is_file() else {"verdicts": {}}


def all_verdicts() -> list[Verdict]:
    """One verdict per checked claim."""
    found = record()
    return [_recorded(found, m.CLAIM) if m.CLAIM in found["verdicts"] else m.verdict() for m in checks()]


def _recorded(found: dict[str, Any], claim: str) -> Verdict:
    verdict = Verdict(**found["verdicts"][claim])
    return replace(verdict, evidence=f"{verdict.evidence} Recorded {found['date'][:10]}, {found['device']}.")
