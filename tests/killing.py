"""Processes that are killed by a real SIGKILL: at a moment, or before their n-th file operation within a folder."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

OURS = ["tests.experiments.sweeping", "tests.experiments.saving", "tests.numerics.saving"]
PRELOADED = ["torch._inductor", "sklearn.datasets", *OURS, "tests.frozen"]
"""Imported once, in the process that all others are forked from; the first two by training when it begins."""

FILE_EVENTS = {"open", "os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.unlink", "os.chmod", "shutil.rmtree"}


def started(call: Callable[..., object], *arguments: object) -> Any:
    """A process that makes a call; torch is there already, so it starts within milliseconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    process = context.Process(target=call, args=arguments)
    process.start()
    return process


def finished(process: Any, seconds: float = 60) -> int:
    """The exit status; minus 9 if it was killed."""
    process.join(seconds)
    assert process.exitcode is not None, "the process hangs"
    return process.exitcode


def killed_before(number: int, folder: str, call: Callable[..., object], *arguments: object) -> bool:
    """Call in a process that kills itself before its file operation `number` within a folder; whether it came to that."""
    status = finished(started(_kill_itself, number, folder, call, *arguments))
    assert status in (0, -signal.SIGKILL)
    return status != 0


def _kill_itself(number: int, folder: str, call: Callable[..., object], *arguments: object) -> None:
    left = [number]

    def hook(event: str, details: tuple[object, ...]) -> None:
        if event in FILE_EVENTS and str(details[0]).startswith(folder):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    call(*arguments)
