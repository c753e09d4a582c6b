"""A sweep on a Dask cluster: one task per group, which writes into the shared store.

A worker may be killed at any moment: Dask hands its task to another, which goes on from the last checkpoint.
See docs/clusters.md.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from types import ModuleType
from typing import Any
from uuid import uuid4

import xarray as xr

from derive.errors import InputError
from experiments.running.cluster.connection import TROUBLE, connection, distributed, greet, needed
from experiments.running.cluster.failures import KEPT, one_line
from experiments.running.cluster.task import PARTS, train_group
from experiments.running.group_lock import Say
from experiments.running.means import Means
from experiments.running.progress import Report
from numerics.training.recipe import Group


def in_cluster(groups: Sequence[Group], means: Means, report: Report, say: Say) -> list[xr.Dataset]:
    """The results of groups, in their order.

    Args:
        groups: no two with the same key.
        means: with workers or a scheduler; absolute folders.
        report: called with the work done and all of it.
        say: takes lines for the user, also those of the workers.

    Raises:
        InputError: Dask is not installed, the scheduler does not answer or goes away, workers die again and again, or
            Dask fails in another way; and what training raises.
    """
    dask = distributed()
    with dask.utils.silence_logging_cmgr(logging.CRITICAL), one_line(), connection(dask, means) as client:
        greet(client, means, say)
        board = Board(len(groups), report, say)
        client.subscribe_topic(board.topic, board.hear)
        return _Tasks(dask, client, groups, means, board).results()


class Board:
    """Where the driver hears of its tasks: their progress, and lines for the user.

    Attributes:
        topic: under which tasks speak.
        furthest: of each group, the most that was ever done, in parts of PARTS.
    """

    def __init__(self, groups: int, report: Report, say: Say) -> None:
        self.topic = f"gradcfl-{uuid4().hex}"
        self.furthest = [0] * groups
        self._now, self._report, self._say = [0] * groups, report, say

    def hear(self, event: tuple[Any, dict[str, Any]]) -> None:
        """One message: (time, {"group": its number, "done": parts of PARTS} or {"line": text})."""
        message = event[1]
        if "line" in message:
            self._say(message["line"])
        else:
            self.mark(message["group"], message["done"])

    def mark(self, number: int, done: int) -> None:
        """A group has come so far."""
        self._now[number], self.furthest[number] = done, max(done, self.furthest[number])
        self._report(sum(self._now), PARTS * len(self._now))


class _Tasks:
    """The tasks of a sweep; submitted again if their workers died although they got on."""

    def __init__(self, dask: ModuleType, client: Any, groups: Sequence[Group], means: Means, board: Board) -> None:
        self._dask, self._client, self._groups, self._means, self._board = dask, client, groups, means, board
        self._number: dict[Any, int] = {}
        self._reached = [-1] * len(groups)

    def results(self) -> list[xr.Dataset]:
        """All of them, in the order of the groups."""
        answers: dict[int, xr.Dataset] = {}
        try:
            futures = [self._submit(number) for number in range(len(self._groups))]
            waiting = self._dask.as_completed(futures, loop=self._client.loop)
            for future in waiting:
                number = self._number[future]
                if isinstance(error := future.exception(), self._dask.KilledWorker):
                    waiting.add(self._again(number, error))
                else:
                    answers[number] = _answer(future)
                    self._board.mark(number, PARTS)
        finally:
            with suppress(*TROUBLE):  # a scheduler that is gone has nothing to cancel
                self._client.cancel(list(self._number))
        return [answers[number] for number in range(len(self._groups))]

    def _submit(self, number: int) -> Any:
        group = self._groups[number]
        arguments = {"resources": needed(self._means), "pure": False, "key": f"train-{group.key()}-{uuid4().hex[:8]}"}
        future = self._client.submit(train_group, group, self._means, number, self._board.topic, **arguments)
        self._number[future] = number
        return future

    def _again(self, number: int, error: Exception) -> Any:
        """Another task for a group whose workers died, unless it got no further than the last time."""
        reached, key = self._board.furthest[number], self._groups[number].key()
        if reached <= self._reached[number]:
            where = getattr(getattr(error, "last_worker", None), "address", "unknown")
            raise InputError(f"workers died again and again over group {key}, the last one {where}: too little memory? {KEPT}")
        self._reached[number] = reached
        return self._submit(number)


def _answer(future: Any) -> xr.Dataset:
    try:
        return future.result()
    except ModuleNotFoundError as error:
        raise InputError(f"a worker has no module {error.name}; install gradcfl there, in this very version") from None
