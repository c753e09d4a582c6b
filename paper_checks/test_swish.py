"""Swish: the printed derivatives and their values at 0."""

from __future__ import annotations

import pytest
import sympy as sp

from derive.fields.activations import activation
from derive.fields.symbols import beta, x
from derive.paper.claim import Verdict
from derive.printing.text import latex
from paper_checks.claims import PRINTED

CLAIM = "swish"
NAMES = ["r", "r_prime", "r_second"]


def difference(order: int) -> sp.Expr:
    """Derived minus printed."""
    return sp.simplify((activation("swish").derivative(order) - PRINTED[CLAIM].values[NAMES[order]]).rewrite(sp.exp))


def verdict() -> Verdict:
    """All three formulas and both values."""
    derived = ", ".join(rf"r{chr(39) * n}(0) = {latex(activation('swish').at(n))}" for n in (1, 2))
    agrees = all(difference(n) == 0 for n in range(3))
    return Verdict(
        CLAIM, "agrees" if agrees else "erratum", PRINTED[CLAIM].latex, derived,
        "Derived minus printed simplifies to 0 for r, r' and r''; the values at 0 coincide.",
        "python -m derive show swish --steps",
    )  # fmt: skip


@pytest.mark.parametrize("order", [0, 1, 2])
def test_printed_formula(order: int) -> None:
    assert difference(order) == 0


def test_printed_values_at_zero() -> None:
    assert activation("swish").at(1) == PRINTED[CLAIM].values["r_prime_at_0"]
    assert activation("swish").at(2) == PRINTED[CLAIM].values["r_second_at_0"]


def test_a_wrong_formula_would_be_seen() -> None:
    """Negative control: the sign of one term flipped."""
    wrong = PRINTED[CLAIM].values["r_second"].subs(beta, -beta)
    assert sp.simplify((activation("swish").derivative(2) - wrong).rewrite(sp.exp)) != 0
    assert x in wrong.free_symbols
