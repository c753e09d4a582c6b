"""Connections to a Dask cluster: one of this machine's own, or any that has a scheduler."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from types import ModuleType
from typing import Any

from derive.errors import InputError
from derive.shown import shown
from experiments.running.group_lock import Say
from experiments.running.means import Means

GPU = {"GPU": 1}
"""What a task asks for when the device is a GPU; workers offer it by `--resources GPU=1`."""

TROUBLE = (RuntimeError, OSError, TimeoutError, asyncio.TimeoutError)
"""What Dask raises when processes or connections of its own fail: workers that die while they start, time-outs, closed ones."""

ANSWER = 10
"""Seconds within which a scheduler has to answer."""


def needed(means: Means) -> dict[str, int] | None:
    """What a task asks of a worker, and a local worker offers."""
    return GPU if means.device.startswith("cuda") else None


def distributed() -> ModuleType:
    """The module, which takes a while to import.

    Raises:
        InputError: it is not installed.
    """
    try:
        import distributed
    except ModuleNotFoundError:
        raise InputError("a cluster needs the extra `cluster`: pip install 'gradcfl[cluster]'") from None
    return distributed


@contextmanager
def connection(dask: ModuleType, means: Means) -> Iterator[Any]:
    """A connection to the scheduler asked for, or to a local cluster that lasts as long as the block.

    Raises:
        InputError: the scheduler does not answer, or the workers do not start.
    """
    opened = [_connected(dask, means.scheduler)] if means.scheduler is not None else _started(dask, means)
    try:
        yield opened[-1]
    finally:
        for one in reversed(opened):
            with suppress(*TROUBLE):  # the work is done, or has its own error
                one.close()


def _started(dask: ModuleType, means: Means) -> list[Any]:
    """A local cluster, and a client of it.

    Raises:
        InputError: workers die or time out while they start.
    """
    # Nothing is stored in the workers' memory, so no limit: the system decides.
    arguments = {"n_workers": means.workers, "threads_per_worker": 1, "memory_limit": 0, "resources": needed(means)}
    opened: list[Any] = []
    try:
        with _uninterrupted():
            opened.append(dask.LocalCluster(**arguments, dashboard_address=":0", silence_logs=logging.CRITICAL))
        return [*opened, dask.Client(opened[0], set_as_default=False)]
    except TROUBLE as error:
        for one in opened:
            with suppress(*TROUBLE):
                one.close()
        reason = f"{type(error).__name__}: {shown(error, 80)}"
        raise InputError(
            f"the {means.workers} workers did not start ({reason}): too many for this machine, or too little memory? "
            "try fewer --workers"
        ) from None


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
    """A client of a scheduler that answers. One that is made before it answers would go on trying when nobody needs it."""
    try:
        with ThreadPoolExecutor(1) as apart:  # notebooks have an event loop of their own in this thread
            apart.submit(lambda: asyncio.run(_knock(dask, address))).result()
        return dask.Client(address, timeout=ANSWER, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            f"no Dask scheduler answers at {address!r} ({type(error).__name__}); start one by `dask scheduler`, and give its "
            "address as tcp://HOST:8786"
        ) from None


async def _knock(dask: ModuleType, address: str) -> None:
    """Connect, as Dask's own processes do, and go away."""
    secured = dask.Security().get_connection_args("client")
    # Its own timeout does not cover a peer that accepts and then says nothing.
    comm = await asyncio.wait_for(dask.comm.connect(address, timeout=ANSWER, **secured), 1.5 * ANSWER)
    await comm.close()


def greet(client: Any, means: Means, say: Say) -> None:
    """Say what keeps the work from starting at once, if anything does."""
    workers, where = client.scheduler_info(n_workers=-1)["workers"].values(), means.scheduler
    if not workers:
        say(f"the scheduler at {where} has no workers yet; waiting for some")
    elif needed(means) and not any(worker["resources"].get("GPU") for worker in workers):
        say(f"no worker at {where} offers a GPU yet; waiting for one (`dask worker {where} --resources GPU=1`)")
