"""A sweep on a Dask cluster: one task per group, which writes into the shared store.

A worker may be killed at any moment: Dask hands its task to another, which goes on from the last checkpoint.
See docs/clusters.md.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from multiprocessing import resource_tracker
from types import ModuleType
from typing import Any
from uuid import uuid4

import xarray as xr

from derive.errors import InputError
from experiments.cluster_task import PARTS, train_group
from experiments.group_lock import Say
from experiments.means import Means
from experiments.progress import Report
from numerics.training.recipe import Group

GPU = {"GPU": 1}
"""What a task asks for when the device is a GPU; workers offer it by `--resources GPU=1`."""

ANSWER = 10
"""Seconds within which a scheduler has to answer."""

KEPT = "Finished members and checkpoints are kept; the same command goes on from there"


def in_cluster(groups: Sequence[Group], means: Means, report: Report, say: Say) -> list[xr.Dataset]:
    """The results of groups, in their order.

    Args:
        groups: no two with the same key.
        means: with workers or a scheduler; absolute folders.
        report: called with the work done and all of it.
        say: takes lines for the user, also those of the workers.

    Raises:
        InputError: Dask is not installed, the scheduler does not answer or goes away, workers die again and again; and what
            training raises.
    """
    dask = _distributed()
    with dask.utils.silence_logging_cmgr(logging.CRITICAL), _client(dask, means) as client:
        _greet(client, means, say)
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
        found: dict[int, xr.Dataset] = {}
        try:
            futures = [self._submit(number) for number in range(len(self._groups))]
            waiting = self._dask.as_completed(futures, loop=self._client.loop)
            for future in waiting:
                number = self._number[future]
                if isinstance(error := future.exception(), self._dask.KilledWorker):
                    waiting.add(self._again(number, error))
                else:
                    found[number] = _answer(future)
                    self._board.mark(number, PARTS)
        except CancelledError:
            raise InputError(f"lost the Dask scheduler. {KEPT}") from None
        finally:
            self._client.cancel(list(self._number))
        return [found[number] for number in range(len(self._groups))]

    def _submit(self, number: int) -> Any:
        group = self._groups[number]
        arguments = {"resources": _needed(self._means), "pure": False, "key": f"train-{group.key()}-{uuid4().hex[:8]}"}
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


def _needed(means: Means) -> dict[str, int] | None:
    """What a task asks of a worker, and a local worker offers."""
    return GPU if means.device.startswith("cuda") else None


def _distributed() -> ModuleType:
    try:
        import distributed
    except ModuleNotFoundError:
        raise InputError("a cluster needs the extra `cluster`: pip install 'gradcfl[cluster]'") from None
    return distributed


@contextmanager
def _client(dask: ModuleType, means: Means) -> Iterator[Any]:
    """A connection to the scheduler asked for, or to a local cluster that lasts as long as the block."""
    if means.scheduler is not None:
        with _connected(dask, means.scheduler) as client:
            yield client
        return
    # Nothing is stored in the workers' memory, so no limit: the system decides.
    arguments = {"n_workers": means.workers, "threads_per_worker": 1, "memory_limit": 0, "resources": _needed(means)}
    with _uninterrupted():
        cluster = dask.LocalCluster(**arguments, dashboard_address=None, silence_logs=logging.CRITICAL)
    with cluster, dask.Client(cluster, set_as_default=False) as client:
        yield client


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C waits for the end of the block, and never reaches processes begun in it; the driver ends them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # begun later, it would let the signal through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _connected(dask: ModuleType, address: str) -> Any:
    try:
        return dask.Client(address, timeout=ANSWER, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            f"no Dask scheduler answers at {address!r} ({type(error).__name__}); start one by `dask scheduler`, and give its "
            "address as tcp://HOST:8786"
        ) from None


def _greet(client: Any, means: Means, say: Say) -> None:
    """Say what keeps the work from starting at once, if anything does."""
    workers, where = client.scheduler_info(n_workers=-1)["workers"].values(), means.scheduler
    if not workers:
        say(f"the scheduler at {where} has no workers yet; waiting for some")
    elif _needed(means) and not any(worker["resources"].get("GPU") for worker in workers):
        say(f"no worker at {where} offers a GPU yet; waiting for one (`dask worker {where} --resources GPU=1`)")
