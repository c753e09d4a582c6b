"""Supp. Eq 50, 51: the step size of a deep network under strong weight decay, derived as a limit and found by training."""

from __future__ import annotations

from functools import cache

import pytest
import sympy as sp
import torch

import derive
from derive.derivations import strong_decay
from derive.fields.symbols import alpha as decay
from derive.paper.claim import Verdict
from numerics.layerwise.bounds import joint_curvature
from numerics.layerwise.edge import largest_stable_lr, settle
from numerics.layerwise.layers import Network
from numerics.pdes.batches import one_thread
from paper_checks.claims import PRINTED

CLAIM = "supp-eq-51"
DECAYS = (1.0, 10.0, 100.0)
NETWORKS = (("softplus", 3), ("swish", 2))


@cache
@one_thread(1)
def ratios(activation: str, depth: int, alpha: float) -> tuple[float, float]:
    """Largest stable step over 2/alpha at the minimum: by training, and as derived from the Hessian there."""
    generator = torch.Generator().manual_seed(0)
    normal = lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)  # noqa: E731
    network = Network(normal(12, 12), 1.0, 1.0, activation, "mean")
    rest = settle(network, normal(depth, 3, 3), alpha, min(1.0, 0.3 / alpha), 300)
    trained = largest_stable_lr(network, rest, alpha, 2 / alpha, steps=200, rtol=3e-3).middle
    derived = strong_decay.derive().function("numpy", "ratio")(alpha=alpha, F_max=joint_curvature(network, list(rest))[1])
    return trained * alpha / 2, float(derived)


def ratio_as_printed() -> sp.Expr:
    """What the print's largest step tends to, over 2/alpha."""
    return PRINTED[CLAIM].values["limit"] * decay / 2


def approaches() -> bool:
    """Training agrees with the derived ratio to its resolution, and comes closer to 1 with every tenfold decay."""
    found = {key: [ratios(*key, alpha) for alpha in DECAYS] for key in NETWORKS}
    near = all(abs(t - d) < 5e-3 for pairs in found.values() for t, d in pairs)
    gaps = [[abs(1 - d) for _, d in pairs] for pairs in found.values()]
    return near and all(first > second > third and third < 0.01 for first, second, third in gaps)


def verdict() -> Verdict:
    """Limit by SymPy; training as the witness."""
    limit = strong_decay.limit()
    shown = "; ".join(
        f"{name}, {depth} layers: " + ", ".join(f"{ratios(name, depth, alpha)[0]:.3f}" for alpha in DECAYS)
        for name, depth in NETWORKS
    )
    right = ratio_as_printed() == limit and bool(approaches())
    return Verdict(
        CLAIM, "agrees" if right else "erratum", PRINTED[CLAIM].latex, derive.theorem(CLAIM).latex(),
        f"The largest step over 2/alpha is alpha/(alpha + F_max), whose limit is {limit}. By training near the minimum (12x12 random image, "
        f"3x3 kernels, y = 1, mean pooling, float64, CPU, seed 0) it is, at alpha = 1, 10, 100: {shown}. F has to be read as the eigenvalues of the "
        "Hessian over all kernels at once, since it is no multiplier over frequency and its blocks do not suffice (Eq 25).",
        "python -m derive show supp-eq-51 --steps; pytest paper_checks/test_supp_eq_51.py",
    )  # fmt: skip


def test_limit_is_the_printed_one() -> None:
    assert strong_decay.limit() == ratio_as_printed()


def test_first_order_is_minus_f_over_alpha() -> None:
    assert sp.simplify(strong_decay.first_order() - (1 - strong_decay.F_max / decay)) == 0


@pytest.mark.parametrize(("activation", "depth"), NETWORKS)
@pytest.mark.parametrize("alpha", DECAYS)
def test_training_finds_the_derived_step(activation: str, depth: int, alpha: float) -> None:
    trained, derived_ratio = ratios(activation, depth, alpha)
    assert trained == pytest.approx(derived_ratio, abs=5e-3)


def test_ratio_tends_to_one() -> None:
    assert approaches()


def test_weak_decay_is_far_from_the_limit() -> None:
    """Negative control: at alpha = 0.1 the data decide."""
    assert ratios("softplus", 3, 0.1)[0] < 0.5
