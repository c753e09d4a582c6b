"""What `show`, `cite` and `export` are asked for: a theorem by its key, or an optimiser by its name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from derive.derivations import key_of
from derive.errors import InputError, UnknownNameError, choose
from derive.schemes.names import NAMES, WITHOUT_AN_EDGE

if TYPE_CHECKING:
    import sympy as sp


def optimiser(text: str) -> str | None:
    """The name, if it is one; nothing is derived."""
    name = text.strip().lower()
    return name if name in (*NAMES, *WITHOUT_AN_EDGE) else None


def known(text: str) -> str:
    """The key of a theorem, or the name of an optimiser.

    Raises:
        UnknownNameError: neither.
    """
    try:
        return optimiser(text) or key_of(text)
    except UnknownNameError as error:
        raise UnknownNameError(f"{error}; or an optimiser: {', '.join(NAMES)}") from None


def known_optimiser(text: str) -> str:
    """The name of an optimiser.

    Raises:
        UnknownNameError: it is none.
    """
    return optimiser(text) or choose("optimizer", text, dict.fromkeys(NAMES))


def flat(words: Iterable[Iterable[str]]) -> list[str]:
    """Those of every time that an option was given."""
    return [word for some in words for word in some]


def settings_of(texts: Iterable[str]) -> dict[str, sp.Expr]:
    """Numbers for parameters, typed as ``nesterov=1``; several in one text are divided by commas.

    Raises:
        InputError: a text of another form, or a value that is no number.
    """
    from derive.reading.parse import parse_definitions

    parts = [part for text in texts for part in text.split(",")]
    if wrong := [part for part in parts if "=" not in part]:
        raise InputError(f"expected a parameter and a number, such as nesterov=1, got {wrong[0]!r}")
    return dict(parse_definitions(*(part if "==" in part else part.replace("=", "==", 1) for part in parts)))
