"""One line for every check, as it is made, and a record of all of them."""

from __future__ import annotations

import json
import platform
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from derive.bare import version_of
from derive.files.writing import write_whole
from derive.shown import message
from experiments.page.first_runs import RECORD
from experiments.running.provenance import hardware, versions

TOLD = 300
"""Characters of an error that are told."""


@dataclass(frozen=True)
class Line:
    """What a check found: PASS, FAIL, or INFO where nothing is claimed; its name, the numbers, seconds since the start."""

    result: str
    name: str
    told: str
    at: float


@dataclass
class Log:
    """The lines so far, and the time that is left.

    Attributes:
        device: "cpu" or "cuda:N".
        budget: seconds for everything.
        lines: in their order.
    """

    device: str
    budget: float
    clock: Callable[[], float] = time.monotonic
    lines: list[Line] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._started = self.clock()
        self.date = datetime.now(UTC).isoformat(timespec="seconds")

    @property
    def gpu(self) -> bool:
        """Whether it is a real run, not a dry one on a CPU."""
        return self.device.startswith("cuda")

    @property
    def left(self) -> float:
        """Of the budget, in seconds; below 0 once it is spent."""
        return self.budget - (self.clock() - self._started)

    def say(self, passed: bool | None, name: str, told: object = "") -> None:
        """One line; None for INFO."""
        word = "INFO" if passed is None else "PASS" if passed else "FAIL"
        self.lines.append(Line(word, name, str(told), round(self.budget - self.left, 1)))
        print(f"{word} [{self.lines[-1].at:5.0f} s] {name}{': ' if str(told) else ''}{told}", flush=True)

    def check(self, name: str, work: Callable[[Log], None], needs: float = 5.0) -> None:
        """Do some work that says its own lines; skipped politely when fewer seconds are left than it needs."""
        if self.left < needs:
            self.say(None, name, f"skipped: {max(self.left, 0):.0f} s left of {self.budget:.0f}, it needs about {needs:.0f}")
            return
        try:
            work(self)
        except ModuleNotFoundError as error:
            self.say(None, name, f"skipped: the package {error.name} is not here")
        except Exception as error:  # the next check may still tell something
            at = traceback.extract_tb(error.__traceback__)[-1]
            text = message(error)[:TOLD]
            self.say(False, name, f"{type(error).__name__}: {text} ({Path(at.filename).name}:{at.lineno})")

    def counted(self) -> dict[str, int]:
        """Lines by their result."""
        return {word: sum(line.result == word for line in self.lines) for word in ("PASS", "FAIL", "INFO")}

    def record(self) -> dict[str, Any]:
        """Everything, for JSON."""
        libraries = {"python": platform.python_version(), "cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version()}
        libraries |= versions() | {name: version_of(name) for name in ("scipy", "sympy", "xarray")}
        return {
            "date": self.date, "device": self.device, "hardware": hardware(self.device), "platform": platform.platform(),
            "versions": libraries, "budget": self.budget, "seconds": round(self.budget - self.left, 1),
            "counts": self.counted(), "lines": [asdict(line) for line in self.lines],
        }  # fmt: skip

    def save(self, folder: Path) -> Path:
        """Write the record, whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / RECORD, json.dumps(self.record(), indent=1))
        return folder / RECORD
