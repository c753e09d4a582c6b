"""Accuracy tables on made-up runs: the STDs of the table, averages over last epochs, unstable runs, what the captions say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from experiments.last_bits import table_1, table_4, table_5, table_6b
from experiments.last_bits.spreads import compared, finite_test_set, floor_of, stable
from experiments.last_bits.training_setting import final_accuracy
from experiments.last_bits.training_tables import TableConfig, collect, groups, rows
from numerics.training.recipe import Recipe
from tests.experiments.fabricated import IMAGES, fabricated

CONFIG = TableConfig("table-1", "default", Recipe(data="fashion-mnist", epochs=12), ks=(1, 3, 5), seeds=(1, 2, 3, 4))


def made(config: TableConfig = CONFIG, scale: float = 1.0) -> xr.Dataset:
    """A table with a spread of its own."""
    runs = [fabricated(group, seed) for seed, group in enumerate(groups(config))]
    moved = [run.assign(accuracy=(90 + scale * (run.accuracy - 90)).assign_attrs(units="percent")) for run in runs]
    return collect(config, moved)


def with_nan(results: xr.Dataset, k: int, seed: int) -> xr.Dataset:
    """One run that became unstable."""
    cells = results.final.copy()
    cells.loc[{"k": k, "seed": seed}] = np.nan
    return results.assign(final=cells)


def test_rows_are_the_sample_stds() -> None:
    results = made()
    _, cells = rows(results)
    accuracy = results.accuracy.isel(epoch=-1)
    over_k = [f"{v:.2f}" for v in accuracy.std("k", ddof=1).values]
    over_seeds = [f"{v:.2f}" for v in accuracy.std("seed", ddof=1).values]
    assert cells[3][1:5] == over_k
    assert [row[-1] for row in cells[:3]] == over_seeds
    assert cells[0][1] == f"{float(accuracy.sel(k=1, seed=1)):.2f}"


def test_average_of_the_last_epochs() -> None:
    accuracy = xr.DataArray(np.arange(24.0).reshape(2, 12), dims=("k", "epoch"))
    assert final_accuracy(accuracy, 1).values.tolist() == [11, 23]
    assert final_accuracy(accuracy, 10).values.tolist() == [6.5, 18.5]
    assert final_accuracy(accuracy, 100).values.tolist() == [5.5, 17.5]
    assert np.isnan(final_accuracy(accuracy.where(accuracy != 23), 10)[1])


def test_an_unstable_run_takes_its_row_with_it_and_is_told() -> None:
    results = with_nan(made(), k=5, seed=2)
    assert stable(results.final).k.values.tolist() == [1, 3]
    assert compared(results).startswith("4 runs are left out")
    assert rows(results)[1][2][2] == "-"


def test_nothing_is_left() -> None:
    results = with_nan(with_nan(made(), k=3, seed=1), k=5, seed=2)
    assert compared(results).endswith("Too few runs are left to compare spreads.")


def test_floor_is_that_of_the_images() -> None:
    """Three runs that miss a tenth of the images each by chance, under four orders."""
    assert finite_test_set(made()) == pytest.approx(100 * np.sqrt(0.9 * 0.1 / IMAGES), rel=0.1)


def test_floor_leaves_out_the_runs_that_ended() -> None:
    run = fabricated(groups(CONFIG)[0])
    ended = run.assign(right=run.right.where(run.k != 5, -1))
    assert floor_of(ended) == floor_of(run.isel(k=slice(2)))
    assert np.isnan(floor_of(run.isel(k=[0])))


@pytest.mark.parametrize(("scale", "words"), [(50.0, "is more than that: without it"), (0.01, "is no more than that.")])
def test_spread_beside_the_finite_test_set(scale: float, words: str) -> None:
    assert words in compared(made(scale=scale))


def test_of_averages_over_epochs_the_floor_is_a_bound() -> None:
    assert "spreads equally good runs by at most" in compared(made(replace(CONFIG, form="code")))
    assert "spreads equally good runs by at most" not in compared(made())


def test_equal_runs_are_not_compared() -> None:
    results = made()
    equal = results.assign(final=results.final.sel(k=[1, 1, 1]).assign_coords(k=results.k))
    assert compared(equal).endswith("so nothing can be said of their ratio.")


def test_fluctuation_is_told_where_it_was_measured() -> None:
    measured = made(replace(CONFIG, recipe=replace(CONFIG.recipe, fluctuation=4)))
    assert "gradient fluctuation" in table_1.caption(measured)
    assert "gradient fluctuation" not in table_1.caption(made())


def test_other_networks_keep_their_own_runs() -> None:
    """Each setting of Table 6b is collected from its own groups."""
    config = table_6b.PRESETS["default"]
    runs = [fabricated(group, seed) for seed, group in enumerate(table_6b.groups(config))]
    results = table_6b.collect(config, runs)
    for n, run in enumerate(runs):
        one = results.accuracy.isel(setting=n // 4, seed=n % 4)
        np.testing.assert_array_equal(one.transpose("k", "epoch"), run.accuracy)


def test_trials_that_differ_are_told() -> None:
    config = table_4.PRESETS["smoke"]
    runs = [fabricated(group) for group in table_4.groups(config)]
    assert table_4.coincide(table_4.collect(config, runs))
    runs[1].trail.loc[{"k": 1, "epoch": 5}] = "another"
    results = table_4.collect(config, runs)
    assert not table_4.coincide(results)
    assert "do not coincide" in table_4.caption(results)


def test_a_k_that_leaves_its_odd_part_is_told() -> None:
    config = table_5.PRESETS["smoke"]
    runs = [fabricated(group) for group in table_5.groups(config)]
    assert table_5.exact(table_5.collect(config, runs))
    runs[0].trail.loc[{"k": 8, "epoch": 2}] = "another"
    assert "do not follow" in table_5.caption(table_5.collect(config, runs))


def test_all_in_one_state_is_not_exact() -> None:
    """Negative control: hashes that see nothing."""
    config = table_5.PRESETS["smoke"]
    runs = [fabricated(group) for group in table_5.groups(config)]
    blind = [run.assign(trail=run.trail.sel(k=[1] * 12).assign_coords(k=run.k)) for run in runs]
    assert not table_5.exact(table_5.collect(config, blind))
