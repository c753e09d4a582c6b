"""Verdicts of both edges held against trainings on sampled batches: how often each is right.

In each setting a network is trained for some steps at a small step size. There three edges are measured, as largest step
sizes: without noise; in mean square along the top direction; and with what goes across (`mean_square`, coupled). Then it is
trained on from that very point at fixed shares of each edge, three below and three above, and watched. It is ruined if its
loss on all the data is higher at the end than there, or no number. An edge is right of a run below it that is not ruined, and
of one above it that is. Beside that, the monitor's last word: whether a ruined run was called stable.

Intervals are Wilson's at 95 %, as if runs were independent; those of one setting and seed share their first steps, so that they
are rather too short. "Ruined" is one of many choices: a run that is only slower is not.

    .venv/bin/python -m experiments.benchmarks.sampled_edges             # smoke: 2 settings
    .venv/bin/python -m experiments.benchmarks.sampled_edges default     # all 10

Source: the settings are of the kind of Andreyev et al. (2026), arXiv:2604.14108: small nets, small batches, momentum.
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from functools import partial
from itertools import product
from math import isfinite
from typing import Any, NamedTuple

import torch
from rich.console import Console
from rich.table import Table
from scipy.stats import binomtest
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import SGD, AdamW, Optimizer

from experiments.benchmarks.timing import threads
from experiments.running.provenance import hardware
from numerics import datasets
from numerics.monitor import StabilityMonitor, verdict

SHARES = (0.25, 0.5, 0.8, 1.25, 2.0, 4.0)
"""Of an edge."""
EDGES = {"noise-free": "largest_lr", "mean-square": "largest_lr_mean_square", "with what goes across": "largest_lr_coupled"}
WIDTH, FRESH = 64, 16
WORDS = ("as it is", "along the direction alone", "noise-free alone")
AGAINST = ("restrained", "unstable", "thrown out")


class Preset(NamedTuple):
    """How much is run.

    Attributes:
        settings: how many.
        seeds: of nets and batches.
        first: steps before the edges are measured.
        steps: steps after it.
    """

    settings: int
    seeds: int
    first: int
    steps: int


PRESETS = {"smoke": Preset(2, 1, 40, 60), "default": Preset(10, 1, 60, 150)}


class Setting(NamedTuple):
    """A network, rows of a batch, and how it is trained at first.

    Attributes:
        name: of all of it.
        norm: whether with batch norm.
        rows: of a batch.
        make: the optimiser.
    """

    name: str
    norm: bool
    rows: int
    make: Callable[[Any], Optimizer]


class Run(NamedTuple):
    """A training from the point where the edges were measured.

    Attributes:
        edge: of `EDGES`.
        share: of it.
        ruined: see above.
        words: the monitor's last, and what it would be by less: see `words`.
    """

    edge: str
    share: float
    ruined: bool
    words: dict[str, str]


def settings() -> list[Setting]:
    """Ten, those that differ most first."""
    sgd = {0.0: partial(SGD, lr=0.05), 0.9: partial(SGD, lr=0.005, momentum=0.9)}
    kinds = product((0.9, 0.0), (16, 64), (False, True))
    sgds = [Setting(f"{_net(norm)}, SGD {b:g}, batch {rows}", norm, rows, sgd[b]) for b, rows, norm in kinds]
    adam = partial(AdamW, lr=5e-4)
    return [*sgds, *(Setting(f"{_net(False)}, AdamW, batch {rows}", False, rows, adam) for rows in (16, 64))]


def _net(norm: bool) -> str:
    return "batch norm" if norm else "ReLU"


def network(norm: bool) -> nn.Sequential:
    """Two hidden layers for digits of 8x8."""
    hidden = [[nn.Linear(size, WIDTH), *([nn.BatchNorm1d(WIDTH)] if norm else []), nn.ReLU()] for size in (64, WIDTH)]
    return nn.Sequential(*hidden[0], *hidden[1], nn.Linear(WIDTH, 10))


def runs(setting: Setting, seed: int, preset: Preset) -> Iterator[Run]:
    """All from one point; none where an edge was not found there."""
    digits = datasets.load("digits").train
    inputs, targets = digits.images.flatten(1).float(), digits.labels
    torch.manual_seed(seed)
    model = network(setting.norm)
    optimizer, generator = setting.make(model.parameters()), torch.Generator().manual_seed(seed)
    options = {"shadow": 0.0, "layers": 0, "batches": FRESH, "spikes": False}
    with StabilityMonitor(model, optimizer, cross_entropy, budget=1e9, every=preset.first - 1, **options) as monitor:
        train(model, optimizer, _batches(inputs, targets, setting.rows, generator), preset.first + FRESH, monitor)
        latest = monitor.latest
    begun, lr = _loss(model, inputs, targets), optimizer.param_groups[0]["lr"]
    for name, key in EDGES.items():
        factor = latest[key][0] / lr if key in latest else float("nan")
        for share in SHARES if isfinite(factor) else ():
            again, other = deepcopy((model, optimizer))
            other.param_groups[0]["lr"] = share * factor * lr
            draws = torch.Generator().manual_seed(seed + 1)
            with StabilityMonitor(again, other, cross_entropy, budget=0.5, **{**options, "batches": 8}) as monitor:
                train(again, other, _batches(inputs, targets, setting.rows, draws), preset.steps, monitor)
                told = words(monitor.records.judged)
            yield Run(name, share, not _loss(again, inputs, targets) <= begun, told)


def words(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The last verdict of a record, by all edges; without what goes across; and without noise."""
    last = max((n for n, row in enumerate(rows) if "normalised" in row), default=-1)
    kept = rows[: last + 1]
    alone = [
        {**row, "coupled": row["mean_square"], "coupled_high": row["mean_square_high"]} if "coupled" in row else row
        for row in kept
    ]
    free = [{name: value for name, value in row.items() if name != "mean_square"} for row in kept]
    told = {name: verdict(own, True).word if kept else "none" for name, own in zip(WORDS, (kept, alone, free), strict=True)}
    # Without a mean-square edge it abstains; before there was one it did not.
    return {**told, WORDS[-1]: "stable" if told[WORDS[-1]] == "undecided" else told[WORDS[-1]]}


def train(model: nn.Module, optimizer: Optimizer, batches: Iterator[Any], steps: int, monitor: StabilityMonitor) -> None:
    """So many steps, watched."""
    for _, (inputs, targets) in zip(range(steps), batches, strict=False):
        optimizer.zero_grad()
        cross_entropy(model(inputs), targets).backward()
        optimizer.step()
        monitor.step(inputs, targets)


def _batches(inputs: Tensor, targets: Tensor, rows: int, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    """Epochs without replacement."""
    while True:
        for own in torch.randperm(len(inputs), generator=generator).split(rows)[:-1]:
            yield inputs[own], targets[own]


def _loss(model: nn.Module, inputs: Tensor, targets: Tensor) -> float:
    """Over all data, in the mode that is trained."""
    with torch.no_grad():
        return float(cross_entropy(deepcopy(model)(inputs), targets))


def share(right: int, count: int) -> str:
    """With Wilson's interval.

    >>> share(8, 10)
    '8 of 10 (80%; 49% to 94%)'
    """
    if not count:
        return "none"
    low, high = binomtest(right, count).proportion_ci(method="wilson")
    return f"{right} of {count} ({right / count:.0%}; {low:.0%} to {high:.0%})"


def tables(runs_of: dict[str, list[Run]]) -> list[Table]:
    """Shares of right edges, by setting and in all; what became of the runs by share; the monitor's words."""
    every = [run for own in runs_of.values() for run in own]
    rights = Table("setting", *EDGES, title="share of runs of which an edge is right")
    for name, own in [*runs_of.items(), ("all", every)]:
        told = [[(run.share > 1) == run.ruined for run in own if run.edge == edge] for edge in EDGES]
        rights.add_row(name, *(share(sum(right), len(right)) for right in told))
    ruined = Table("times the edge", *EDGES, title="share of runs that are ruined")
    for times in SHARES:
        own = [[run.ruined for run in every if run.edge == edge and run.share == times] for edge in EDGES]
        ruined.add_row(f"{times:g}", *(share(sum(one), len(one)) for one in own))
    last = Table("runs", "verdict by", "called stable", "undecided, at the edge", "against", title="the monitor's last word")
    for (name, lost), by in product((("ruined", True), ("not ruined", False)), WORDS):
        told = Counter(run.words[by] for run in every if run.ruined == lost)
        count, against = sum(told.values()), sum(told[word] for word in AGAINST)
        last.add_row(name, by, *(share(n, count) for n in (told["stable"], count - told["stable"] - against, against)))
    return [rights, ruined, last]


def main(preset: str = "smoke") -> None:
    """Run, and print the tables."""
    chosen, runs_of = PRESETS[preset], {}
    with threads(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # batch norm
        for setting in settings()[: chosen.settings]:
            runs_of[setting.name] = [run for seed in range(chosen.seeds) for run in runs(setting, seed, chosen)]
            print(
                setting.name, [share(sum(r.ruined for r in runs_of[setting.name]), len(runs_of[setting.name]))], file=sys.stderr
            )
    for table in tables(runs_of):
        Console().print(table)
    print(f"{preset}, {hardware('cpu')}, torch {torch.__version__}, one thread")


if __name__ == "__main__":
    main(*sys.argv[1:])
