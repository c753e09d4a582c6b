"""Rows as TensorBoard events; needs the package tensorboard."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from derive.errors import InputError
from numerics.monitor.records import TEXTS


class TensorBoard:
    """Writes every number as `stability/NAME`, or `stability/NAME/KEY` for layers and groups, and texts when they change.

    Args:
        folder: of the events.

    Raises:
        InputError: tensorboard is not installed.
    """

    def __init__(self, folder: str | Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise InputError("expected the package tensorboard, got none; pip install tensorboard") from None
        self._writer = SummaryWriter(str(folder))
        self._said: dict[str, str] = {}

    def write(self, step: int, row: Mapping[str, Any]) -> None:
        """Write a row."""
        for name, value in row.items():
            if name in TEXTS:
                self._text(step, name, value)
            elif isinstance(value, Mapping):
                for key, part in value.items():
                    self._writer.add_scalar(f"stability/{name}/{key}", part, step)
            else:
                self._writer.add_scalar(f"stability/{name}", value, step)

    def close(self) -> None:
        """Put all on the disk."""
        self._writer.close()

    def _text(self, step: int, name: str, value: str) -> None:
        if self._said.get(name) != value:
            self._said[name] = value
            self._writer.add_text(f"stability/{name}", value, step)
