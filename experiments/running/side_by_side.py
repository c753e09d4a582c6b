"""Processes that work side by side on this machine, for what takes seconds; whole sweeps have their own (`cluster`)."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import active_children, get_context

from derive.errors import InputError

MOST = 4
"""Each costs a second to start and its own libraries in memory; there is not work for more."""


def cores() -> int:
    """How many processes are worth starting here."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, MOST)


@contextmanager
def processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """A pool of fresh processes. Whatever ends the block ends them too: what they write is written whole or not at all.

    Raises:
        InputError: one of them was ended from outside.
    """
    pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_quiet_when_interrupted)
    try:
        yield pool
    except BrokenProcessPool:
        raise InputError("a process that worked for this one was ended from outside; if memory is short, free some") from None
    except BaseException:
        for child in active_children():
            child.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _quiet_when_interrupted() -> None:
    """Ctrl-C reaches all processes of a terminal; the one that started them speaks for all."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
