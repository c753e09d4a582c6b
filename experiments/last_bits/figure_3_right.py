"""Is a last-bit perturbation amplified early in training? RelL1 over the first iterations at fixed step sizes.

Step size times iterations is the same for every run, so that all of them travel equally far. The rate at which RelL1 grows is
fitted and judged by `numerics.measures.growth`; the threshold lies between the largest step size that amplifies nothing and the
smallest that does.

Source: Fig 3 right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments import style
from experiments.last_bits.forms import recipe_in
from experiments.last_bits.training_setting import PAPER, SMOKE, described, origin
from experiments.pictures.text_table import plain
from numerics.measures.growth import Growth, growth
from numerics.training.recipe import Group, Recipe

TITLE = "Divergence of the weights and learning rate"
COLOURS = {
    "amplified": style.VERMILION,
    "accumulated": style.ORANGE,
    "attenuated": style.BLUE,
    "undecided": "#8A8A8A",
}
MARKERS = {"amplified": "^", "accumulated": "s", "attenuated": "v", "undecided": "x"}


CODE = {"momentum": 0.0, "nesterov": False, "activation": "swish", "beta": PAPER.beta}
"""What the authors' code has instead of the settings of Table 1; that they are with ReLU the print leaves open."""


@dataclass(frozen=True)
class Config:
    """The setting and its step sizes.

    Attributes:
        preset: name.
        recipe: all but step size, epochs and trace.
        lrs: step sizes, falling.
        steps: per epoch, of the recipe's data and batches.
        travel: step size times iterations.
        layer: whose weights alone RelL1 is of, in the form of the authors' code; empty for all.
        records: about so many RelL1 values are kept of every run.
        k: of the perturbed run.
        form: see `experiments.last_bits.forms`.
    """

    preset: str
    recipe: Recipe
    lrs: tuple[float, ...]
    steps: int
    travel: float
    layer: str = ""
    records: int = 400
    k: int = 3
    form: str = "paper"

    @property
    def own(self) -> Recipe:
        """The recipe in its form."""
        further = CODE | {"trace_of": self.layer} if self.form == "code" else {}
        return replace(recipe_in(self.form, self.recipe), **further)

    def recipe_at(self, lr: float) -> Recipe:
        """The setting of one step size: as many whole epochs as come nearest to `travel`."""
        epochs = max(1, round(self.travel / (lr * self.steps)))
        return replace(self.own, lr=lr, epochs=epochs, trace=max(1, epochs * self.steps // self.records))


LRS = (5e-2, 2.5e-2, 1.25e-2, 6.25e-3, 3.125e-3, 3.125e-4, 3.125e-5, 3.125e-6)
"""Of the authors' code; the print names the smallest alone."""

_DIGITS = replace(SMOKE, subset=640, batch=64, activation="swish", momentum=0.0, nesterov=False)
PRESETS = {
    "smoke": Config("smoke", _DIGITS, (3.2, 0.8, 0.2), steps=10, travel=80.0, layer="3.weight"),
    "default": Config(
        "default", replace(_DIGITS, net="resnet-20"), (3.2, 1.6, 0.8, 0.4, 0.2, 0.1, 0.05), 10, 160.0, layer="7.conv1.weight"
    ),
    "paper": Config("paper", replace(PAPER, lr_every=0), LRS, steps=391, travel=0.1 * 391, layer="17.conv1.weight"),
}


def groups(config: Config) -> list[Group]:
    """One per step size."""
    return [Group(config.recipe_at(lr), form=config.form, ks=(1, config.k)) for lr in config.lrs]


def collect(config: Config, runs: Sequence[xr.Dataset]) -> xr.Dataset:
    """RelL1 by step size and record, and the growth of each; records beyond the end of a run are NaN."""
    curves = [run.rel_l1_step.sel(k=config.k).values for run in runs]
    growths = [growth(curve, run.step.values) for curve, run in zip(curves, runs, strict=True)]
    records = max(map(len, curves))
    dims = ("lr", "record")
    data = {
        "rel_l1": (dims, _padded(curves, records), {"units": "1"}),
        "step": (dims, _padded([run.step.values for run in runs], records), {"units": "iterations"}),
        "loss": (dims, _padded([run.loss_step.sel(k=1).values for run in runs], records), {"units": "nats"}),
        "accuracy": ("lr", [float(run.accuracy.isel(k=0, epoch=-1)) for run in runs], {"units": "percent"}),
        "verdict": ("lr", [one.verdict for one in growths]),
        "reason": ("lr", [one.reason for one in growths]),
    }
    data |= {name: ("lr", [getattr(one, name) for one in growths], {"units": unit}) for name, unit in _NUMBERS.items()}
    low, high = threshold(config.lrs, growths)
    return xr.Dataset(
        data, {"lr": list(config.lrs)},
        {
            "seeds": "init, order and augmentation 1", "preset": config.preset, "form": config.form,
            "setting": described(config.own, schedule=False), "of": config.own.trace_of or "all weights",
            "k": config.k, "travel": config.travel, "threshold_low": low, "threshold_high": high,
        },
    )  # fmt: skip


_NUMBERS = dict.fromkeys(("rate", "low", "high"), "1/iteration") | dict.fromkeys(("exponent", "fit", "rise"), "1")
_NUMBERS |= {"start": "iterations", "stop": "iterations"}


def _padded(rows: Sequence[np.ndarray], width: int) -> np.ndarray:
    padded = np.full((len(rows), width), np.nan)
    for line, row in zip(padded, rows, strict=True):
        line[: len(row)] = row
    return padded


def threshold(lrs: Sequence[float], growths: Sequence[Growth]) -> tuple[float, float]:
    """(largest step size that amplifies nothing, smallest that does); NaN where there is none, or both in another order.

    Step sizes of which nothing can be said are passed over.
    """
    amplified = [lr for lr, one in zip(lrs, growths, strict=True) if one.verdict == "amplified"]
    calm = [lr for lr, one in zip(lrs, growths, strict=True) if one.verdict in ("attenuated", "accumulated")]
    low, high = max(calm, default=np.nan), min(amplified, default=np.nan)
    return (np.nan, np.nan) if low >= high else (low, high)


def rows(results: xr.Dataset) -> tuple[list[str], list[list[str]]]:
    """Header and cells: a row per step size; a rate where there is amplification, else the power of the iterations."""
    header = ["step size", "iterations", "RelL1 first", "RelL1 last", "rate per iteration", "95 %", "exponent", "verdict"]
    return header, [_row(results.sel(lr=lr)) for lr in results.lr.values]


def _row(at: xr.Dataset) -> list[str]:
    kept, amplified = at.rel_l1.dropna("record").values, str(at.verdict.values) == "amplified"
    ends = (f"{kept[0]:.1e}", f"{kept[-1]:.1e}") if len(kept) else ("-", "-")
    rate = (f"{float(at.rate):.3f}", f"{float(at.low):.3f} to {float(at.high):.3f}") if amplified else ("", "")
    exponent = "" if amplified else f"{float(at.exponent):.2f}"
    return [f"{float(at.lr):g}", f"{float(at.step.max()):.0f}", *ends, *rate, exponent, str(at.verdict.values)]


def render(results: xr.Dataset) -> Figure:
    """RelL1 against step size times iterations, with exponential fits; its last value against the step size."""
    figure, (left, right) = style.panels(2, height=2.8)
    colours = mpl.colormaps[style.LINES](np.linspace(0, 0.92, results.sizes["lr"]))
    for lr, colour in zip(results.lr.values, colours, strict=True):
        at = results.sel(lr=lr)
        left.semilogy(lr * at.step, at.rel_l1, color=colour, lw=0.8, label=f"{lr:g}")
        if str(at.verdict.values) == "amplified":
            _draw_fit(left, at)
    least = float(results.rel_l1.where(results.rel_l1 > 0).min())
    left.set(xlabel=r"step size $\times$ iterations", ylabel=f"RelL1 of k = 1 and k = {results.attrs['k']}", xlim=(0, None))
    left.set_ylim(least / 1e3, 3)  # room for the legend below the curves
    left.legend(title="step size (dashed: fit)", ncols=4, loc="lower right", handlelength=1, columnspacing=0.8)
    _draw_ends(right, results)
    return figure


def _draw_fit(ax: Axes, at: xr.Dataset) -> None:
    """The exponential in its phase, through the mean of the logarithms there."""
    phase = at.where((at.step >= at.start) & (at.step <= at.stop) & (at.rel_l1 > 0), drop=True)
    steps = np.array([float(at.start), float(at.stop)])
    line = np.log(phase.rel_l1).mean().item() + float(at.rate) * (steps - phase.step.mean().item())
    ax.plot(float(at.lr) * steps, np.exp(line), "--", color=style.BLACK, lw=0.9)


def _draw_ends(ax: Axes, results: xr.Dataset) -> None:
    last = [float(results.rel_l1.sel(lr=lr).dropna("record")[-1]) for lr in results.lr.values]
    for kind in COLOURS:
        own = results.verdict.values == kind
        if own.any():
            ax.plot(results.lr[own], np.array(last)[own], MARKERS[kind], color=COLOURS[kind], ms=5, label=kind)
    low, high = results.attrs["threshold_low"], results.attrs["threshold_high"]
    if low < high:
        ax.axvspan(low, high, color=style.SKY, alpha=0.35, lw=0, label="threshold")
    ax.set(xscale="log", yscale="log", xlabel="step size", ylabel="last RelL1")
    ax.legend()


def caption(results: xr.Dataset) -> str:
    """The threshold, and the table of growth."""
    at = results.attrs
    low, high = at["threshold_low"], at["threshold_high"]
    if low < high:
        bracketed = f"Not amplified at a step size of {low:g}, amplified from {high:g} on: the threshold lies between."
    else:
        bracketed = "No threshold is bracketed: amplified and calm step sizes do not both occur, or not in this order."
    return (
        f"RelL1 of {at.get('of', 'all weights')} between k = 1 and k = {at['k']} over early iterations, step size times "
        f"iterations about {at['travel']:g}. "
        f"{bracketed} {origin(results)} Step sizes are in the table.\n{plain(*rows(results))}"
    )
