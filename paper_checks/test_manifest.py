"""Every claim has a check, or is named here as not covered yet; `pytest -rA paper_checks/test_manifest.py` lists those."""

from __future__ import annotations

from collections import Counter

import pytest

from paper_checks.claims import CLAIMS, PRINTED
from paper_checks.verdicts import checks

# A claim leaves the list of the uncovered by gaining a check; it
# never leaves this list.
COVERED = {
    "convergence", "relu", "indicators", "bias", "any-loss", "sign-of-error", "generous", "quadratic",
    "eq-1-3", "eq-3", "figure-1", "eq-4", "figure-2", "rel-l1", "swish", "5.1", "5.2", "eq-11", "5.3", "5.4", "eq-19", "conjecture", "figure-4", "table-2", "figure-5",
    "5.5", "E.1", "eq-73", "5.6", "figure-11", "table-9", "D.4", "table-3",
    "5.7", "eq-25", "supp-eq-51",
    "code-update", "code-average", "code-shortcut", "code-weights", "code-figure-3-right",
    "perturbed-sgd", "gradient-fluctuation", "table-1", "table-4", "table-5", "table-6", "table-6b", "table-7", "table-8",
    "figure-3-left", "figure-3-right", "figure-10",
    "restrained-path", "regimes", "spreading", "open-performance", "open-variance",
    "figure-6", "figure-7", "figure-8", "figure-9", "supp-figure-2",
}  # fmt: skip


def checked() -> set[str]:
    """Claims that some check names as its own."""
    return {module.CLAIM for module in checks()}


def uncovered() -> list[str]:
    """Claims without a check, in the paper's order."""
    return [claim.id for claim in CLAIMS if claim.id not in checked()]


def test_claims_are_unique_and_sourced() -> None:
    assert max(Counter(claim.id for claim in CLAIMS).values()) == 1
    assert all(claim.source and claim.statement for claim in CLAIMS)


@pytest.mark.parametrize("claim", sorted(COVERED))
def test_covered_claim_has_a_check(claim: str) -> None:
    assert claim in checked()


def test_every_check_names_a_claim() -> None:
    assert checked() <= set(PRINTED)


def test_list_of_the_uncovered() -> None:
    print(f"not covered yet ({len(uncovered())} of {len(CLAIMS)}): {', '.join(uncovered())}")
    assert checked() == COVERED, "a new check belongs into COVERED, so that it cannot be lost again"
