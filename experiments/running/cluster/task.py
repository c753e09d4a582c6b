"""What a Dask worker does: train one group into the shared store, and tell the driver how it gets on."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import torch
import xarray as xr

from experiments.running.means import Means
from experiments.running.provenance import checked_device
from experiments.running.training_run import trained
from numerics.training.recipe import Group

PARTS = 1000
"""Into which the progress of a group is divided."""

SILENCE = 0.5
"""Seconds between two words of a task about its progress."""

_ONE_GROUP = threading.Lock()
"""The settings of reproducible training are the process's: one group at a time, whatever the number of a worker's threads."""


def train_group(group: Group, means: Means, number: int, topic: str) -> xr.Dataset:
    """The task: train what is missing of a group on this worker.

    Args:
        group: what is wanted.
        means: its device is this worker's.
        number: the group's place in the sweep.
        topic: under which the driver listens.
    """
    from distributed import get_worker

    worker, last = get_worker(), [0.0]

    def report(done: int, total: int) -> None:
        if time.monotonic() - last[0] > SILENCE:
            last[0] = time.monotonic()
            worker.log_event(topic, {"group": number, "done": PARTS * done // max(total, 1)})

    def say(line: str) -> None:
        worker.log_event(topic, {"line": f"{worker.address}: {line}"})

    with _ONE_GROUP:
        return trained(group, replace(means, device=_own_device(means, worker.name)), say, report)


def _own_device(means: Means, name: object) -> str:
    """The device of a worker: those of a local cluster take turns with the GPUs, others have their own."""
    count = torch.cuda.device_count()
    if means.device == "cuda" and means.workers is not None and isinstance(name, int) and count:
        return f"cuda:{name % count}"
    return checked_device(means.device)
