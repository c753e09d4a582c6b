"""The one error a user meets: a line that says what was expected, what came, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TypeVar

from derive.shown import shown

T = TypeVar("T")


class InputError(ValueError):
    """Bad input. Its text is one line; command lines print it and leave with exit code 2."""


class UnknownNameError(InputError, KeyError):
    """A name that nothing has: bad input, and what a mapping raises."""

    __str__ = Exception.__str__  # a KeyError shows its text in quotes


def choose(kind: str, name: str, options: Mapping[str, T]) -> T:
    """Look `name` up among `options`.

    Raises:
        UnknownNameError: `name` is unknown; the message lists the valid ones.
    """
    try:
        return options[name]
    except (KeyError, TypeError):
        raise UnknownNameError(_unknown(kind, name, list(options))) from None


def _unknown(kind: str, name: object, valid: list[str]) -> str:
    spelled = {option.lower(): option for option in reversed(valid)}  # rk4 for RK4
    near = [spelled[spelling] for spelling in get_close_matches(str(name)[:100].lower(), spelled, n=1)]
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"unknown {kind} {shown(repr(name))}: expected one of {', '.join(valid)}{hint}"
