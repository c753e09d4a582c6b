"""Thresholds read off live torch optimisers against bisection on a real network's quadratic model."""

from __future__ import annotations

from functools import partial

import pytest
from torch.optim import SGD

from experiments.benchmarks.optimizer_edges import CASES, measured, predicted, prepare, quadratic
from numerics.thresholds import thresholds
from numerics.thresholds.optimizers import LIVE
from tests.demands import demand

FAST = ("SGD, two groups", "AdamW")


def test_every_live_optimiser_is_held_against_torch() -> None:
    cases = {t.optimizer for make in CASES.values() for t in thresholds(prepare(make, quadratic()).optimizer)}
    demand("case, in CASES of experiments/benchmarks/optimizer_edges.py", cases, LIVE)


@pytest.mark.parametrize("case", FAST)
def test_predicted_edge_of_a_real_network(case: str) -> None:
    prepared = prepare(CASES[case], quadratic())
    assert predicted(prepared, quadratic()) == pytest.approx(measured(prepared, quadratic()), rel=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize("case", sorted(set(CASES) - set(FAST)))
def test_predicted_edge_of_every_optimiser(case: str) -> None:
    test_predicted_edge_of_a_real_network(case)


def test_the_bisection_tells_optimisers_apart() -> None:
    """Negative control: the edge of another optimiser is far off."""
    at = quadratic()
    plain, nesterov = (prepare(partial(SGD, lr=0.1, momentum=0.8, nesterov=flag), at) for flag in (False, True))
    assert abs(predicted(plain, at) / measured(nesterov, at) - 1) > 0.1
