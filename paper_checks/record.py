"""Compute all verdicts, and record them: `python -m paper_checks.record` (about ten minutes on a CPU).

With claims named, only those are computed, and the rest of the record stays: `python -m paper_checks.record figure-7 table-8`;
`--stale` names those whose check, or what it rests on, is no longer what it was. What comes out otherwise is told.
"""

from __future__ import annotations

import sys

from experiments.running.progress import bar
from experiments.running.provenance import provenance
from paper_checks.fingerprint import fingerprint
from paper_checks.verdicts import Recorded, checks, record, write


def stale() -> list[str]:
    """The claims without a record, and those that have to be computed anew."""
    found = record()
    return [m.CLAIM for m in checks() if m.CLAIM not in found or not (found[m.CLAIM].whole and found[m.CLAIM].current(m))]


def computed(named: list[str] | None) -> dict[str, Recorded]:
    """The verdicts by claim; all, or those named."""
    modules, found = [module for module in checks() if named is None or module.CLAIM in named], {}
    with bar("verdicts") as report:
        for n, module in enumerate(modules):
            report(n, len(modules))
            found[module.CLAIM] = Recorded.of(module.verdict(), fingerprint(module), provenance("cpu"))
    return found


def differences(before: dict[str, Recorded], now: dict[str, Recorded]) -> list[str]:
    """What came out otherwise, field by field, in words."""
    pairs = ((claim, vars(before[claim].verdict), vars(now[claim].verdict)) for claim in now if claim in before)
    return [
        f"{c}: {name} was {then[name]!r}, is {new[name]!r}" for c, then, new in pairs for name in new if then[name] != new[name]
    ]


def main(arguments: list[str]) -> None:
    """Compute, compare, write."""
    named = stale() if arguments == ["--stale"] else arguments or None
    before, now = record(), computed(named)
    for line in differences(before, now):
        print(line)
    kept = {} if named is None else {claim: entry for claim, entry in before.items() if claim not in named}
    write(kept | now)


if __name__ == "__main__":
    main(sys.argv[1:])
