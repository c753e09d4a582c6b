"""What of an experiment's result must be the same on every device: bracketed edges, spectra, verdicts; not chaotic paths."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import xarray as xr

from experiments import registry
from experiments.edges import edge_of_optimizers_runs
from experiments.pdes.beltrami_phases import PhaseConfig
from experiments.pdes.beltrami_setting import BeltramiSetting
from experiments.pdes.linear_setting import LinearSetting
from experiments.pdes.nesterov_setting import NesterovSetting
from experiments.pdes.nonlinear_setting import NonlinearSetting
from experiments.running.progress import silent

CERTAIN: dict[str, tuple[str, ...]] = {
    "last-bit-heat": ("expected_rms", "expected_rel_l1"),
    "figure-2": ("minimiser_1d", "minimiser_2d", "derived", "simulated", "predicted", "verdict", "edge_at_minimiser", "blowup"),
    "figure-4": ("verdict", "loss first"),
    "table-2": ("spectrum", "limit", "simulation brackets"),
    "window-bounds": ("eigenvalue", "power", "bound", "limit_bound"),
    "figure-5": ("verdict", "loss first"),
    "figure-11": ("verdict", "loss first"),
    "table-9": ("spectrum", "limit", "printed_limit", "simulation brackets"),
    "phase-diagram": ("simulated", "predicted", "lr_edge", "lr_blowup"),
    "figure-6": ("verdict", "normalised first", "loss first"),
    "figure-7": ("verdict", "normalised first", "loss first"),
    "figure-8": ("verdict", "normalised first", "loss first"),
    "figure-9": ("verdict", "trained brackets", "from_hessian", "by_layer"),
    "supp-figure-2": ("trained brackets", "derived"),
    "regimes": ("verdict", "definition", "normalised first", "lowest first"),
    "spreading": ("own", "lr", "predicted_rate", "predicted_behind", "arrival"),
    "edge-of-optimizers": ("loss first", "normalised first", "lr"),
}
"""Variables of each, all where it is not named; "first" where only the start is no matter of rounding, "brackets" of a number,
cut otherwise on a GPU."""

TIME = ("iteration", "measured")
SINGLE = {"figure-8": 1e-4, "edge-of-optimizers": 1e-4}
"""Of the largest number, in what is computed in float32; the rest in float64 agrees to 1e-6."""


def _smoke(name: str, **changes: Any) -> Any:
    return replace(registry.experiment(name).PRESETS["smoke"], **changes)


def _runs(name: str, **changes: Any) -> Any:
    return _smoke(name, runs=replace(_smoke(name).runs, **changes))


SHORT = {
    "last-bit-heat": {"starts": 4, "steps": 12},
    "figure-2": {
        "setting": BeltramiSetting(points=16, side=8, epsilon=0.02), "iterations": (20, 20), "lag": 64, "sweep": 2,
        "sweep_iterations": (8, 8), "phases": PhaseConfig(points=8, products=(0.01, 0.3, 2), multiples=(0.7, 2000, 2), decay=2),
    },
    "figure-4": {"setting": LinearSetting(image=16, lr=1e-4), "kernel": 4, "iterations": 30},
    "table-2": {"setting": LinearSetting(image=16, lr=1e-4), "kernels": (4,), "steps": 40, "rtol": 0.2},
    "window-bounds": {"image": 8, "windows": (1, 4, 8)},
    "figure-5": {"setting": NonlinearSetting(image=16, kernel=4), "iterations": 30, "average": 8, "rtol": 0.3},
    "figure-11": {"setting": NesterovSetting(image=16, lr=1e-2), "kernel": 4, "iterations": 30},
    "table-9": {
        "setting": NesterovSetting(image=16, lr=1e-3), "kernels": (4,), "steps": 60, "rtol": 0.2, "momenta": (0.9,),
    },
    "phase-diagram": {
        "setting": NonlinearSetting(image=12, kernel=3), "alphas": (0.05, 1.6, 2), "lrs": (0.12, 9.0, 3), "iterations": 30,
    },
    "figure-6": {"setting": NonlinearSetting(image=16, kernel=4), "iterations": 20, "settled": 5},
    "regimes": {"setting": NonlinearSetting(image=12, kernel=3), "lrs": (0.5,), "iterations": 15},
    "spreading": {"kernel": 2, "steps": 15, "descent": 30, "seed": 4},
    "edge-of-optimizers": {"subset": 16, "steps": 14, "every": 14},
}  # fmt: skip
"""Of smoke presets that take longer than a second: a few steps, enough to meet every line that puts something on the device."""


def short(name: str) -> Any:
    """A config of a second or two."""
    if name == "figure-9":
        return replace(_runs(name, nets=("chain-2",), lrs=(0.5, 5.0), subset=4, steps=20, alpha=0.2), rtol=0.5, rest=400)
    if name == "supp-figure-2":
        return replace(_runs(name, nets=("dense-2",), subset=4, steps=20), alphas=(10.0,), rtol=0.5)
    if name in ("figure-7", "figure-8"):
        return _runs(name, subset=6, steps=4, every=2)
    return _smoke(name, **SHORT.get(name, {}))


@cache
def smoke(name: str) -> xr.Dataset:
    """What the smoke preset computes on the CPU."""
    found = registry.experiment(name)
    return found.compute(found.PRESETS["smoke"], "cpu", silent)


def computed(name: str, device: str) -> xr.Dataset:
    """By the short config."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setattr(edge_of_optimizers_runs, "SAMPLED", 8)  # batches; more meet no other line
        warnings.simplefilter("ignore")  # of torch, about a pretended device; of trainings that are too short
        return registry.experiment(name).compute(short(name), device, silent)


@cache
def first(name: str) -> xr.Dataset:
    """The first of the runs on the CPU, which others are compared with."""
    return computed(name, "cpu")


def assert_agrees(name: str, there: xr.Dataset, here: xr.Dataset) -> None:
    """All that is certain is the same, and everything has the same names and shapes."""
    assert dict(there.sizes) == dict(here.sizes)
    assert set(there.data_vars) == set(here.data_vars)
    tolerance = SINGLE.get(name, 1e-6)
    for told in CERTAIN.get(name, here.data_vars):
        variable, _, how = told.partition(" ")
        ours, theirs = (_first(of[variable]) if how == "first" else of[variable].values for of in (there, here))
        if how == "brackets":
            assert ((ours[..., 0] <= theirs[..., 1]) & (theirs[..., 0] <= ours[..., 1])).all(), told
            continue
        if ours.dtype.kind != "f":
            np.testing.assert_array_equal(ours, theirs, err_msg=_advice(name, told))
            continue
        largest = float(np.abs(theirs[np.isfinite(theirs)]).max(initial=0))
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * largest, equal_nan=True, err_msg=_advice(name, told))


def _advice(name: str, told: str) -> str:
    advice = "if it is chaotic, name what is certain, in CERTAIN of tests/experiments/agreeing.py"
    return f"{told} of {name} is another on another device; {advice}"


def _first(variable: xr.DataArray) -> np.ndarray:
    dim = next(dim for dim in TIME if dim in variable.dims)
    return variable.isel({dim: slice(2)}).values
