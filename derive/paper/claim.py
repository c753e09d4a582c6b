"""What a paper claims, and what became of it.

The claims themselves live with whoever checks them (`paper_checks`), which registers them under two entry-point
groups. So a report or a table can show print beside derivation without importing the checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from derive.bare import registered
from derive.paper.printed_table import Table

Status = Literal["agrees", "erratum", "not reproduced", "not run at the paper's setting", "print and code differ"]

GRADES = ("changes a conclusion", "conclusions stand", "interpretation")
"""Of what differs, the gravest first; the last: print and code differ, and it is not said which of them was run."""


@dataclass(frozen=True)
class Claim:
    """One claim as it is printed.

    Attributes:
        id: key, such as ``"5.4"`` or ``"table-2"``.
        section: section of the paper that states it.
        title: a few words.
        statement: the claim as printed, in plain text.
        latex: the printed formula, or ``""``.
        values: the printed numbers, by name, those of its tables among them.
        source: where it is printed.
        authors: what no text prints, by name: settings of the authors' public code.
        tables: the printed ones, which know the place of each of their numbers.
    """

    id: str
    section: str
    title: str
    statement: str
    latex: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    source: str = ""
    authors: Mapping[str, object] = field(default_factory=dict)
    tables: tuple[Table, ...] = ()

    @property
    def settings_of_authors(self) -> str:
        """What the authors' code has, in words."""
        return "; ".join(f"{name.replace('_', ' ')} {value}" for name, value in self.authors.items())


@dataclass(frozen=True)
class Verdict:
    """What the derivation and an independent measurement say of a claim.

    Attributes:
        claim: the claim's key.
        status: ``"agrees"``, ``"erratum"``, ``"not reproduced"`` (tried, and something else came out), or ``"not run at the
            paper's setting"`` (the evidence says what was run instead, and neither confirms nor refutes the print), or
            ``"print and code differ"`` (the authors' public code does something else; it is not said which of the two was run).
        printed: LaTeX of the print.
        derived: LaTeX of the derivation.
        evidence: one paragraph with the numbers: the counterexample of an erratum, the measurement otherwise.
        command: a command that reproduces the evidence.
        finding: of an erratum or what is not reproduced: what is right instead, in one plain sentence; or what the code does.
            Of what was not run at the paper's setting: what at another one speaks against it.
        consequence: of the first three: what it changes for a reader of the paper, in one plain sentence, which begins with
            "None" where no conclusion of the paper changes. Of the last: what would decide it.
    """

    claim: str
    status: Status
    printed: str
    derived: str
    evidence: str
    command: str
    finding: str = ""
    consequence: str = ""

    @property
    def differs(self) -> bool:
        """Whether something else than the print came out, or was run."""
        return self.refuted or self.status == "print and code differ"

    @property
    def grade(self) -> str:
        """Of what differs, one of `GRADES`: how much hangs on it."""
        changes, stands, interpretation = GRADES
        if not self.refuted:
            return interpretation
        return stands if self.consequence.startswith("None") else changes

    @property
    def refuted(self) -> bool:
        """Whether something else than the print came out."""
        return self.status in ("erratum", "not reproduced")

    @property
    def doubtful(self) -> bool:
        """Whether something else came out at another setting than the paper's."""
        return bool(self.finding) and not self.differs


@cache
def claims() -> dict[str, Claim]:
    """All registered claims by key; empty when no collection of checks is installed."""
    return {claim.id: claim for entry in _registered("gradcfl.claims") for claim in entry}


@cache
def verdicts(recompute: bool = False) -> dict[str, Verdict]:
    """The verdict of every checked claim by key; empty when no checks are installed.

    Args:
        recompute: compute them all now, about ten minutes, instead of reading the record, which says its day and machine.
    """
    return {verdict.claim: verdict for run in _registered("gradcfl.verdicts") for verdict in run(recompute)}


def _registered(group: str) -> list:
    return [point.load() for point in registered(group)]
