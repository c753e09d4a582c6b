"""Fig 2: the smoke preset's numbers, and where the residual oscillation is measured."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from experiments.pdes.beltrami_setting import BeltramiSetting, critical_product
from numerics.pdes.residual import residual
from numerics.pdes.verdict import STABLE, UNSTABLE
from tests.experiments.agreeing import smoke


def test_verdicts_are_those_of_the_theory() -> None:
    results = smoke("figure-2")
    for dims in (1, 2):
        blowup = results.attrs["blowup_multiple"][dims - 1]
        kinds = results.verdict.sel(dims=dims)
        assert kinds.sel(multiple=1).item() == "stable"
        assert all((kinds.sel(multiple=m).item() == "unstable") == (m >= blowup) for m in results.multiple.values)


def test_plane_agrees_with_its_lines() -> None:
    results = smoke("figure-2")
    assert bool((results.simulated == results.predicted).all())
    assert {STABLE, UNSTABLE} < set(np.unique(results.simulated))


def test_edge_at_the_minimiser_is_never_below_the_worst_case() -> None:
    assert bool((smoke("figure-2").edge_at_minimiser >= 1).all())


def test_oscillation_grows_with_the_step_and_stays_near_the_derived_one() -> None:
    for dims in (1, 2):
        found = smoke("figure-2").sel(dims=dims, multiple=[10, 100])
        assert found.amplitude[0] < found.amplitude[1]
        ratio = found.amplitude / found.derived
        assert bool(((ratio > 0.5) & (ratio < 1.1)).all())


def test_only_the_pattern_changes() -> None:
    found = smoke("figure-2").sel(multiple=[10, 100])
    assert bool((abs(found.change - 1) < 0.05).all())
    assert bool((found.recurrence_odd < 0.5).all())


def test_critical_product_separates_the_printed_multiples() -> None:
    """Blow-up of a multiple begins where it is the blow-up multiple."""
    for multiple in (100.0, 1000.0):
        for dims in (1, 2):
            setting = BeltramiSetting(epsilon=critical_product(multiple, dims))
            assert setting.blowup_multiple(dims) == pytest.approx(multiple, rel=1e-12)


def test_residual_of_an_alternation_and_of_rest() -> None:
    """u -> -u (lr = 2) keeps its amplitude, returns after an even number of steps and is reversed after an odd one."""
    pattern = torch.randn(2, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    moving = residual(lambda u: -u, pattern, 2.0, dims=1, lag=64)
    torch.testing.assert_close(moving.amplitude(moving.before), pattern.square().mean(-1).sqrt())
    torch.testing.assert_close(moving.change(), torch.ones(2, dtype=torch.float64))
    torch.testing.assert_close(moving.recurrence(0), torch.ones(2, dtype=torch.float64))
    torch.testing.assert_close(moving.recurrence(1), -torch.ones(2, dtype=torch.float64))
    still = residual(torch.zeros_like, pattern, 2.0, dims=1, lag=70)
    assert bool((still.amplitude(still.after) == 0).all())
