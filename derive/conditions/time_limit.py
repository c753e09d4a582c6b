"""A time limit for a symbolic calculation that may run away.

Where the system has no threads the block itself is not interrupted, and the next one of a `Limit` finds nothing left.

The time is the processor's, spent by the calculation itself: what is found must not depend on what else the machine does.
A limit of the time elapsed can be set beside it, for a user who waits.
"""

from __future__ import annotations

import ctypes
import gc
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

SECONDS = 20.0
"""For a derivation, unless a caller says otherwise: amplification polynomial and search together."""

AGAIN = 0.05  # seconds until the next attempt: an exception that lands in a destructor is swallowed there

PATIENT = 600.0
"""Seconds for what has one answer: a theorem's condition is not another one on a busy machine."""

WAITING = 4.0
"""Where somebody waits: a busy machine may take this many times the processor time."""


class TimeUp(BaseException):
    """Raised inside the calculation; not an `Exception`, so that no handler on the way swallows it."""


@contextmanager
def time_limit(seconds: float, elapsed: float = math.inf) -> Iterator[None]:
    """Raise `TimeUp` in the block once the time is over; works in any thread, between two Python instructions.

    Garbage collection waits for the end of the block: its callbacks would swallow the exception.

    Args:
        seconds: of the thread's processor time (of time elapsed, where the system does not tell), greater than 0.
        elapsed: limit of the time elapsed, in seconds.
    """
    target, over, fired, lock = threading.get_ident(), threading.Event(), threading.Event(), threading.Lock()
    watch = threading.Thread(target=_interrupt, args=(target, over, fired, lock, _left(target, seconds, elapsed)), daemon=True)
    collecting = gc.isenabled()
    gc.disable()
    try:
        with suppress(RuntimeError):  # where there are no threads, as in a browser: whoever waits there ends it from outside
            watch.start()
        yield
    finally:
        try:
            with lock:  # from here on nothing new is raised
                over.set()
            if fired.is_set():
                _absorb(target)
        finally:
            over.set()
            if collecting:
                gc.enable()


class Limit:
    """One limit for several blocks in one thread, one after the other.

    Args:
        seconds: of processor time, in all.
        elapsed: of time elapsed since this was made.
    """

    def __init__(self, seconds: float, elapsed: float = math.inf) -> None:
        """The time begins to run."""
        self._left = _left(threading.get_ident(), seconds, elapsed)
        self._latest = time.monotonic() + elapsed

    def block(self, least: float = 0.0) -> AbstractContextManager[None]:
        """A block that ends with the limit, or later by what is missing to `least` seconds of processor time.

        For these a busy machine is waited for too.

        Raises:
            TimeUp: nothing is left.
        """
        left = self._left()
        if max(left, least) <= 0:
            raise TimeUp
        return time_limit(max(left, least), max(self._latest - time.monotonic(), WAITING * least))


def _interrupt(
    target: int, over: threading.Event, fired: threading.Event, lock: threading.Lock, remaining: Callable[[], float]
) -> None:
    wait = min(AGAIN, max(remaining(), 0.0))
    while not over.wait(wait):
        with lock:
            if over.is_set():
                return
            left = remaining()  # the thread lives as long as `over` is not set, and so does its clock
            if left <= 0:
                fired.set()
                _raise_in(target, TimeUp)
        wait = max(left, AGAIN)


def _left(thread: int, seconds: float, elapsed: float) -> Callable[[], float]:
    """What is left of either limit, whichever is less, in seconds."""
    spent = _clock(thread)
    end, latest = spent() + seconds, time.monotonic() + elapsed
    return lambda: min(end - spent(), latest - time.monotonic())


def _absorb(thread: int) -> None:
    """Take back what may still be pending in this thread, by raising it here.

    To set it to nothing is not enough: CPython 3.11 then keeps its flag of pending work up for ever, which slows every loop
    and hangs the first function called under a tracer or profiler.
    """
    try:
        _raise_in(thread, TimeUp)
        while True:
            pass
    except TimeUp:
        return


def _clock(thread: int) -> Callable[[], float]:
    """Processor time of a thread, in seconds."""
    if not hasattr(time, "pthread_getcpuclockid"):
        return time.monotonic
    try:
        clock = time.pthread_getcpuclockid(thread)
        time.clock_gettime(clock)
    except OSError:  # named and not there, as in a browser
        return time.monotonic
    return lambda: time.clock_gettime(clock)


def _raise_in(thread: int, kind: type[BaseException]) -> None:
    """Raise an exception in a thread at its next instruction."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(kind))
