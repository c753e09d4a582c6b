"""Fig 3 right: at a large step size a last bit is amplified early in training, at a smaller one it is not; on a small setting.

The paper's claim of attenuation is tested for what it can be: every step puts fresh roundings in, so that the difference of two
runs cannot vanish; what can be told is whether it grows faster than roundings add up.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
import xarray as xr

from derive.claim import Verdict
from experiments.figure_3_right import PRESETS, collect, groups
from paper_checks.claims import PRINTED
from paper_checks.settings import same_setting
from paper_checks.small_runs import trained

CLAIM = "figure-3-right"
CONFIG = replace(PRESETS["default"], lrs=(1.6, 0.8), travel=80.0)


@cache
def measured() -> xr.Dataset:
    """RelL1 at two step sizes."""
    return collect(CONFIG, [trained(group) for group in groups(CONFIG)])


def verdict() -> Verdict:
    """The threshold of a small setting."""
    found, epochs = measured(), PRINTED[CLAIM].authors["one_epoch_at"] / PRINTED[CLAIM].values["least_lr"]
    words = "; ".join(
        f"step size {float(at.lr):g}: {at.verdict.values} (RelL1 {float(at.rel_l1.dropna('record')[-1]):.1e} after {float(at.step.max()):.0f} iterations, "
        f"as a power of the iterations {float(at.exponent):.2f})"
        for at in (found.sel(lr=lr) for lr in found.lr.values)
    )
    return Verdict(
        CLAIM, "not run at the paper's setting", "", "",
        f"ResNet-20 with Swish on 640 of scikit-learn's digits, SGD without momentum, batches of 64, step size times iterations {CONFIG.travel:g} (CPU; not "
        f"the paper's setting): {words}. So there is a threshold, {found.attrs['threshold_low']:g} to {found.attrs['threshold_high']:g} here. Below it the "
        f"difference does not vanish: each step adds roundings of its own. The paper's smallest step size takes {epochs:,.0f} epochs.",
        "python -m experiments run figure-3-right",
    )  # fmt: skip


@pytest.mark.slow
def test_a_threshold_is_bracketed() -> None:
    found = measured()
    assert found.verdict.values.tolist() == ["amplified", "attenuated"]
    assert (found.attrs["threshold_low"], found.attrs["threshold_high"]) == (0.8, 1.6)


def test_paper_preset_is_the_papers_setting() -> None:
    printed, values, config = PRINTED[CLAIM].values, PRINTED[CLAIM].authors, PRESETS["paper"]
    assert config.lrs == values["lrs"]
    assert min(config.lrs) == printed["least_lr"]
    assert same_setting(config.recipe, {name: values[name] for name in ("momentum", "activation")})
    assert same_setting(config.recipe, {name: printed[name] for name in ("net", "data", "batch", "weight_decay", "dtype")})
    for group in groups(config):  # 0.1/n for n epochs
        assert group.recipe.epochs * group.recipe.lr == pytest.approx(values["one_epoch_at"])
