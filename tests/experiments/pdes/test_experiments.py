"""Every experiment's smoke preset: labelled results, reproducible, drawn; and that its numbers hang together."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import xarray as xr
from matplotlib.figure import Figure

from experiments import registry
from experiments.pdes import figure_4, figure_5, phase_diagram, table_2
from experiments.running.progress import silent
from experiments.style import styled
from numerics.pdes.flows import linear
from numerics.pdes.verdict import UNSTABLE
from tests.experiments.agreeing import assert_agrees, computed, first, smoke

NAMES = [name for name in registry.names() if not registry.trains(registry.experiment(name))]


@pytest.mark.exact
@pytest.mark.parametrize("name", NAMES)
def test_smoke_preset_is_labelled_and_drawn(name: str) -> None:
    results = smoke(name)
    assert "seeds" in results.attrs
    assert all(set(variable.dims) <= set(results.dims) for variable in results.data_vars.values())
    numeric = [v for v in results.data_vars.values() if v.dtype.kind == "f"]
    assert numeric
    assert all("units" in v.attrs for v in numeric)
    with styled():
        assert isinstance(registry.experiment(name).render(results), Figure)
    assert registry.experiment(name).caption(results)


@pytest.mark.parametrize("name", NAMES)
def test_presets(name: str) -> None:
    assert list(registry.experiment(name).PRESETS) == ["smoke", "default", "paper"]


@pytest.mark.exact
@pytest.mark.parametrize("name", NAMES)
def test_two_runs_are_identical(name: str) -> None:
    xr.testing.assert_identical(first(name), computed(name, "cpu"))


@pytest.mark.gpu
@pytest.mark.parametrize("name", NAMES)
def test_gpu_agrees(name: str) -> None:
    found = registry.experiment(name)
    assert_agrees(name, found.compute(found.PRESETS["smoke"], "cuda:0", silent), smoke(name))


def test_spectrum_and_simulation_agree() -> None:
    results = smoke("table-2")
    np.testing.assert_allclose(results.simulation.mean("bracket"), results.spectrum, rtol=5e-3)


def test_rows_of_the_table_match_its_header() -> None:
    header, cells = table_2.rows(smoke("table-2"))
    assert all(len(row) == len(header) for row in cells)


def test_energy_is_the_loss_of_the_linear_flow() -> None:
    """Its gradient by autograd is minus the flow."""
    operator = table_2.LinearSetting(image=16).correlation(4, "cpu")
    flow = linear(operator, a=-0.7, beta=1.3, alpha=0.9)
    kernel = torch.randn(4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(figure_4.energy(flow, torch.zeros(4, 4, dtype=torch.float64))(kernel, kernel), kernel)
    torch.testing.assert_close(gradient, -flow(kernel.detach()), rtol=1e-12, atol=1e-12)


def test_perturbation_is_amplified_only_when_restrained() -> None:
    results = smoke("figure-5")
    last = {str(v): float(results.rel_l1[-1, i]) for i, v in enumerate(results.verdict.values[0])}
    assert last["stable"] < 1e-14
    assert last["restrained"] > 1e-3


def test_predicted_edge_is_in_or_next_to_the_bracket() -> None:
    """Beyond the bracket by no more than what a run of this length resolves."""
    results = smoke("figure-5")
    low, high = results.attrs["lr_edge_low"], results.attrs["lr_edge_high"]
    assert low * (1 - 0.01) < results.attrs["lr_edge"] < high * (1 + 0.01)


def test_phase_diagram_blows_up_beyond_two_over_alpha() -> None:
    results = smoke("phase-diagram")
    beyond = results.lr > 1.05 * results.lr_blowup
    assert bool((results.simulated == UNSTABLE).where(beyond, True).all())


def test_titles_that_are_listed_are_those_of_the_experiments() -> None:
    assert {name: registry.experiment(name).TITLE for name in registry.names()} == dict(registry.TITLES)


@pytest.mark.parametrize("stride", [1, 3, 8, 50])
def test_refinement_finds_every_row_that_turns_over_once_or_twice(stride: int) -> None:
    columns = np.arange(32)
    rows = [(0, 0), (5, 9), (17, 17), (31, 32), (32, 32), (1, 31)]
    grid = np.array([(columns >= first).astype(int) + (columns >= second) for first, second in rows])
    asked = []
    codes, simulated = phase_diagram.refined(
        lambda i, j: (asked.extend(zip(i, j, strict=True)), grid[i, j])[1], grid.shape, stride
    )
    if stride <= 8:
        np.testing.assert_array_equal(codes, grid)
    np.testing.assert_array_equal(codes[simulated], grid[simulated])
    assert len(set(asked)) == len(asked) == simulated.sum()
    assert simulated.all() == (stride == 1)


def test_the_edge_is_sought_between_runs_of_different_verdict() -> None:
    config = figure_5.Config(lrs=(0.1, 0.2, 0.3))
    kinds = {"srr": (0.1, 0.2), "ssu": (0.2, 0.3), "sss": (0.005, 0.09), "rrr": (0.005, 0.09), "srs": (0.1, 0.2)}
    for text, wanted in kinds.items():
        words = np.array([{"s": "stable", "r": "restrained", "u": "unstable"}[letter] for letter in text])
        assert figure_5._straddling(config, words) == pytest.approx(wanted)
