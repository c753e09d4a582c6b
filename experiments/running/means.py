"""By what means a sweep is trained: where, with whose hands, and where its members are kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from derive.errors import InputError

STORE = ".members"
"""Within the folder of all results, unless another place is asked for."""


@dataclass(frozen=True)
class Means:
    """None of this changes a bit of a result, but the device.

    Attributes:
        device: "cpu", "cuda" or "cuda:N".
        data_dir: folder with data files of the user's own; None for the cache.
        store: folder of the members; every process and worker of a sweep must reach it under this name.
        workers: processes on this machine; None to train in this very process.
        scheduler: address of a Dask scheduler to hand the work to.

    Raises:
        InputError: no worker, or both workers and a scheduler.
    """

    device: str = "cpu"
    data_dir: Path | None = None
    store: Path = Path("results") / STORE
    workers: int | None = None
    scheduler: str | None = None

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise InputError(f"expected at least 1 worker, got {self.workers}")
        if self.workers is not None and self.scheduler is not None:
            raise InputError("expected --workers or --scheduler, got both; a scheduler brings its own workers")

    @property
    def clustered(self) -> bool:
        """Whether other processes train."""
        return self.workers is not None or self.scheduler is not None
