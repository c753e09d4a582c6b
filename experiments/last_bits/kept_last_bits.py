r"""Does training kept below its edge lose the amplification of a last bit, and the spread of accuracies over k?

The trainings of Fig 3 and Tab 1, mini-batches with momentum, in arms that share weights, batches and k: the step size free;
kept, before every epoch, below half the derived edge, which is that of a step without noise; kept below c = 1 and c = 1/4, in
the edge unit of `numerics.control`: lr times sharpness at most 2 (1 - b) c; and, as smaller steps alone may do what a cap does,
fixed at the mean step size of each of these two. Two answers, each with an interval and what could have been seen: RelL1 of
k = 3 to k = 1, and the spread over k of final accuracies. The free step size is chosen so that without a cap the training
comes near the noise-free edge.

Source: Fig 3, Tab 1 and Section 7 (step sizes chosen by local stability) for the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from experiments import style
from experiments.last_bits.spreads import compared, floor_of, stable
from experiments.last_bits.training_setting import KS, PAPER, SEEDS, SMOKE, described, final_accuracy
from numerics.measures.growth import growth
from numerics.statistics import paired_difference
from numerics.training.probe import edge
from numerics.training.recipe import Group, Recipe, Seeds

TITLE = "Last bits in training kept below its edge"
NOTE = "The paper asks, and has no setting for it."
ARMS = {
    "free": "free",
    "edge": "below the noise-free edge",
    "unit": "below c = 1",
    "quarter": "below c = 1/4",
    "slow-unit": "fixed, as slow as below c = 1",
    "slow-quarter": "fixed, as slow as below c = 1/4",
}
SLOW = {"slow-unit": "unit", "slow-quarter": "quarter"}
"""Arms of a fixed step size -> the kept one whose mean it is."""

K = 3
"""Whose distance to k = 1 is followed, as in Fig 3."""

RECORDS = 200
"""Of RelL1 in a run, about."""


@dataclass(frozen=True)
class Config:
    """The arms.

    Attributes:
        preset: name.
        recipe: of the free arm.
        steps: of an epoch, of the recipe's data and batches.
        below: most of the noise-free edge that the arm of that name takes.
        slow: fixed step sizes of the arms of `SLOW`, means over epochs and seeds of what the kept ones had taken in a run
            before this one; without any the arms are left out. The caption says how near they came.
        ks: rows of the tables; 1 and 3 are among them.
        seeds: columns, of order and augmentation.
    """

    preset: str
    recipe: Recipe
    steps: int
    below: float = 0.5
    slow: tuple[float, ...] = ()
    ks: tuple[int, ...] = KS
    seeds: tuple[int, ...] = SEEDS

    def caps(self) -> dict[str, float]:
        """Arm -> the most of the noise-free edge that its step size may be; 0 for any."""
        unit = 2 * (1 - self.recipe.momentum) / (self.recipe.lr * edge(self.recipe, self.recipe.lr))
        return {"free": 0.0, "edge": self.below, "unit": unit, "quarter": unit / 4}

    def recipes(self) -> dict[str, Recipe]:
        """Arm -> what it trains by."""
        traced = replace(self.recipe, trace=max(1, self.recipe.epochs * self.steps // RECORDS))
        kept = {arm: replace(traced, cap=cap) for arm, cap in self.caps().items()}
        return kept | {arm: replace(traced, lr=lr) for arm, lr in zip(SLOW if self.slow else (), self.slow, strict=True)}


_DIGITS = replace(SMOKE, lr=0.4, epochs=5, probe=64)
PRESETS = {
    "smoke": Config("smoke", replace(_DIGITS, subset=320, epochs=2), 10, slow=(0.25, 0.0625), ks=(1, 3), seeds=(1, 2, 3)),
    "default": Config("default", _DIGITS, 45, slow=(0.09625, 0.0246875), ks=KS[:4], seeds=SEEDS[:5]),
    "paper": Config("paper", replace(PAPER, probe=1000), 391),
}


def groups(config: Config) -> list[Group]:
    """Arm by arm, a group for each seed."""
    return [
        Group(recipe, Seeds(order=s, augment=s), ks=config.ks) for recipe in config.recipes().values() for s in config.seeds
    ]


def collect(config: Config, runs: Sequence[xr.Dataset]) -> xr.Dataset:
    """RelL1 and nearness to the edge by epoch, final accuracies, and what the growth of a last bit was."""
    arms = list(config.recipes())
    shape = len(arms), len(config.seeds)

    def stacked(dims: tuple[str, ...], units: str, of) -> tuple:
        values = np.stack([np.asarray(of(run), dtype=float) for run in runs])
        return ("arm", "seed", *dims), values.reshape(*shape, *values.shape[1:]), {"units": units}

    verdicts = [growth(run.rel_l1_step.sel(k=K).values, run.step.values).verdict for run in runs]
    return xr.Dataset(
        {
            "rel_l1": stacked(("epoch",), "1", lambda run: run.rel_l1_net.sel(k=K)),
            "normalised": stacked(("epoch",), "1", lambda run: run.normalised.sel(k=1)),
            "lr": stacked(("epoch",), "1", lambda run: run.lr.sel(k=1)),
            "loss": stacked(("epoch",), "nats", lambda run: run.loss.sel(k=1)),
            "final": stacked(("k",), "percent", lambda run: final_accuracy(run.accuracy, 1).transpose("k")),
            "floor": stacked((), "percent", floor_of),
            "verdict": (("arm", "seed"), np.array(verdicts).reshape(shape)),
        },
        {"arm": arms, "seed": list(config.seeds), "k": list(config.ks), "epoch": runs[0].epoch.values},
        {"seeds": f"init 1, order and augmentation {', '.join(map(str, config.seeds))}", "preset": config.preset, "average": 1,
         "setting": described(config.recipe), "caps": list(config.caps().values())},
    )  # fmt: skip


def amplified(results: xr.Dataset) -> str:
    """RelL1 at the end by arm, and how it compares with the free arm's, in words."""
    return "; ".join(_arm(results, arm) for arm in results.arm.values)


def _arm(results: xr.Dataset, arm: str) -> str:
    at = results.sel(arm=arm)
    last, counts = at.rel_l1.isel(epoch=-1), ", ".join(f"{_count(at, v)} {v}" for v in np.unique(at.verdict.values))
    words = (
        f"{ARMS[arm]}, {float(at.normalised.median()):.2g} of the noise-free edge (most {float(at.normalised.max()):.2g}), "
        f"step size {float(at.lr.median()):.2g}: RelL1 {float(last.median()):.1e} ({float(last.min()):.1e} to "
        f"{float(last.max()):.1e}), {counts}"
    )
    return words if arm == "free" else f"{words}, {decades(results, arm)}"


def _count(at: xr.Dataset, verdict: str) -> int:
    return int((at.verdict == verdict).sum())


def decades(results: xr.Dataset, arm: str, than: str = "free") -> str:
    """Decades of RelL1 at the end, less those of another arm, by seed, in words."""
    named = f"the {than} arm" if than == "free" else f"what was {ARMS[than]}"
    first, second = (results.rel_l1.sel(arm=one).isel(epoch=-1).values for one in (arm, than))
    known = (first > 0) & (second > 0)
    if known.sum() < 2:
        return f"decades against {named} cannot be told"
    return f"decades against {named} {paired_difference(np.log10(first[known]), np.log10(second[known])).sentence}"


def slowness(results: xr.Dataset) -> str:
    """What the arms of a fixed step size say of those that are kept, in words."""
    pairs = [(slow, kept) for slow, kept in SLOW.items() if slow in results.arm.values]
    if not pairs:
        return "A kept arm takes smaller steps for as many epochs: what it does otherwise may be that."
    return "Whether it is the edge or merely the size of the steps: " + "; ".join(_slow(results, *pair) for pair in pairs) + "."


def _slow(results: xr.Dataset, slow: str, kept: str) -> str:
    fixed, mean = float(results.lr.sel(arm=slow).mean()), float(results.lr.sel(arm=kept).mean())
    return f"{ARMS[slow]} ({fixed:.3g}, the kept ones' mean is {mean:.3g}), {decades(results, slow, kept)}"


def spreads(results: xr.Dataset) -> str:
    """The spread over k of each arm, and its variance against the free arm's, in words."""
    return " ".join(f"{ARMS[arm].capitalize()}: {_spread(results, arm)}" for arm in results.arm.values)


def _spread(results: xr.Dataset, arm: str) -> str:
    alone = compared(results.sel(arm=arm))
    return alone if arm == "free" else f"{alone} {variances(results, arm)}"


def variances(results: xr.Dataset, arm: str) -> str:
    """Decades of the variance over k, seed by seed, less those of the free arm, in words."""
    tables = (stable(results.final.sel(arm=one)) for one in (arm, "free"))
    first, second = xr.align(*(table.var("k", ddof=1) for table in tables), join="inner")
    known = (first > 0) & (second > 0)
    if int(known.sum()) < 2:
        return "Its variance over k against the free arm's cannot be told."
    difference = paired_difference(np.log10(first.values[known.values]), np.log10(second.values[known.values]))
    return f"Decades of its variance over k against the free arm's: {difference.sentence}."


def render(results: xr.Dataset) -> Figure:
    """RelL1, nearness to the edge and final accuracies, by arm."""
    figure, (left, middle, right) = style.panels(3, 3.4)
    for n, arm in enumerate(results.arm.values):
        at, colour = results.sel(arm=arm), style.CYCLE[n]
        for ax, name in ((left, "rel_l1"), (middle, "normalised")):
            ax.plot(results.epoch, at[name].T, color=colour, lw=0.5, alpha=0.6)
            ax.plot([], [], color=colour, label=ARMS[arm])
        places = n + np.linspace(-0.3, 0.3, results.seed.size)
        right.plot(places, (at.final - at.final.mean("k")).transpose("seed", "k"), "o", color=colour, ms=2)
    left.set(xlabel="epoch", ylabel=f"RelL1 of k = 1 and k = {K}", yscale="log")
    middle.axhline(1, color=style.BLACK, ls="--", lw=1)
    middle.set(xlabel="epoch", ylabel="sharpness, noise-free edge is 1", yscale="log")
    right.set(xticks=range(results.arm.size), xlabel="arm, by seed", ylabel="accuracy less mean over k (%)")
    right.set_xticklabels(results.arm.values, rotation=50, ha="right", rotation_mode="anchor")
    figure.legend(*middle.get_legend_handles_labels(), loc="outside lower center", ncols=style.columns(3), fontsize="x-small")
    return figure


def caption(results: xr.Dataset) -> str:
    """Setting, RelL1 by arm, spreads by arm, what they cannot tell."""
    at = results.attrs
    preset = NOTE if at["preset"] == "paper" else f"Preset {at['preset']}: not the paper's setting; it has none for this."
    caps = np.atleast_1d(at["caps"])
    return (
        f"{at['setting']}; before every epoch the step size is kept, in three arms, to at most {caps[1]:g} of the noise-free "
        f"edge, {caps[2]:.3g} of it, which is c = 1, and {caps[3]:.3g}, which is c = 1/4. Seeds: {at['seeds']}. {preset} "
        f"After the last epoch, RelL1 of k = 1 and k = {K}, medians over seeds: {amplified(results)}. Spread over k of the "
        f"accuracies. {spreads(results)} {slowness(results)}"
    )
