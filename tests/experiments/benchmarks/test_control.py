"""The benchmark of the cap in small: what it trains, what it counts, and what it says of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from derive.errors import InputError
from experiments.benchmarks.control.columns import reference, told
from experiments.benchmarks.control.cost import affordable, products_of
from experiments.benchmarks.control.grid import empty, jobs
from experiments.benchmarks.control.presets import PRESETS
from experiments.benchmarks.control.rows import ROWS
from experiments.benchmarks.control.training import Job, train
from numerics.control.probe import Probe

SMOKE = PRESETS["smoke"]


def test_thirteen_times_is_on_every_grid() -> None:
    for preset in PRESETS.values():
        assert (1.125 / preset.spacing) == round(1.125 / preset.spacing)


def test_equal_cost_is_never_more() -> None:
    for each in (0.5, 2.0, 8.0):
        n = affordable(150, "cap, cosine", each)
        assert n + each * products_of(n) <= 150 < n + 1 + each * products_of(n + 1)
    assert affordable(150, "fixed", 2.0) == 150


@pytest.mark.parametrize("row", [name for name, row in ROWS.items() if not row.missing and name != "Prodigy, cosine"])
def test_a_row_trains_and_counts_its_products(row: str) -> None:
    job = Job(SMOKE.settings[0], row, 1e-2, 6, 0)
    found = train(job, "cpu")
    assert found == train(job, "cpu")
    assert np.isfinite(found.loss)
    assert (found.diverged, found.failed) == (False, 0)
    assert found.products == {"cap, cosine": 16, "follow, cosine": 16, "cap on schedule-free": 16, "CDAT, cosine": 6}.get(
        row, 0
    )


def test_a_measurement_that_fails_is_counted_and_the_training_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*given: object) -> None:
        raise InputError("expected a symmetric Hessian")

    monkeypatch.setattr(Probe, "measure", fails)
    for row in ("cap, cosine", "cap on schedule-free"):
        found = train(Job(SMOKE.settings[0], row, 1e-2, 6, 0), "cpu")
        assert np.isfinite(found.loss)
        assert found.failed == 3  # of the first, second and sixth step


def test_the_columns_of_made_up_losses() -> None:
    """The least loss is 1 at the third step size, of `fixed`; the cap has 2 there and wherever else."""
    preset = replace(SMOKE, settings=SMOKE.settings[:1])
    results = empty(preset)
    for r, b, i, s in jobs(preset, 0, 2.0):
        cap = list(ROWS)[r] == "cap, cosine"
        for name, value in {
            "loss": 2.0 if cap else 1.0 + 3 * abs(i - 2),
            "accuracy": 50.0 + cap,
            "diverged": 0,
            "products": 0,
        }.items():
            results[name].values[0, r, b, i, s] = value
        results.steps.values[0, r, b] = preset.steps
    results.price[:] = 2.0
    assert float(reference(results).loss[0]) == 1.0
    fixed, cap = told(results, "fixed", "steps"), told(results, "cap, cosine", "steps")
    assert (fixed.best.mean, cap.best.mean) == (pytest.approx(1), pytest.approx(2))
    assert (fixed.beyond.mean, cap.beyond.mean) == (pytest.approx(10), pytest.approx(2))
    assert (fixed.width.mean, cap.width.mean) == (pytest.approx(0.375), 0)
    assert cap.accuracy.mean == pytest.approx(1)
    assert told(results, "fixed", "cost") is None
