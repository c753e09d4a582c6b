"""RelL1: its range."""

from __future__ import annotations

import sympy as sp
import torch

from derive.paper.claim import Verdict
from derive.printing.text import latex
from numerics.measures.distance import relative_l1
from paper_checks import printed_training
from paper_checks.claims import PRINTED

CLAIM = "rel-l1"


def extremes() -> tuple[float, float]:
    """The value for equal weights and for weights of opposite sign."""
    x = torch.randn(1000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return float(relative_l1(x, x)), float(relative_l1(x, -x))


def attained() -> bool:
    """Whether both ends of the printed range are."""
    return extremes() == (PRINTED[CLAIM].values["least"], PRINTED[CLAIM].values["greatest"])


def verdict() -> Verdict:
    """Both ends of the range are attained."""
    low, high = extremes()
    return Verdict(
        CLAIM, "agrees" if attained() else "erratum", PRINTED[CLAIM].latex, latex(sp.Interval(*map(sp.nsimplify, extremes()))),
        f"|x - y| <= |x| + |y| bounds each term by 1; equal weights give {low:g}, opposite ones {high:g}. Note the factor 2: a "
        "relative change of 2^-52 of every weight reads about 2^-52.",
        "pytest paper_checks/test_rel_l1.py",
    )  # fmt: skip


def test_range_is_attained() -> None:
    assert attained()


def test_against_the_definition() -> None:
    x, y = torch.randn(2, 50, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    terms, (i, _, count) = printed_training.GAP, printed_training.OVER
    numbers = (
        terms.subs({printed_training.FIRST[i]: p, printed_training.SECOND[i]: q})
        for p, q in zip(x.tolist(), y.tolist(), strict=True)
    )
    direct = PRINTED[CLAIM].values["distance"].subs(sp.Sum(terms, printed_training.OVER), sum(numbers)).subs(count, 50)
    assert abs(float(relative_l1(x, y)) - float(direct)) < 1e-14
