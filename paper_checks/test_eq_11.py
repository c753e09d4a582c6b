"""Eq 11: forward Euler of the linearised PDE."""

from __future__ import annotations

import sympy as sp

import derive
from derive.claim import Verdict
from derive.theorems import forward_euler
from paper_checks.claims import PRINTED
from paper_checks.test_theorem_5_2 import printed_flow

CLAIM = "eq-11"


def difference() -> sp.Expr:
    """Derived minus printed."""
    return sp.expand(forward_euler.update() - printed_flow(PRINTED[CLAIM].values))


def verdict() -> Verdict:
    """Term by term."""
    status = "agrees" if difference() == 0 else "erratum"
    return Verdict(
        CLAIM, status, PRINTED[CLAIM].latex, derive.theorem(CLAIM).latex(), "Derived minus printed is 0.",
        "python -m derive show eq-11 --steps",
    )  # fmt: skip


def test_printed_update() -> None:
    assert difference() == 0
