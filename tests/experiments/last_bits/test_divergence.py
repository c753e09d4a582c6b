"""Figures 3 and 10 on made-up divergences: growth is found, thresholds are bracketed only where verdicts allow it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from experiments.last_bits import figure_3_left, figure_3_right
from experiments.last_bits.figure_3_right import Config, collect, groups, threshold
from experiments.last_bits.training_setting import SMOKE
from tests.experiments.fabricated import fabricated

CONFIG = Config("smoke", SMOKE, lrs=(0.8, 0.4, 0.1), steps=10, travel=80.0, records=200)


def grown(rates: dict[float, float]) -> xr.Dataset:
    """RelL1 that grows at the rate given for the step size, with a little noise."""
    runs, generator = [], np.random.default_rng(0)
    for group in groups(CONFIG):
        run = fabricated(group, records=group.recipe.epochs * CONFIG.steps // group.recipe.trace)
        curve = 1e-7 * np.exp(rates[group.recipe.lr] * run.step.values + 0.1 * generator.standard_normal(run.sizes["step"]))
        run.rel_l1_step.loc[{"k": 3}] = np.minimum(curve, 0.5)
        runs.append(run)
    return collect(CONFIG, runs)


def test_step_size_times_iterations_is_constant() -> None:
    for group in groups(CONFIG):
        assert group.recipe.lr * group.recipe.epochs * CONFIG.steps == pytest.approx(CONFIG.travel)
        assert group.recipe.epochs * CONFIG.steps / group.recipe.trace <= 2 * CONFIG.records


def test_amplification_and_threshold_are_found() -> None:
    results = grown({0.8: 0.12, 0.4: 0.0, 0.1: -0.001})
    assert results.verdict.values.tolist() == ["amplified", "attenuated", "attenuated"]
    assert float(results.rate[0]) == pytest.approx(0.12, rel=0.1)
    assert (results.attrs["threshold_low"], results.attrs["threshold_high"]) == (0.4, 0.8)
    assert "Not amplified at a step size of 0.4, amplified from 0.8 on" in figure_3_right.caption(results)


def test_without_amplification_there_is_no_threshold() -> None:
    results = grown({0.8: 0.0, 0.4: 0.0, 0.1: 0.0})
    assert "No threshold is bracketed" in figure_3_right.caption(results)


def judged(*verdicts: str) -> list:
    return [SimpleNamespace(verdict=verdict) for verdict in verdicts]


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (("amplified", "attenuated", "accumulated"), (2, 3)),
        (("amplified", "undecided", "attenuated"), (1, 3)),
        (("attenuated", "amplified", "attenuated"), (np.nan, np.nan)),  # to and fro
        (("undecided", "undecided", "attenuated"), (1, np.nan)),
        (("amplified", "amplified", "undecided"), (np.nan, 2)),
    ],
)
def test_threshold(verdicts: tuple[str, ...], expected: tuple[float, float]) -> None:
    np.testing.assert_equal(threshold((3, 2, 1), judged(*verdicts)), expected)


def test_kinds_of_perturbation_stand_beside_the_networks() -> None:
    config = figure_3_left.PRESETS["smoke"]
    made = figure_3_left.groups(config)
    assert [(group.kind, group.ks) for group in made][-2:] == [("ulp", (0, 1)), ("stochastic-rounding", (0, 1))]
    results = figure_3_left.collect(config, [fabricated(group) for group in made])
    assert results.sizes["run"] == len(made)
    assert (results.rel_l1.isel(epoch=-1) > 1e-3).all()  # the perturbed member, not the ruler
