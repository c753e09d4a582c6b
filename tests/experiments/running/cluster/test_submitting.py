"""Sweeps on a real Dask cluster: the bits of the in-process run, also when a worker is killed by a real SIGKILL."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from derive.errors import InputError
from experiments.running.cluster import connection as cluster_connection
from experiments.running.cluster import submitting as cluster
from experiments.running.cluster.failures import one_line
from experiments.running.cluster.submitting import PARTS, Board
from experiments.running.cluster.task import _own_device
from experiments.running.means import Means
from experiments.running.sweep import sweep
from numerics.training.recipe import Group
from tests.experiments.sweeping import group
from tests.killing import finished, started

pytestmark = pytest.mark.exact

dask, distributed = pytest.importorskip("dask"), pytest.importorskip("distributed")

GROUPS = [group(1, 3, epochs=60), group(1, 5, epochs=60, order=2)]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> list[xr.Dataset]:
    """In this very process."""
    return sweep(GROUPS, Means(store=tmp_path_factory.mktemp("alone")))


def identical(found: Sequence[xr.Dataset], expected: Sequence[xr.Dataset]) -> None:
    for a, b in zip(found, expected, strict=True):
        assert a.trail.values.tolist() == b.trail.values.tolist()
        xr.testing.assert_identical(a, b)


class Killer:
    """Kills the worker that trains a group once it has a checkpoint: its number is in the group's file `holder`."""

    def __init__(self, store: Path, of: Group) -> None:
        self.killed, self._folder = 0, store / of.key()
        self._thread = threading.Thread(target=self._kill, daemon=True)
        self._thread.start()

    def _kill(self) -> None:
        while not list(self._folder.glob("running/*/[0-9]*")):
            time.sleep(0.005)
        self.killed = int((self._folder / "holder").read_text().split()[1])
        os.kill(self.killed, signal.SIGKILL)


@pytest.fixture
def forked() -> Iterator[None]:
    """Dask's processes are forked from the one of `started`, which has imported torch: each would take seconds for it."""
    finished(started(int))  # begun before Dask has its own modules imported there
    with dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"}):
        yield


def test_a_process_of_its_own_has_the_same_bits(tmp_path: Path, alone: list[xr.Dataset]) -> None:
    """Begun as Dask begins one by default, with nothing imported."""
    identical(sweep(GROUPS[:1], Means(store=tmp_path, workers=1)), alone[:1])


@pytest.mark.usefixtures("forked")
def test_a_killed_worker_costs_time_only(tmp_path: Path, alone: list[xr.Dataset]) -> None:
    """Two processes; one is killed in the middle of its task, which goes on elsewhere."""
    lines, seen = [], []
    killer = Killer(tmp_path, GROUPS[0])
    means = Means(store=tmp_path, workers=2)
    found = sweep(GROUPS, means, report=lambda done, total: seen.append(done / total), say=lines.append)
    assert killer.killed not in (0, os.getpid())
    assert not alive(killer.killed)
    assert any("goes on after epoch" in line for line in lines)
    assert seen[-1] == 1.0
    identical(found, alone)


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="module")
def scheduler() -> Iterator[Any]:
    """A cluster of somebody else's, in this process for speed: one worker that offers a GPU it does not have."""
    arguments = {"n_workers": 1, "threads_per_worker": 2, "processes": False, "dashboard_address": ":0"}
    with distributed.LocalCluster(**arguments, protocol="tcp", resources={"GPU": 1}) as found:
        yield found


def test_an_existing_scheduler(scheduler: Any, tmp_path: Path, alone: list[xr.Dataset]) -> None:
    """A worker with two threads still trains one group at a time."""
    found = sweep(GROUPS, Means(store=tmp_path, scheduler=scheduler.scheduler_address))
    identical(found, alone)


def test_what_a_worker_raises_is_one_line(scheduler: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"cannot write to .*choose another --store"):
        sweep(GROUPS, Means(store=tmp_path / "file", scheduler=scheduler.scheduler_address))


class Unreadable:
    """Can be written, and not be read: as what a worker's gradcfl of another version does not have."""

    def __reduce__(self) -> tuple:
        return getattr, (cluster_connection, "of_another_version")


def raising(error: Exception):
    def train(*_: object) -> None:
        raise error

    return train


def given(value: object):
    """A task that carries a value."""
    return lambda *_: value


OF_DASK = {
    "CommClosedError: gone": raising(distributed.comm.CommClosedError("gone")),
    "NoWorkerError": raising(distributed.scheduler.NoWorkerError("none", 3)),
    "ClosedClientError: closed": raising(distributed.client.ClosedClientError("closed")),
    "deserialization of the task graph": given(Unreadable()),
    "serialize": given(threading.Lock()),
}


@pytest.mark.parametrize("said", OF_DASK)
def test_what_goes_wrong_in_dask_is_one_line(
    said: str, scheduler: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "train_group", OF_DASK[said])
    with pytest.raises(InputError, match=rf"^Dask failed \(.*{said}.*Finished members and checkpoints are kept") as told:
        sweep(GROUPS, Means(store=tmp_path, scheduler=scheduler.scheduler_address))
    assert "\n" not in str(told.value)


def test_what_goes_wrong_in_a_training_is_raised(scheduler: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "train_group", raising(RuntimeError("a fault of ours")))
    with pytest.raises(RuntimeError, match="a fault of ours"):
        sweep(GROUPS, Means(store=tmp_path, scheduler=scheduler.scheduler_address))


def test_a_lost_scheduler_is_one_line() -> None:
    with pytest.raises(InputError, match=r"lost the Dask scheduler\. Finished members"), one_line():
        raise CancelledError


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), MemoryError(), KeyError("x")])
def test_errors_that_are_not_dasks_pass(error: BaseException) -> None:
    with pytest.raises(type(error)) as told, one_line():
        raise error
    assert told.value is error


@pytest.mark.skipif("__import__('torch').cuda.is_available()", reason="there is a GPU here")
def test_the_device_is_the_workers(scheduler: Any, tmp_path: Path) -> None:
    """The driver needs no GPU; the task goes to a worker that offers one, and that has to have it."""
    with pytest.raises(InputError, match="unknown device 'cuda': expected one of cpu"):
        sweep(GROUPS, Means("cuda", store=tmp_path, scheduler=scheduler.scheduler_address))


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:1", "tcp://no.such.host.invalid:8786", "nonsense", "", "tcp://", "http://127.0.0.1:1"]
)
def test_an_unreachable_scheduler_is_one_line(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_connection, "ANSWER", 0.3)
    with pytest.raises(InputError, match="no Dask scheduler answers at") as error:
        sweep(GROUPS, Means(store=tmp_path, scheduler=address))
    assert "\n" not in str(error.value)


def test_somebody_else_at_that_address_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that is open, and whose owner says nothing."""
    monkeypatch.setattr(cluster_connection, "ANSWER", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(InputError, match="no Dask scheduler answers at"):
        sweep(GROUPS, Means(store=tmp_path, scheduler=f"tcp://127.0.0.1:{other.getsockname()[1]}"))


class Closing:
    """A cluster or a client that fails to close, as when its processes were killed."""

    closed = 0

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def close(self) -> None:
        Closing.closed += 1
        raise TimeoutError("closing")


def failing(error: BaseException) -> type:
    """A class that cannot be made."""

    class Failing:
        def __init__(self, *_: object, **__: object) -> None:
            raise error

    return Failing


ERRORS = [RuntimeError("Nanny failed to start.\nTraceback"), OSError(24, "Too many open files"), TimeoutError()]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("failing_part", ["LocalCluster", "Client"])
def test_workers_that_do_not_start_are_one_line(failing_part: str, error: Exception) -> None:
    class Dask:
        LocalCluster = Client = Closing

    setattr(Dask, failing_part, failing(error))
    before = Closing.closed
    refused = pytest.raises(InputError, match=r"the 3 workers did not start \(.*try fewer --workers")
    with refused as told, cluster_connection.connection(Dask, Means(workers=3)):
        pass
    assert "\n" not in str(told.value)
    assert Closing.closed - before == (failing_part == "Client")


def test_a_cluster_that_fails_to_close_costs_no_result() -> None:
    class Dask:
        LocalCluster = Client = Closing

    before = Closing.closed
    with cluster_connection.connection(Dask, Means(workers=3)) as client:
        assert isinstance(client, Closing)
    assert Closing.closed - before == 2
    with pytest.raises(KeyError), cluster_connection.connection(Dask, Means(workers=3)):
        raise KeyError  # is not hidden


def test_without_dask(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"needs the extra `cluster`: pip install 'gradcfl\[cluster\]'"):
        sweep(GROUPS, Means(store=tmp_path, workers=2))


def test_the_board_adds_up() -> None:
    seen, lines = [], []
    board = Board(2, lambda done, total: seen.append((done, total)), lines.append)
    for message in ({"group": 0, "done": 500}, {"group": 1, "done": 100}, {"group": 0, "done": 250}, {"line": "x"}):
        board.hear((None, message))
    assert seen == [(500, 2 * PARTS), (600, 2 * PARTS), (350, 2 * PARTS)]
    assert lines == ["x"]
    assert board.furthest == [500, 100]


def test_workers_take_turns_with_the_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    assert [_own_device(Means("cuda", workers=4), name) for name in range(4)] == ["cuda:0", "cuda:1", "cuda:0", "cuda:1"]
    assert _own_device(Means("cuda:1", workers=4), 2) == "cuda:1"
    assert _own_device(Means("cuda", scheduler="tcp://x:1"), 3) == "cuda:0"


class Killed(Exception):
    """In the place of Dask's."""


class FakeFuture:
    def __init__(self, error: Exception | None) -> None:
        self.error = error

    def exception(self) -> Exception | None:
        return self.error

    def result(self) -> str:
        return "found"


@pytest.mark.parametrize(("progress", "message"), [([100, 200, None], None), ([100, 100], "workers died again and again")])
def test_deaths_are_forgiven_while_the_work_goes_on(progress: list[int | None], message: str | None) -> None:
    """Dask gives up a task whose workers died four times; it is handed in anew if it got further meanwhile."""
    steps = iter(progress)
    board = Board(1, lambda done, total: None, lambda line: None)

    class Client:
        loop = None

        def submit(self, *_: object, **__: object) -> FakeFuture:
            done = next(steps)
            if done is not None:
                board.mark(0, done)
            return FakeFuture(None if done is None else Killed())

        def cancel(self, futures: list[FakeFuture]) -> None:
            assert len(futures) == len(progress)

    class Waiting(list):
        add = list.append

    class Dask:
        KilledWorker = Killed

        @staticmethod
        def as_completed(futures: list[FakeFuture], loop: None) -> Waiting:
            return Waiting(futures)

    tasks = cluster._Tasks(Dask, Client(), [group()], Means(workers=1), board)
    if message is None:
        assert tasks.results() == ["found"]
    else:
        with pytest.raises(InputError, match=message):
            tasks.results()
