"""Every training experiment: presets, real smoke runs (slow), and a short real run of each, labelled, drawn, kept and told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from derive.paper.claim import claims
from experiments import registry
from experiments.running.means import Means
from experiments.running.progress import silent
from experiments.running.sweep import sweep
from experiments.style import styled
from tests.experiments.fabricated import fabricated

pytestmark = pytest.mark.exact

NAMES = [name for name in registry.names() if registry.trains(registry.experiment(name))]


def ignored(line: str) -> None:
    """For lines to the user."""


def checked(name: str, results: xr.Dataset, preset: str, tmp_path: Path) -> xr.Dataset:
    """Written, read, drawn and told; nothing is lost on the way."""
    found, file = registry.experiment(name), tmp_path / "results.nc"
    results.to_netcdf(file, engine="h5netcdf")
    again = xr.load_dataset(file, engine="h5netcdf")
    assert "seeds" in again.attrs
    assert all("units" in v.attrs for v in again.data_vars.values() if v.dtype.kind == "f")
    with styled():
        figure = found.render(again)
        figure.savefig(tmp_path / "figure.svg")  # constrained layout complains here, if at all
    assert isinstance(figure, Figure)
    caption = found.caption(again)
    note = getattr(found, "NOTE", "The paper's setting, as far as it is printed")  # of an open question the paper has none
    assert (note if preset == "paper" else f"Preset {preset}: not the paper's setting") in caption
    if hasattr(found, "rows"):
        header, cells = found.rows(again)
        assert all(len(row) == len(header) for row in cells)
    return again


@pytest.mark.parametrize("name", NAMES)
def test_presets(name: str) -> None:
    assert list(registry.experiment(name).PRESETS) == ["smoke", "default", "paper"]
    for preset, config in registry.experiment(name).PRESETS.items():
        assert config.preset == preset


@pytest.mark.parametrize("preset", ["smoke", "paper"])
@pytest.mark.parametrize("name", NAMES)
def test_a_preset_is_labelled_drawn_and_told(name: str, preset: str, tmp_path: Path) -> None:
    """On made-up numbers: the paper's preset cannot be run here, and must not fail after a week."""
    found = registry.experiment(name)
    config = found.PRESETS[preset]
    runs = [fabricated(replace(g, recipe=replace(g.recipe, epochs=12)), n, 50) for n, g in enumerate(found.groups(config))]
    checked(name, found.collect(config, runs), preset, tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_without_any_print(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.last_bits.training_setting.claims", dict)
    test_a_preset_is_labelled_drawn_and_told(name, "smoke", tmp_path)


def test_print_stands_below_a_heading() -> None:
    """Where the setting is not the paper's, the heading says so."""
    if "table-1" not in claims():
        pytest.skip("no claims of the paper are registered")
    found = registry.experiment("table-1")
    for preset in ("smoke", "paper"):
        config = found.PRESETS[preset]
        runs = [fabricated(replace(g, recipe=replace(g.recipe, epochs=12)), n) for n, g in enumerate(found.groups(config))]
        heads = [row[0] for row in found.rows(found.collect(config, runs))[1] if row[0].startswith("paper")]
        assert heads == (["paper"] if preset == "paper" else ["paper, at another setting (ResNet-56, CIFAR-10, 200 epochs)"])


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_smoke_preset(name: str, tmp_path: Path) -> None:
    """Really trained, twice: the second time from a store of its own, to the same bits."""
    found = registry.experiment(name)
    config, results = found.PRESETS["smoke"], []
    for store in ("first", "second"):
        runs = sweep(found.groups(config), Means(store=tmp_path / store), silent, ignored)
        results.append(found.collect(config, runs))
    checked(name, results[0], "smoke", tmp_path)
    xr.testing.assert_identical(*results)


def test_figure_10_shares_its_runs_with_figure_3_right() -> None:
    for preset in ("smoke", "default", "paper"):
        ours, theirs = (registry.experiment(n) for n in ("figure-10", "figure-3-right"))
        keys = {group.key() for group in theirs.groups(theirs.PRESETS[preset])}
        assert {group.key() for group in ours.groups(ours.PRESETS[preset])} <= keys


def test_columns_of_a_table_share_the_initialization_alone() -> None:
    found = registry.experiment("table-1")
    seeds = [group.seeds for group in found.groups(found.PRESETS["paper"])]
    assert {one.init for one in seeds} == {1}
    assert [(one.order, one.augment) for one in seeds] == [(n, n) for n in range(1, 7)]


def test_fabricated_results_are_like_real_ones(tmp_path: Path) -> None:
    """The stand-in has the variables, dimensions and units of a sweep's."""
    found = registry.experiment("figure-10")
    (group,) = found.groups(found.PRESETS["smoke"])
    group = replace(group, recipe=replace(group.recipe, epochs=1))
    (real,) = sweep([group], Means(store=tmp_path), silent, ignored)
    ours = fabricated(group, records=real.sizes["step"])
    assert {n: v.dims for n, v in ours.data_vars.items()} == {n: v.dims for n, v in real.data_vars.items()}
    assert {n: v.attrs.get("units") for n, v in ours.data_vars.items()} == {
        n: v.attrs.get("units") for n, v in real.data_vars.items()
    }
    assert np.isfinite(real.accuracy).all()
