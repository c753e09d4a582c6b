"""The errata: what is printed, what is derived, the counterexample, the consequence; as recorded, or computed now."""

from __future__ import annotations

from derive.errors import InputError
from derive.paper.claim import GRADES, Claim, Verdict, claims, verdicts
from derive.printing.text import paragraph

Row = tuple[Claim, Verdict]


def errata(recompute: bool = False) -> list[Row]:
    """Every claim of which a derivation or a measurement says something else, the gravest first, then in the paper's order.

    Args:
        recompute: compute the verdicts now, about ten minutes, instead of reading the record.

    Raises:
        InputError: no collection of checks is installed.
    """
    judged = verdicts(recompute)
    if not judged:
        raise InputError("expected checks of a paper, got none; install the package whole: pip install gradcfl")
    found = [(claim, judged[key]) for key, claim in claims().items() if key in judged and judged[key].differs]
    return sorted(found, key=lambda row: GRADES.index(row[1].grade))


def as_text(rows: list[Row]) -> str:
    """One block per claim, at most 80 columns."""
    return "\n\n".join(_block(claim, verdict) for claim, verdict in rows)


def _block(claim: Claim, verdict: Verdict) -> str:
    lines = [f"{claim.source}  {claim.title}: {verdict.status}; {verdict.grade}"]
    entries = {
        "printed": claim.statement,
        "authors' code": claim.settings_of_authors,
        "derived" if verdict.refuted else "instead": verdict.finding,
        "counterexample" if verdict.refuted else "evidence": verdict.evidence,
        "consequence": verdict.consequence,
        "reproduce": verdict.command,
    }
    return "\n".join([*lines, *(paragraph(f"{name}: {text}", "  ", "    ") for name, text in entries.items() if text)])


def as_markdown(rows: list[Row]) -> str:
    """The table of docs/errata.md: claim, status, grade, what is right, consequence."""
    head = ["| Claim | Status | Grade | What is right | Consequence |", "|---|---|---|---|---|"]
    cells = ([f"{c.source}, {c.title}", v.status, v.grade, v.finding, v.consequence] for c, v in rows)
    return "\n".join([*head, *("| " + " | ".join(cell(text) for text in row) + " |" for row in cells)])


def cell(text: str) -> str:
    """A bar would end the cell."""
    return text.replace("|", "\\|")


def as_latex(rows: list[Row]) -> str:
    """A LaTeX longtable of the printed and the derived formulas."""
    lines = (
        f"{c.source} & {v.grade} & $\\displaystyle {v.printed or '-'}$ & $\\displaystyle {v.derived or '-'}$ \\\\"
        for c, v in rows
    )
    head = [r"\begin{longtable}{llll}", r"Claim & Grade & Printed & Derived \\ \hline"]
    return "\n".join([*head, *lines, r"\end{longtable}"])
