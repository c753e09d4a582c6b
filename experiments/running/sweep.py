"""Train groups of members, here or on a cluster: the same bits either way, and what is finished is never trained again.

A group is a recipe and seeds, its members are perturbations of it, by number (`numerics.training.recipe`). A member's bits
depend on its group and number alone, not on who else is trained beside it: so groups of one key, though asked for by several
figures, are one; its members come from the store where they are finished, and the rest is trained together, each group by
one process that holds its lock. Which process, here or elsewhere, is all that `Means` say.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

import xarray as xr

from experiments.running.group_lock import Say
from experiments.running.means import Means
from experiments.running.progress import Report, part, silent
from experiments.running.provenance import checked_device
from experiments.running.training_run import trained
from numerics.training.recipe import Group


def aloud(line: str) -> None:
    """A line on stderr; a progress bar stays below it."""
    print(line, file=sys.stderr, flush=True)


def sweep(groups: Sequence[Group], means: Means, report: Report = silent, say: Say = aloud) -> list[xr.Dataset]:
    """The results of groups, in their order.

    Groups that share everything but their members' numbers are trained as one. An interrupt loses nothing but the time since
    the last checkpoints; the same call goes on from there.

    Args:
        groups: any number; their members may overlap.
        means: where, and with whose hands.
        report: called with the work done and all of it.
        say: takes lines for the user.

    Returns:
        One dataset per group: dimensions k, epoch, layer (and step), as `GroupRun.results` gives it; its attribute `hardware`
        says on what its members were trained.

    Raises:
        InputError: no such device, data or scheduler; a store that cannot be written.
    """
    if means.scheduler is None:
        checked_device(means.device)  # before the work, not after it
    means = replace(means, store=means.store.absolute(), data_dir=means.data_dir and means.data_dir.absolute())
    united = _united(groups)
    try:
        datasets = _elsewhere(united, means, report, say) if means.clustered else _here(united, means, report, say)
    except KeyboardInterrupt:
        say(f"interrupted: finished members and checkpoints are kept in {means.store}; the same command goes on from there")
        raise
    results = dict(zip((group.key() for group in united), datasets, strict=True))
    return [results[group.key()].sel(k=list(group.ks)) for group in groups]


def _united(groups: Sequence[Group]) -> list[Group]:
    """One group for each key, with all members that are asked for."""
    united: dict[str, Group] = {}
    for group in groups:
        before = united.get(group.key(), group)
        united[group.key()] = replace(group, ks=tuple(dict.fromkeys((*before.ks, *group.ks))))
    return list(united.values())


def _here(groups: Sequence[Group], means: Means, report: Report, say: Say) -> list[xr.Dataset]:
    means = replace(means, device=checked_device(means.device))
    return [trained(group, means, say, part(report, index, len(groups))) for index, group in enumerate(groups)]


def _elsewhere(groups: Sequence[Group], means: Means, report: Report, say: Say) -> list[xr.Dataset]:
    from experiments.running.cluster.submitting import in_cluster  # Dask takes a while to import

    return in_cluster(groups, means, report, say)
