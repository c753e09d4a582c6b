"""What a reader of the numbers has to know is said once, and nothing that fails reaches the training."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from derive.errors import InputError
from derive.shown import described, message
from numerics.monitor.options import StabilityWarning

Row = dict[str, Any]


class Remarks:
    """All that was remarked, in the order in which it was."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return iter(self.told)

    def state(self) -> list[str]:
        """All of them."""
        return list(self.told)

    def restore(self, state: Sequence[str]) -> None:
        """They have been said."""
        self.told = [str(remark) for remark in state]

    def once(self, remark: str, applies: bool = True) -> None:
        """Warn; the same with other numbers is the same.

        Warns:
            StabilityWarning: the remark, if it applies and is new.
        """
        if applies and all(_without_numbers(remark) != _without_numbers(known) for known in self.told):
            self.told.append(remark)
            warnings.warn(remark, StabilityWarning, stacklevel=_outside())

    def tried(self, act: Callable[[], Row | None]) -> Row:
        """What it gives; nothing where it fails, which is remarked."""
        try:
            return act() or {}
        except StabilityWarning:  # the user's filter makes errors of warnings
            raise
        except Exception as error:
            self.missing(error)
            return {}

    def missing(self, error: Exception) -> None:
        """Something could not be measured."""
        try:
            self.once(f"the training goes on, but something is not measured: {reason(error)}")
        except StabilityWarning:
            raise
        except Exception:  # it cannot even be said: what shows warnings fails, say
            return


def reason(error: Exception) -> str:
    """In one line; an error that is not ours with its name."""
    return message(error) if isinstance(error, InputError) else described(error)


def _without_numbers(text: str) -> str:
    return re.sub(r"[-+.\d]*\d(e[-+]?\d+)?", "#", text)


def _outside() -> int:
    """Level of the first caller outside this package, for a warning that points at the user's line."""
    frame, level = sys._getframe(1), 1
    while frame is not None and frame.f_globals.get("__name__", "").startswith("numerics.monitor"):
        frame, level = frame.f_back, level + 1
    return level
