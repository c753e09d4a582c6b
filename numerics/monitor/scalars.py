"""Rows as flat numbers, and where people look for them: a run that takes dictionaries, and a table."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from derive.errors import InputError
from derive.files.writing import write_whole
from numerics.monitor.records import DIMS, TEXTS, UNITS

PREFIX = "stability/"

SHORT = (
    "normalised",
    "mean_square",
    "coupled",
    "largest_lr",
    "largest_lr_mean_square",
    "largest_lr_coupled",
    "spike_normalised",
)
"""What a log has room for."""


def scalars(row: Mapping[str, Any]) -> dict[str, float]:
    """Every number as `stability/NAME`, or `stability/NAME/KEY` for layers and groups; no texts. Names with a path keep it.

    >>> scalars({"loss": 0.5, "lr": {0: 0.1}, "verdict": "stable", "step": 3})
    {'stability/loss': 0.5, 'stability/lr/0': 0.1}
    """
    numbers = {name: float(value) for name, value in row.items() if "/" in name}
    for name in UNITS:
        value = row.get(name)
        if isinstance(value, Mapping):
            numbers |= {f"{PREFIX}{name}/{key}": float(part) for key, part in value.items()}
        elif value is not None:
            numbers[PREFIX + name] = float(value)
    return numbers


class Logged:
    """A sink for whatever has `log(numbers, step=...)`: a run of Weights & Biases (`wandb.init()`, also offline), or your own.

    Verdict and other texts go along, as they are. The run stays yours: it is not finished by the monitor.

    Args:
        run: with `log`.
        step: whether it is told the optimiser's step; without, the run counts by itself, where you log to it at other steps.

    Raises:
        InputError: it has no `log`.
    """

    def __init__(self, run: Any, step: bool = True) -> None:
        if not callable(getattr(run, "log", None)):
            raise InputError(f"expected a run with log(numbers, step=...), got {type(run).__name__}")
        self._run, self._step = run, step

    def write(self, step: int, row: Mapping[str, Any]) -> None:
        """Log a row."""
        texts = {PREFIX + name: row[name] for name in TEXTS if row.get(name)}
        told = {**scalars(row), **texts}
        if self._step:
            self._run.log(told, step=step)
        else:
            self._run.log({**told, PREFIX + "step": step})

    def close(self) -> None:
        """The run is not ours."""


class CSV:
    """A sink that keeps a table: a row for each step at which something was measured, a column for each number and text.

    Layers are left out, whose number is not known before. The file is written as the rows come, each whole. What is there is
    replaced at the first row; but where the monitor's `load_state_dict` comes before that, the rows up to the step that the
    training goes on from stay, and those to come are put behind them.

    Args:
        path: of the table.

    Raises:
        InputError: it cannot be written.
    """

    COLUMNS = ("step", *(name for name in UNITS if DIMS.get(name) != "layer"), *TEXTS)

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._stale = self._path.is_file()
        if self._stale:
            check_writable(self._path)
        else:
            self._begin()

    def write(self, step: int, row: Mapping[str, Any]) -> None:
        """Append a row."""
        if self._stale:
            self._begin()
        told = {**row, "step": step}
        values = [_cell(told.get(name, "")) for name in self.COLUMNS]
        with self._path.open("a", encoding="utf-8", newline="") as file:
            file.write(self._line(values))

    def resumed(self, step: int) -> None:
        """The training goes on from this step: what was written up to it stays.

        Raises:
            InputError: what is there is no table of this kind; the rows to come replace it.
        """
        if not self._stale:
            return
        with self._path.open(encoding="utf-8", newline="") as file:
            head, *rows = list(csv.reader(file)) or [[]]
        if head != list(self.COLUMNS) or not all(row and row[0].isdigit() for row in rows):
            raise InputError(f"expected {self._path} to be a table of these columns, got another; it is replaced")
        self._begin([row for row in rows if int(row[0]) <= step])

    def _begin(self, rows: Sequence[Sequence[str]] = ()) -> None:
        self._stale = False
        write_whole(self._path, "".join(map(self._line, (self.COLUMNS, *rows))).encode())

    def close(self) -> None:
        """All is written."""

    @staticmethod
    def _line(values: Any) -> str:
        text = StringIO()
        csv.writer(text, lineterminator="\n").writerow(values)
        return text.getvalue()


def check_writable(path: Path) -> None:
    """Without a change.

    Raises:
        InputError: it cannot be written.
    """
    try:
        with path.open("a"):
            pass
    except OSError as error:
        raise InputError(f"expected a file that can be written, got {path} ({error.strerror})") from None


def _cell(value: Any) -> Any:
    """Of groups the numbers, one after the other."""
    return " ".join(f"{part:.9g}" for part in value.values()) if isinstance(value, Mapping) else value
