"""The smallest step size of Fig 3 right is no standstill: the test accuracy rises, alike for k = 1 and k = 3.

Source: Fig 10.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from experiments import style
from experiments.last_bits import figure_3_right
from experiments.last_bits.training_setting import described, origin
from numerics.training.recipe import Group

TITLE = "Accuracy at a step size that amplifies nothing"


@dataclass(frozen=True)
class Config:
    """The setting of Fig 3 right, of which the smallest step size is taken; its runs are the same, in either form."""

    preset: str
    divergence: figure_3_right.Config
    form: str = "paper"

    @property
    def own(self) -> figure_3_right.Config:
        """That setting in this form."""
        return replace(self.divergence, form=self.form)


PRESETS = {name: Config(name, config) for name, config in figure_3_right.PRESETS.items()}


def groups(config: Config) -> list[Group]:
    """The one of the smallest step size."""
    return [min(figure_3_right.groups(config.own), key=lambda group: group.recipe.lr)]


def collect(config: Config, runs: Sequence[xr.Dataset]) -> xr.Dataset:
    """Accuracy and churn by k and epoch."""
    (run,), (group,) = runs, groups(config)
    curves = run[["accuracy", "loss", "churn", "rel_l1_net"]]
    curves.attrs = {
        "seeds": "init, order and augmentation 1", "preset": config.preset, "form": config.form, "lr": group.recipe.lr,
        "setting": described(group.recipe),
    }  # fmt: skip
    return curves


def render(results: xr.Dataset) -> Figure:
    """Test accuracy of both, and where their predictions differ."""
    figure, (left, right) = style.panels(2)
    for n, (k, line) in enumerate(zip(results.k.values, ("-", "--"), strict=True)):
        left.plot(results.epoch, results.accuracy.sel(k=k), line, lw=2.5 - 1.3 * n, color=style.CYCLE[n], label=f"k = {k}")
    left.set(xlabel="epoch", ylabel="test accuracy (%)", title=f"step size {results.attrs['lr']:g}")
    left.legend()
    k = int(results.k[1])
    right.plot(results.epoch, 100 * results.churn.sel(k=k), color=style.BLACK)
    right.set(xlabel="epoch", ylabel="test images that differ (%)", title=f"classifications of k = {k} and k = 1")
    right.set_ylim(-0.02, max(1.0, 105 * float(results.churn.max())))
    return figure


def caption(results: xr.Dataset) -> str:
    """Rise of the accuracy, greatest difference of the curves."""
    first, last = (results.accuracy.isel(epoch=n).values for n in (0, -1))
    apart = float(np.abs(np.diff(results.accuracy.values, axis=0)).max())
    gains = " and ".join(f"{a:.2f} to {b:.2f} % (k = {k})" for a, b, k in zip(first, last, results.k.values, strict=True))
    return (
        f"Test accuracy at the step size {results.attrs['lr']:g}, from {gains} over {results.sizes['epoch']} epochs; the "
        f"curves are at most {apart:.2f} points apart, and at most {float(results.churn.max()):.2%} of the test images are "
        f"classified differently. {origin(results)}"
    )
