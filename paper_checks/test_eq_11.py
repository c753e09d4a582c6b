"""Eq 11: forward Euler of the linearised PDE."""

from __future__ import annotations

import sympy as sp

import derive
from derive.derivations import forward_euler
from derive.paper.claim import Verdict
from paper_checks.claims import PRINTED

CLAIM = "eq-11"


def difference() -> sp.Expr:
    """Derived minus printed."""
    return sp.expand(forward_euler.update() - PRINTED[CLAIM].values["update"].args[0])


def verdict() -> Verdict:
    """Term by term."""
    status = "agrees" if difference() == 0 else "erratum"
    return Verdict(
        CLAIM, status, PRINTED[CLAIM].latex, derive.theorem(CLAIM).latex(), "Derived minus printed is 0.",
        "python -m derive show eq-11 --steps",
    )  # fmt: skip


def test_printed_update() -> None:
    assert difference() == 0
