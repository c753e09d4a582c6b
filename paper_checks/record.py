"""Compute all verdicts, and record them: `python -m paper_checks.record` (about ten minutes on a CPU).

With claims named, only those are computed, and the rest of the record stays: `python -m paper_checks.record figure-7 table-8`.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from derive.files import write_whole
from experiments.progress import bar
from experiments.provenance import provenance
from paper_checks.verdicts import RECORD, checks, record


def computed(named: list[str]) -> dict[str, dict[str, Any]]:
    """The verdicts by claim; all, or those named."""
    modules, found = [module for module in checks() if not named or module.CLAIM in named], {}
    with bar("verdicts") as report:
        for n, module in enumerate(modules):
            report(n, len(modules))
            found[module.CLAIM] = asdict(module.verdict())
    return found


def main(named: list[str]) -> None:
    """Write the record, whole or not at all."""
    kept, fresh, here = record() if named else {}, computed(named), provenance("cpu")
    made = kept.get("made", {}) | {claim: {"date": here["date"], "device": here["device"]} for claim in fresh}
    verdicts = dict(sorted((kept.get("verdicts", {}) | fresh).items()))
    write_whole(RECORD, json.dumps({**here, "made": dict(sorted(made.items())), "verdicts": verdicts}, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
