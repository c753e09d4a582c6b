"""Groups that are trained in a fraction of a second, and sweeps of them that can be run in a process of their own."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr
from torch import Tensor

from experiments.running import training_run
from experiments.running.means import Means
from experiments.running.pace import Pace
from experiments.running.sweep import sweep
from numerics.checkpoints import checkpoint
from numerics.common.netcdf import from_bytes, to_bytes
from numerics.training.group import GroupRun
from numerics.training.recipe import Group, Recipe, Seeds

if TYPE_CHECKING:
    import pytest

from_bytes(to_bytes(xr.Dataset({"x": 0.0})))  # xarray's own late imports

TINY = Recipe(net="tiny", data="digits", subset=64, batch=32, epochs=6, lr=0.05, lr_every=3)


def group(*ks: int, order: int = 1, epochs: int = TINY.epochs) -> Group:
    """A small one."""
    return Group(replace(TINY, epochs=epochs), Seeds(order=order), ks=ks or (1, 3))


def end_at(patch: pytest.MonkeyPatch, epoch: int, error: type[BaseException] = KeyboardInterrupt) -> None:
    """A training that comes to this epoch ends with an error, as one does that is interrupted."""
    advance = GroupRun.advance

    def ended(run: GroupRun, report: Any = None) -> None:
        if run.epoch == epoch:
            raise error
        advance(run, report)

    patch.setattr(GroupRun, "advance", ended)


def after_every_epoch() -> Pace:
    """Checkpoints whatever they cost."""
    return Pace(share=inf)


def train(store: str, groups: Sequence[Group], told: str | None = None) -> None:
    """A sweep with checkpoints after every epoch, for a process that may be killed.

    Args:
        store: where to.
        groups: what.
        told: file for the lines to the user.
    """
    training_run.Pace = after_every_epoch
    with Path(told).open("a") if told else nullcontext() as file:
        sweep(groups, Means(store=Path(store)), say=lambda line: print(line, file=file, flush=True) if file else None)


def train_until_killed(store: str, groups: Sequence[Group], checkpoints: int) -> None:
    """The same, but it ends by SIGKILL after so many checkpoints."""
    left, save = [checkpoints], checkpoint.save

    def last(*arguments: Any) -> None:
        save(*arguments)
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    checkpoint.save = last
    train(store, groups)


def train_forgetfully(store: str, groups: Sequence[Group]) -> None:
    """The same, but a resume drops the optimisers' momentum: the negative control."""
    training_run.GroupRun = Forgetful
    train(store, groups)


class Forgetful(GroupRun):
    """Loses the momentum when it resumes."""

    def restore(self, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> None:
        """Put back all, and then drop the optimisers' state."""
        super().restore(tensors, meta)
        for member in self.stable:
            for part in (part for values in member.optimizer.state.values() for part in values.values()):
                part.zero_()


def results(store: Path, groups: Sequence[Group]) -> list[xr.Dataset]:
    """What is kept; nothing is trained, or it is an error."""
    return sweep(groups, Means(store=store), say=_not_expected)


def _not_expected(line: str) -> None:
    raise AssertionError(line)
