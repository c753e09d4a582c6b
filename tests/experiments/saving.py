"""Results that are saved in a process of their own, which ends badly."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from derive.errors import InputError
from experiments.running.store import replacing, save

if TYPE_CHECKING:
    from socket import socket


def killed_halfway(folder: Path) -> None:
    """SIGKILL while the new folder is half written."""
    with replacing(folder) as fresh:
        (fresh / "x.nc").write_text("half")
        os.kill(os.getpid(), signal.SIGKILL)


def saved_with_little_room(folder: Path, room: int, told: socket) -> None:
    """No file may be larger than `room` bytes; what is printed, by whomever, is told."""
    import resource  # of POSIX alone

    os.dup2(told.fileno(), 1)
    os.dup2(told.fileno(), 2)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    try:
        save(xr.Dataset({"v": ("t", np.random.default_rng(0).random(10_000))}), Figure(), "x", {}, folder)
    except InputError as error:
        print(error, flush=True)
