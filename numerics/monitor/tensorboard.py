"""Rows as TensorBoard events; needs the package tensorboard."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from derive.errors import InputError
from numerics.monitor.records import TEXTS
from numerics.monitor.scalars import scalars


class TensorBoard:
    """Writes every number as `stability/NAME`, or `stability/NAME/KEY` for layers and groups, and texts when they change.

    Args:
        folder: of the events; or a `SummaryWriter` that there is, which stays open.

    Raises:
        InputError: tensorboard is not installed; neither a folder nor a writer.
    """

    def __init__(self, folder: str | Path | Any) -> None:
        self._said: dict[str, str] = {}
        self._own = isinstance(folder, str | Path)
        if not self._own:
            if not callable(getattr(folder, "add_scalar", None)):
                raise InputError(f"expected a folder or a SummaryWriter, got {type(folder).__name__}")
            self._writer = folder
            return
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise InputError("expected the package tensorboard, got none; pip install tensorboard") from None
        self._writer = SummaryWriter(str(folder))

    def write(self, step: int, row: Mapping[str, Any]) -> None:
        """Write a row."""
        for name, value in scalars(row).items():
            self._writer.add_scalar(name, value, step)
        for name in TEXTS:
            if name in row:
                self._text(step, name, row[name])

    def close(self) -> None:
        """Put all on the disk."""
        if self._own:
            self._writer.close()
        else:
            self._writer.flush()

    def _text(self, step: int, name: str, value: str) -> None:
        if self._said.get(name) != value:
            self._said[name] = value
            self._writer.add_text(f"stability/{name}", value, step)
