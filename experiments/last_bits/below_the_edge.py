"""Training kept below its edge beside training beyond it: does it generalise, train and vary otherwise?

Two arms of runs in pairs that share weights, batches and recipe. In one the step size is fixed, beyond the edge; in the other
it is kept, before every epoch, to a part of the edge that the measured sharpness gives. Three sets of pairs: other initial
weights and batch orders with every seed; other weights alone; other orders alone. Whether the cap did away with the
instability is told by a last bit: RelL1 of k = 3 to k = 1, trained beside.

The paper leaves the questions open and has no setting for them: everything here is chosen. The net is Fig 8's kind, fully
connected with tanh, as without kinks a last bit grows by instability alone; without momentum. Robustness is not measured.

Source: Appendix A (open questions).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments import style
from experiments.last_bits.training_setting import SMOKE, described
from numerics.statistics import paired_difference, paired_ratio
from numerics.training.recipe import Group, Recipe, Seeds

TITLE = "Training kept below its edge, and beyond it"
NOTE = "The paper asks, and has no setting for it."
ARMS = ("restrained", "kept")
SETS = {"both": "weights and batch orders", "init": "initial weights", "order": "batch orders"}
"""What differs from seed to seed."""

MEASURED = {"accuracy": "points", "loss": "nats", "epochs": "epochs"}
"""What the arms are compared by -> unit: final test accuracy and training loss, and epochs to the target loss."""


@dataclass(frozen=True)
class Config:
    """The arms.

    Attributes:
        preset: name.
        recipe: of the restrained arm.
        cap: of the edge, the most of the kept arm.
        seeds: of each set.
        target: training loss to be reached.
    """

    preset: str
    recipe: Recipe
    cap: float = 0.5
    seeds: tuple[int, ...] = tuple(range(1, 13))
    target: float = 0.1


_PLAIN = {"momentum": 0.0, "nesterov": False, "lr_every": 0, "augment": False}
_SMALL = replace(SMOKE, net="dense-1", lr=1.2, batch=128, epochs=30, probe=256, **_PLAIN)
PRESETS = {
    "smoke": Config("smoke", replace(_SMALL, epochs=4), seeds=(1, 2, 3, 4), target=1.0),
    "default": Config("default", _SMALL),
    # A night on two cores, or an hour on a GPU.
    "paper": Config("paper", Recipe(data="cifar-5k", net="dense-2", probe=1000, **_PLAIN), seeds=tuple(range(1, 25))),
}


def groups(config: Config) -> list[Group]:
    """Arm by arm and set by set, a group for each seed; k = 3 beside k = 1."""
    recipes = {"restrained": config.recipe, "kept": replace(config.recipe, cap=config.cap)}
    return [Group(recipes[arm], _seeds(varied, s), ks=(1, 3)) for arm in ARMS for varied in SETS for s in config.seeds]


def _seeds(varied: str, seed: int) -> Seeds:
    init, order = (seed if varied in ("both", one) else 1 for one in ("init", "order"))
    apart = 1000 * (varied == "both")  # so that no run is in two sets
    return Seeds(init=init + apart, order=order + apart, augment=order + apart)


def collect(config: Config, runs: Sequence[xr.Dataset]) -> xr.Dataset:
    """What is compared, by arm, set and seed; how near each run was to its edge, and what became of a last bit."""
    shape, dims = (len(ARMS), len(SETS), len(config.seeds)), ("arm", "varied", "seed")

    def table(of, units: str) -> tuple[tuple[str, ...], np.ndarray, dict[str, str]]:
        return dims, np.array([float(of(run)) for run in runs]).reshape(shape), {"units": units}

    plain = [run.sel(k=1) for run in runs]
    near = np.stack([one.normalised.values for one in plain]).reshape(*shape, -1)
    losses = np.stack([one.loss.values for one in plain]).reshape(*shape, -1)
    return xr.Dataset(
        {
            "accuracy": table(lambda run: run.accuracy.sel(k=1)[-1], MEASURED["accuracy"]),
            "loss": table(lambda run: run.loss.sel(k=1)[-1], MEASURED["loss"]),
            "epochs": table(lambda run: _reached(run.loss.sel(k=1).values, config.target), MEASURED["epochs"]),
            "rel_l1": table(lambda run: run.rel_l1_net.sel(k=3)[-1], "1"),
            "normalised": ((*dims, "epoch"), near, {"units": "1"}),
            "training_loss": ((*dims, "epoch"), losses, {"units": "nats"}),
        },
        {"arm": list(ARMS), "varied": list(SETS), "seed": list(config.seeds), "epoch": runs[0].epoch.values},
        {"seeds": f"{config.seeds[0]} to {config.seeds[-1]} of each set", "preset": config.preset, "cap": config.cap,
         "setting": described(config.recipe), "target": config.target, "images": int(runs[0].sizes.get("image", 0))},
    )  # fmt: skip


def _reached(losses: np.ndarray, target: float) -> float:
    """The epoch from which on the loss stays at or below the target, from 1; NaN if it does not end there."""
    above = np.flatnonzero(~(losses <= target))
    last = int(above[-1]) + 1 if len(above) else 0
    return last + 1 if last < len(losses) else np.nan


def pairs(results: xr.Dataset, name: str, varied: str) -> tuple[np.ndarray, np.ndarray]:
    """(kept, restrained), of the seeds at which both have a number."""
    at = results[name].sel(varied=varied).dropna("seed")
    return at.sel(arm="kept").values, at.sel(arm="restrained").values


def cured(results: xr.Dataset) -> bool:
    """Whether the cap did what it is for: kept runs below their edge in every epoch, and the last bit grown by orders less."""
    kept, free = (results.sel(arm=arm) for arm in ("kept", "restrained"))
    below = bool((kept.normalised <= 1).all()) and bool((free.normalised.max("epoch") > 1).all())
    return below and float(kept.rel_l1.max()) < 1e-2 * float(free.rel_l1.median())


def instability(results: xr.Dataset) -> str:
    """How near to the edge the arms were and what became of a last bit, in words."""
    words = []
    for arm in ARMS:
        at = results.sel(arm=arm)
        beyond = (at.normalised > 1).sum("epoch")
        words.append(
            f"{arm}: {float(at.normalised.min()):.2g} to {float(at.normalised.max()):.2g} of the edge, beyond it before "
            f"{int(beyond.min())} to {int(beyond.max())} of {at.epoch.size} epochs, RelL1 of k = 3 at the end "
            f"{float(at.rel_l1.median()):.1e} ({float(at.rel_l1.min()):.1e} to {float(at.rel_l1.max()):.1e})"
        )
    return "; ".join(words)


def differences(results: xr.Dataset) -> str:
    """Kept minus restrained in all that is compared, where weights and orders vary, in words."""
    named = {"accuracy": "test accuracy in points", "loss": "training loss in nats", "epochs": "epochs to the target loss"}
    return "; ".join(f"{named[name]} {_difference(results, name)}" for name in MEASURED)


def _difference(results: xr.Dataset, name: str) -> str:
    kept, free = pairs(results, name, "both")
    left = results.seed.size - len(kept)
    words = paired_difference(kept, free).sentence if len(kept) > 1 else "cannot be told"
    return words + (f", {left} pairs left out" if left else "")


def ratios(results: xr.Dataset) -> str:
    """Variance of the accuracy, kept over restrained, by what varies, in words."""
    return "; ".join(f"over {SETS[varied]} {_ratio(results, varied)}" for varied in ("init", "order"))


def _ratio(results: xr.Dataset, varied: str) -> str:
    kept, free = pairs(results, "accuracy", varied)
    if len(kept) < 4 or not kept.var() or not free.var():
        return "cannot be told"
    return f"{paired_ratio(kept, free).sentence}, STD {kept.std(ddof=1):.2f} and {free.std(ddof=1):.2f} points"


def render(results: xr.Dataset) -> Figure:
    """Nearness to the edge and training loss by epoch, and the final accuracies in pairs."""
    figure, (near, loss, right) = style.panels(3)
    for n, arm in enumerate(ARMS):
        at = results.sel(arm=arm, varied="both")
        for ax, name in ((near, "normalised"), (loss, "training_loss")):
            ax.plot(results.epoch, at[name].T, color=style.CYCLE[n], lw=0.5, alpha=0.6)
            ax.plot([], [], color=style.CYCLE[n], label=arm)
    near.axhline(1, color=style.BLACK, ls="--", lw=1)
    near.set(xlabel="epoch", ylabel="sharpness over its edge", yscale="log")
    loss.axhline(results.attrs["target"], color=style.BLACK, ls="--", lw=1)
    loss.set(xlabel="epoch", ylabel="training loss (nats)", yscale="log")
    near.legend()
    _pairs_drawn(right, results)
    return figure


def _pairs_drawn(ax: Axes, results: xr.Dataset) -> None:
    for n, varied in enumerate(SETS):
        kept, free = pairs(results, "accuracy", varied)
        ax.plot(free, kept, "osD"[n], color=style.CYCLE[n + 2], ms=3, label=SETS[varied])
    ends = [float(results.accuracy.min()), float(results.accuracy.max())]
    ax.plot(ends, ends, color=style.BLACK, lw=0.6)
    ax.set(xlabel="accuracy, restrained (%)", ylabel="accuracy, kept (%)")
    ax.legend(title="varied", fontsize="x-small", title_fontsize="x-small")


def caption(results: xr.Dataset) -> str:
    """Setting, whether the cap worked, differences, ratios, what they cannot tell."""
    at = results.attrs
    preset = NOTE if at["preset"] == "paper" else f"Preset {at['preset']}: not the paper's setting; it has none for this."
    return (
        f"{at['setting']}; in the kept arm the step size is at most {at['cap']:g} of the measured edge. Seeds: {at['seeds']}. "
        f"{preset} Before every epoch, {instability(results)}: the cap {'did' if cured(results) else 'did not do'} its "
        f"work. Kept minus restrained, same seeds: {differences(results)} (target {at['target']:g}). Variance of the test "
        f"accuracy, kept over restrained: {ratios(results)}. The kept arm takes smaller steps for as many epochs: what it does "
        "otherwise may be that."
    )
