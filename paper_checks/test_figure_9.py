"""Fig 9: with weight decay, the largest stable step size of two layers is far below that of one."""

from __future__ import annotations

from functools import cache

import pytest
import xarray as xr

from derive.claim import Verdict
from experiments import figure_9
from experiments.progress import silent

CLAIM = "figure-9"
SHALLOW, DEEP = figure_9.NETS


@cache
def results() -> xr.Dataset:
    """The default setting."""
    return figure_9.compute(figure_9.DEFAULT, "cpu", silent)


def more_stringent(found: xr.Dataset) -> bool:
    """Brackets apart: all of the deep network's below all of the shallow one's."""
    return float(found.trained.sel(net=DEEP, bracket="high")) < float(found.trained.sel(net=SHALLOW, bracket="low"))


def off(found: xr.Dataset, name: str) -> float:
    """Greatest relative difference of a prediction from the edge found by training."""
    predicted = found[name].min("layer") if "layer" in found[name].dims else found[name]
    return float(abs(predicted / found.trained.mean("bracket") - 1).max())


def verdict() -> Verdict:
    """The qualitative statement, in a setting of ours."""
    found = results()
    return Verdict(
        CLAIM, "not run at the paper's setting" if more_stringent(found) else "not reproduced", "", "",
        f"{figure_9.caption(found)} So two layers need a smaller step, as stated; the printed intervals (90 to 100, 10 to 20) belong to values that "
        f"are lost. The Hessian's prediction is off by at most {off(found, 'from_hessian'):.1%}, the least layer-wise one by {off(found, 'by_layer'):.1%}.",
        "python -m experiments run figure-9",
    )  # fmt: skip


@pytest.mark.slow
def test_two_layers_are_more_stringent_and_both_predictions_are_near() -> None:
    found = results()
    assert more_stringent(found)
    assert off(found, "from_hessian") < 0.03
    assert off(found, "by_layer") < 0.1


def test_smoke_setting_says_the_same() -> None:
    assert more_stringent(figure_9.compute(figure_9.PRESETS["smoke"], "cpu", silent))
