"""What `cite KEY` prints: BibTeX, and a sentence that says which result of which version it is, and how it is known."""

from __future__ import annotations

from typing import Any

from derive.bare import version_of
from derive.conditions.bound import Stability
from derive.conditions.status import MEANINGS
from derive.derivations import theorem
from derive.files.remembered import remembered
from derive.files.sources import named
from derive.paper.citing import citation, long_version, of_paper, of_tool
from derive.paper.claim import Verdict, verdicts
from derive.paper.derivation import Derivation
from derive.printing.text import paragraph
from derive.reports.subject import known, optimiser


def cited(key: str) -> str:
    """BibTeX of paper and toolkit, and the sentence; of an optimiser without the paper.

    Raises:
        InputError: no theorem has this key, and no optimiser this name.
    """
    asked = known(key)
    if optimiser(asked):
        return f"{of_tool()}\n\n{paragraph(_of_optimiser(asked))}"
    return f"{of_paper()}\n{of_tool()}\n\n{paragraph(sentence(asked))}"


def _of_optimiser(name: str) -> str:
    from derive.conditions.curvature_edge import maximal_curvature

    return (
        f"Largest curvature at which {name} is stable, {maximal_curvature(name)}, as derived by {named()}: necessary and "
        "sufficient on one mode of positive curvature, an adaptive denominator frozen; the root conditions (Schur-Cohn) are "
        "decided with certificates of sign."
    )


def sentence(key: str) -> str:
    """For a text: whose result, derived by which version, of what status, and whether a proof was found."""
    told = remembered(f"{key}-citation-{_prover()}", lambda: _told(key), keep=lambda found: found["settled"] == "yes")
    paper = citation()["references"][0]
    authors = f"{paper['authors'][0]['family-names']} et al. {paper['year']}"
    numbered = "" if "supp." in told["source"] else f", numbered as in its {long_version()}"
    whose = f"{told['title']} ({told['source']} of {authors}{numbered})"
    return f"{whose}, as derived by {named()}: {told['how']}.{_against(verdicts().get(key))}"


_AGAINST = {
    "agrees": "It agrees with the print.",
    "erratum": "It corrects the print.",
    "not reproduced": "What the paper prints was not reproduced.",
    "not run at the paper's setting": "What the paper prints was not run at its setting.",
    "print and code differ": "The paper and its authors' code differ.",
}


def _against(verdict: Verdict | None) -> str:
    """Whether it is what the paper prints, in whole sentences."""
    return "" if verdict is None else f" {_AGAINST[verdict.status]} {verdict.finding}".rstrip()


def _prover() -> str:
    """An answer of one version of z3 is not that of another, or of none."""
    from importlib.metadata import PackageNotFoundError

    try:
        return f"z3-{version_of('z3-solver')}"
    except PackageNotFoundError:
        return "without-z3"


def _told(key: str) -> dict[str, Any]:
    derivation = theorem(key)
    how, settled = _known(derivation)
    return {"title": derivation.title, "source": derivation.source, "how": how, "settled": "yes" if settled else "no"}


def _known(derivation: Derivation) -> tuple[str, bool]:
    """How it is known, and whether asking again would not say more."""
    if not isinstance(derivation.result, Stability):
        argued = sum(step.argued for step in derivation.steps)
        but = f", {argued} of them argued in words" if argued else ""
        return f"derived symbolically in {len(derivation.steps)} steps{but}; no formal proof is sought of it", True
    status = MEANINGS[derivation.result.status]
    if derivation.result.status != "exact":
        return status, True
    certificate = derivation.result.prove()
    if certificate.verdict == "proved":
        return f"{status}; both directions proved by z3 {version_of('z3-solver')}", True
    reasons = "; ".join(f"{direction}: {answer}" for direction, answer in certificate.answers.items())
    return f"{status} by symbolic elimination; {certificate.verdict} by z3 ({reasons})", False
