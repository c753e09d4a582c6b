"""The verdict on every claim that has a check: the `verdict()` of each `test_*.py` here.

They are read from the record, with the day and the machine they were computed on, or computed when that is asked for. Each
entry of the record carries the fingerprint of what it rests on, and a seal over all of itself, so that a stale one and an
edited one are both noticed at once; `make verdicts` computes them anew and compares.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from pathlib import Path
from types import ModuleType

from derive.files.writing import write_whole
from derive.paper.claim import Verdict
from paper_checks.digest import digest

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
        from paper_checks.fingerprint import fingerprint  # loads what the checks rest on; a reader of the record does not wait

        return self.rests_on == fingerprint(check)

    def told(self) -> Verdict:
        """The verdict, saying that it was not computed now."""
        words = f"Recorded {self.provenance['date'][:10]}, {self.provenance['device']}."
        return replace(self.verdict, evidence=f"{self.verdict.evidence} {words}")


def checks() -> Iterator[ModuleType]:
    """The modules that check a claim, named in their `CLAIM`."""
    return map(import_module, claimed().values())


def claimed() -> dict[str, str]:
    """Claim -> module that checks it. The claim is read from the text: to import all checks takes seconds."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("test_*.py"))}
    named = {stem: re.search(r'^CLAIM(?:, \w+)* = "([^"]+)"', text, re.MULTILINE) for stem, text in texts.items()}
    return {found[1]: f"paper_checks.{stem}" for stem, found in named.items() if found}


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


def all_verdicts(recompute: bool = False) -> list[Verdict]:
    """One verdict per checked claim: as recorded, where it is, or all computed now."""
    found = {} if recompute else record()
    return [found[claim].told() if claim in found else import_module(module).verdict() for claim, module in claimed().items()]
