"""Section 4 of the paper as far as the time goes: its trainings at the paper's networks and sizes, most telling first.

1. Tab 5, a few epochs: equality of k and k 2^m is exact, so it shows at once.
2. Fig 3 right at the large step sizes, where the threshold is.
3. Tab 1 with a fortieth of the epochs, labelled as such.
4. Tab 1 in full: 36 runs.
5. Fig 3 right in full.

A group of members is begun only if it fits into what is left of the time, by seconds a step that are measured first. Finished
ones are kept, so the same command goes on where it stopped. CIFAR-10 is not on machines without network: Fashion-MNIST stands
in for it, labelled so.

Source: Section 4.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import ceil, inf
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from derive.errors import InputError
from experiments.last_bits import figure_3_right, table_1, table_5
from experiments.last_bits.training_setting import PAPER
from experiments.running.means import Means
from experiments.running.members import GroupFolder
from experiments.running.provenance import checked_device
from experiments.running.runner import run_config
from numerics.common.determinism import reproducible
from numerics.datasets import Data, first_available, load
from numerics.training.feed import steps_per_epoch, training_batches
from numerics.training.member import members
from numerics.training.recipe import Group, Recipe
from numerics.training.stepping import stepper

NAME = "section-4"
DATA = ("cifar-10", "fashion-mnist")
EPOCHS, FORTIETH = 2, 40
"""Of Tab 5's first look; share of the epochs of Tab 1's."""

WARM_UP, TIMED = 2, 6
"""Steps before the clock runs, and under it."""

UNITS = {"s": 1, "min": 60, "h": 3600}


@dataclass(frozen=True)
class Stage:
    """One experiment of the plan: name of its folder, its module, its setting, whose preset says what is not the paper's."""

    name: str
    module: ModuleType
    config: Any

    @property
    def groups(self) -> list[Group]:
        """What it trains."""
        return self.module.groups(self.config)


def seconds(budget: str) -> float:
    """A length of time in seconds: "15min", "2h", "90s", or "all" for no end.

    Raises:
        InputError: anything else.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(s|min|h)", budget)
    if budget != "all" and (match is None or float(match[1]) == 0):
        raise InputError(f"expected a budget such as 15min, 2h or all, got {budget!r}")
    return inf if match is None else float(match[1]) * UNITS[match[2]]


def plan(paper: Recipe, form: str = "paper") -> list[Stage]:
    """All stages, most telling first.

    Args:
        paper: the paper's recipe, maybe on other data.
        form: see `experiments.last_bits.forms`.
    """
    instead = "" if paper.data == PAPER.data else f" on {paper.data}, which stands in for CIFAR-10"
    few = max(1, paper.epochs // FORTIETH)
    short = replace(paper, epochs=few, lr_every=ceil(paper.lr_every / FORTIETH))
    figure, table, exact = figure_3_right.PRESETS["paper"], table_1.PRESETS["paper"], table_5.PRESETS["paper"]
    recipe = replace(figure.recipe, **{name: getattr(paper, name) for name in ("data", "subset", "net", "batch", "augment")})
    steep = replace(figure, recipe=recipe, preset=f"paper, the large step sizes{instead}", lrs=figure.lrs[:5])
    own = {"fluctuation": table.recipe.fluctuation}
    stages = [
        Stage("table-5", table_5, replace(
            exact, preset=f"paper, {EPOCHS} of {paper.epochs} epochs{instead}", recipe=replace(paper, epochs=EPOCHS), trials=2,
        )),
        Stage("figure-3-right", figure_3_right, steep),
        Stage("table-1-short", table_1, replace(
            table, preset=f"paper, {few} of {paper.epochs} epochs{instead}", recipe=replace(short, **own),
        )),
        Stage("table-1", table_1, replace(table, preset=f"paper{instead}", recipe=replace(paper, **own))),
        Stage("figure-3-right-full", figure_3_right, replace(steep, preset=f"paper{instead}", lrs=figure.lrs)),
    ]  # fmt: skip
    return [replace(stage, config=replace(stage.config, form=form)) for stage in stages]


def run_section(
    budget: str, out: Path, command: str, means: Means, say: Callable[[str], None] = print, form: str = "paper"
) -> None:
    """Train what fits, and save the results of every stage that is complete, into OUT/section-4-STAGE.

    Args:
        budget: see `seconds`.
        out: folder of all results.
        command: for the records.
        means: the device, and where members are kept.
        say: takes lines for the user.
        form: see `experiments.last_bits.forms`.

    Raises:
        InputError: a budget that is none, no data, no such device.
    """
    ends = time.monotonic() + seconds(budget)
    if means.clustered:
        raise InputError(f"expected {NAME} in this process, got workers or a scheduler; leave them out")
    means = replace(means, device=checked_device(means.device))
    paper = replace(PAPER, data=first_available(DATA, means.data_dir))
    run_plan(plan(paper, form), ends, out, command, means, say)


def run_plan(stages: Sequence[Stage], ends: float, out: Path, command: str, means: Means, say: Callable[[str], None]) -> None:
    """As `run_section`, of any stages, until the clock of `time.monotonic` shows `ends`."""
    from experiments.running.sweep import sweep

    pace = Steps(means)
    for number, stage in enumerate(stages, start=1):
        for group in stage.groups:
            needed = pace.seconds(group)
            if needed > ends - time.monotonic():
                left = sum(map(pace.seconds, (group for later in stages[number - 1 :] for group in later.groups)))
                say(f"{NAME}: no time left for the next {_length(needed)} ({stage.name}), of {_length(left)} in all")
                say("the same command goes on from here")
                return
            if needed:
                say(f"{NAME}, {stage.name} ({stage.config.preset}): about {_length(needed)} for the next group")
            sweep([group], means)
        say(run_config(f"{NAME}-{stage.name}", stage.module, stage.config.preset, stage.config, out, command, means))
    say(f"{NAME}: everything is trained")


class Steps:
    """What groups cost, from steps measured once for every make of group.

    Args:
        means: device, data and store.
    """

    def __init__(self, means: Means) -> None:
        self.means = means
        self._each: dict[Any, float] = {}
        self._data: dict[Any, Data] = {}

    def seconds(self, group: Group) -> float:
        """Still to train; 0 for what is finished."""
        missing = GroupFolder.within(self.means.store, group).missing()
        if not missing:
            return 0.0
        ks = tuple(dict.fromkeys((group.unperturbed, *missing)))
        recipe = group.recipe
        make = replace(recipe, lr=1.0, epochs=1, lr_every=0, trace=0, fluctuation=0), ks, group.kind, group.form
        if make not in self._each:
            self._each[make] = _seconds_a_step(replace(group, ks=ks), self._images(recipe), self.means.device)
        return self._each[make] * (steps_per_epoch(group, self._images(recipe)) + recipe.fluctuation) * recipe.epochs

    def _images(self, recipe: Recipe) -> Data:
        wanted = recipe.data, recipe.subset, recipe.dtype
        if wanted not in self._data:
            dtype, where = getattr(torch, recipe.dtype), self.means
            self._data[wanted] = load(
                recipe.data, data_dir=where.data_dir, subset=recipe.subset, device=where.device, dtype=dtype
            )
        return self._data[wanted]


def _seconds_a_step(group: Group, data: Data, device: str) -> float:
    """Of all members on a batch, after the first steps, which record and warm up."""
    batches = [batch for _, batch in zip(range(WARM_UP + TIMED), training_batches(group, data, 0), strict=False)]
    with reproducible():
        steps = stepper(members(group, data, device), device, True)
        for batch in batches[:WARM_UP]:
            steps.step(*batch).sum().item()
        started = time.perf_counter()
        for batch in batches[WARM_UP:] or batches:
            losses = steps.step(*batch)
        losses.sum().item()  # waits for the device
    return (time.perf_counter() - started) / len(batches[WARM_UP:] or batches)


def _length(span: float) -> str:
    return f"{span / 3600:.1f} h" if span > 5400 else f"{span / 60:.0f} min" if span > 90 else f"{span:.0f} s"
