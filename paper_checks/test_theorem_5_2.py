"""Thm 5.2: the linearisation, term by term; and that its error is of second order (Taylor test)."""

from __future__ import annotations

import numpy as np
import sympy as sp
import torch

import derive
from derive.derivations import linearization
from derive.fields.calculus import Correlation
from derive.fields.symbols import I, K
from derive.paper.claim import Verdict
from paper_checks.claims import PRINTED

CLAIM = "5.2"


def printed_flow() -> sp.Expr:
    """The print's right-hand side inside the window."""
    return PRINTED[CLAIM].values["flow"].args[0]


def taylor_slope() -> float:
    """Order of |F(eps K) - linearised F(eps K)| in eps, the output error a held at its value at K = 0."""
    generator = torch.Generator().manual_seed(0)
    kernel, image = (torch.randn(n, n, generator=generator, dtype=torch.float64) for n in (3, 8))

    def conv(field: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.conv2d(image[None, None], field[None, None])[0, 0]

    operators = {"correlate": conv, "adjoint": conv, "integral": lambda field: 0 * field.sum()}
    errors, sizes = [], [1e-1, 1e-2, 1e-3]
    for size in sizes:
        # With the pooled response put to 0 the error a stays s(0) - y = -1/2.
        full = derive.flow("5.1")(size * kernel, **operators, y=1.0, alpha=0.3, beta=1.5)
        constant = conv(torch.ones(6, 6, dtype=torch.float64))
        linear = derive.flow("5.2")(size * kernel, **operators, a=-0.5, alpha=0.3, beta=1.5, image_integral=constant)
        errors.append(float((full - linear).norm()))
    return float(np.polyfit(np.log(sizes), np.log(errors), 1)[0])


def verdict() -> Verdict:
    """Print equals derivation; the slope of the remainder."""
    same = sp.expand(linearization.flow() - printed_flow()) == 0
    return Verdict(
        CLAIM, "agrees" if same else "erratum", PRINTED[CLAIM].latex, derive.theorem(CLAIM).latex(),
        f"Equal term by term. The remainder of the generated flows shrinks with slope {taylor_slope():.2f} in the size of K; a "
        "first-order Taylor polynomial has at least 2, and 3 here, since r''' of Swish vanishes at 0.",
        "python -m derive show 5.2 --steps; pytest paper_checks/test_theorem_5_2.py",
    )  # fmt: skip


def test_printed_linearisation() -> None:
    assert sp.expand(linearization.flow() - printed_flow()) == 0


def test_remainder_is_of_higher_order() -> None:
    assert taylor_slope() > 1.9


def test_wrong_coefficient_would_be_seen() -> None:
    """Negative control: r''(0) = beta in place of beta/2."""
    gram = Correlation(Correlation(K, I), I)
    assert sp.expand(linearization.flow() - printed_flow().subs(gram, 2 * gram)) != 0
