r"""What the paper PRINTS in passing, beside its theorems: remarks that have a row of their own. Nothing here is derived."""

from __future__ import annotations

import sympy as sp

from derive.symbols import A
from derive.theorems.error_recursion import error, i, n, uhat
from paper_checks.typeset import claim

BACKGROUND = [
    claim(
        "eq-3", "3", "Recursion of the error",
        "With epsilon_n the error that step n of Eq 2 adds, {step}, or {solved}, i from 0 to n - 1: errors are attenuated over iterations where "
        "|A| < 1, and amplified where |A| >= 1.", "NeurIPS Eq 3, Section 3.1",
        {
            "step": sp.Eq(uhat(n + 1), A * uhat(n) + error(n)),
            "solved": sp.Eq(uhat(n), A**n * uhat(0) + sp.Sum(A**i * error(n - i), (i, 0, n - 1))),
        },
    ),
]  # fmt: skip
