"""Compute all verdicts, and record those that take long: `python -m paper_checks.record` (about ten minutes on a CPU)."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import Any

from derive.files import write_whole
from experiments.progress import bar
from experiments.provenance import provenance
from paper_checks.verdicts import RECORD, checks

LONG = 4.0
"""Seconds of processor time from which on a verdict is recorded."""


def computed() -> dict[str, dict[str, Any]]:
    """The verdicts that take long, by claim."""
    modules, found = list(checks()), {}
    with bar("verdicts") as report:
        for n, module in enumerate(modules):
            report(n, len(modules))
            begun = time.process_time()
            verdict = module.verdict()
            if time.process_time() - begun > LONG:
                found[module.CLAIM] = asdict(verdict)
    return found


def main() -> None:
    """Write the record, whole or not at all."""
    write_whole(RECORD, json.dumps({**provenance("cpu"), "verdicts": computed()}, indent=1) + "\n")


if __name__ == "__main__":
    main()
