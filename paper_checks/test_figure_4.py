"""Fig 4: stable between the bounds, unstable outside."""

from __future__ import annotations

from functools import cache

import pytest
import xarray as xr

from derive.paper.claim import Verdict
from experiments.pdes import figure_4
from experiments.running.progress import silent
from paper_checks.claims import PRINTED

CLAIM = "figure-4"


@cache
def results() -> xr.Dataset:
    """The paper's setting with fewer, well separated weight decays."""
    config = figure_4.Config(of_lower_edge=(0.9, 1.1), of_upper_edge=(0.99, 1.01))
    return figure_4.compute(config, "cpu", silent)


def agreement() -> list[bool]:
    """Per run: judged stable exactly where the bounds say so."""
    at = results().attrs
    inside = (results().alpha > at["alpha_min"]) & (results().alpha < at["alpha_max"])
    return [bool(v) for v in ((results().verdict == "stable") == inside).values]


def verdict() -> Verdict:
    """Existence of both bounds by simulation."""
    at = results().attrs
    return Verdict(
        CLAIM, "agrees" if all(agreement()) else "not reproduced", "", "",
        f"At the paper's setting (seed 0, float64, CPU, 1000 iterations) runs at 0.9 and 1.1 times alpha_min = {at['alpha_min']:.4g} and at "
        f"0.99 and 1.01 times alpha_max = {at['alpha_max']:.4g}, both from the spectrum, are stable exactly inside.",
        "python -m experiments run figure-4 --preset paper",
    )  # fmt: skip


def test_settings_are_the_printed_ones() -> None:
    printed, config = PRINTED[CLAIM].values, figure_4.PRESETS["paper"]
    assert (config.kernel, config.iterations) == (printed["kernel"], PRINTED[CLAIM].authors["iterations"])
    for name in ("lr", "a", "beta", "image"):
        assert getattr(config.setting, name) == printed[name]


@pytest.mark.slow
def test_stable_exactly_inside() -> None:
    assert all(agreement())


def test_stable_exactly_inside_on_a_small_image() -> None:
    config = figure_4.Config(
        figure_4.LinearSetting(image=64, lr=1e-6), kernel=8, of_lower_edge=(0.5, 1.5), of_upper_edge=(0.98, 1.02)
    )
    found = figure_4.compute(config, "cpu", silent)
    assert list(found.verdict.values) == ["unstable", "stable", "stable", "unstable"]
