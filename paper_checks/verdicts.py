"""The verdict on every claim that has a check: the `verdict()` of each `test_*.py` here.

Most are computed when asked for. Those that train or simulate for more than a few seconds are read from the record, with the
day and the machine they were computed on. Each entry of it carries the fingerprint of what it rests on, and a seal over all of
itself, so that a stale one and an edited one are both noticed at once; `make verdicts` computes them anew and compares.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from pathlib import Path
from types import ModuleType

from derive.claim import Verdict
from derive.files import write_whole
from paper_checks.fingerprint import digest, fingerprint

RECORD = Path(__file__).parent / "recorded_verdicts.json"


@dataclass(frozen=True)
class Recorded:
    """A verdict that was computed before.

    Attributes:
        verdict: as it came out.
        rests_on: fingerprint of the check and of what it rests on, at that time.
        provenance: date, versions and machine.
        seal: over the three.
    """

    verdict: Verdict
    rests_on: str
    provenance: dict[str, str]
    seal: str

    @classmethod
    def of(cls, verdict: Verdict, rests_on: str, provenance: dict[str, str]) -> Recorded:
        """Seal what was computed."""
        return cls(verdict, rests_on, provenance, digest([asdict(verdict), rests_on, provenance]))

    @property
    def whole(self) -> bool:
        """Whether nothing of it was changed since."""
        return self == Recorded.of(self.verdict, self.rests_on, self.provenance)

    def current(self, check: ModuleType) -> bool:
        """Whether the check and what it rests on still are what they were."""
        return self.rests_on == fingerprint(check)

    def told(self) -> Verdict:
        """The verdict, saying that it was not computed now."""
        words = f"Recorded {self.provenance['date'][:10]}, {self.provenance['device']}."
        return replace(self.verdict, evidence=f"{self.verdict.evidence} {words}")


def checks() -> Iterator[ModuleType]:
    """The modules that check a claim, named in their `CLAIM`."""
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        module = import_module(f"paper_checks.{path.stem}")
        if hasattr(module, "CLAIM"):
            yield module


def record() -> dict[str, Recorded]:
    """What was recorded, by claim; empty without a record."""
    if not RECORD.is_file():
        return {}
    found = json.loads(RECORD.read_text(encoding="utf-8"))
    return {claim: Recorded(**{**entry, "verdict": Verdict(**entry["verdict"])}) for claim, entry in found.items()}


def write(recorded: dict[str, Recorded]) -> None:
    """Write the record, whole or not at all."""
    entries = {claim: asdict(recorded[claim]) for claim in sorted(recorded)}
    write_whole(RECORD, json.dumps(entries, indent=1) + "\n")


def all_verdicts() -> list[Verdict]:
    """One verdict per checked claim."""
    found = record()
    return [found[m.CLAIM].told() if m.CLAIM in found else m.verdict() for m in checks()]
