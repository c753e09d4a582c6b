"""Signs that an encoding lacks, spelled in ASCII: `<=` for a less-or-equal sign, `nu` for the Greek letter.

A question mark in their place would make two conditions that differ look alike.
"""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from io import TextIOWrapper
from typing import TextIO

HANDLER = "gradcfl-plain"
"""Name of the error handler of encodings."""

_SIGNS = {
    "≤": "<=", "≥": ">=", "≠": "!=", "⋅": "*", "·": "*", "×": "x", "−": "-", "–": "-", "—": "-", "…": "...", "∞": "oo",
    "√": "sqrt ", "∂": "d", "∇": "grad ", "∫": "integral ", "∑": "sum ", "∏": "product ", "⋆": "*", "→": "->", "∈": " in ",
    "∧": " and ", "∨": " or ", "±": "+-", "⟨": "<", "⟩": ">", "“": '"', "”": '"', "‘": "'", "’": "'",
    "ⅈ": "I", "ℯ": "e", "∗": "*", "‖": "||",
}  # fmt: skip
_PROBE = "ξ≤θ₁²⋅√│⎛"
_unicode: ContextVar[bool] = ContextVar("unicode", default=True)


def in_unicode() -> bool:
    """Whether formulas are to be drawn with signs beyond ASCII."""
    return _unicode.get()


def plain(character: str) -> str:
    r"""One character in ASCII; what has no spelling as its number, such as ``\u4f60``."""
    if character in _SIGNS:
        return _SIGNS[character]
    name, kind = unicodedata.name(character, ""), unicodedata.decomposition(character)
    if name.startswith("GREEK ") and " LETTER " in name:
        letter = name.rsplit(" LETTER ", 1)[1].split()[0].lower()
        return letter.capitalize() if " CAPITAL " in name else letter
    if name.startswith("BOX DRAWINGS"):
        return "+" if "VERTICAL" in name and "HORIZONTAL" in name else "|" if "VERTICAL" in name else "-"
    spelled = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    mark = {"<super>": "^", "<sub>": "_"}.get(kind.split(" ")[0], "")
    return mark + spelled if spelled else character.encode("ascii", "backslashreplace").decode()


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(plain, error.object[error.start : error.end])), error.end


codecs.register_error(HANDLER, _replaced)


@contextmanager
def spelled(*streams: TextIO | None) -> Iterator[None]:
    """While inside, the streams spell what their encoding lacks; where the first lacks much, formulas are drawn in ASCII."""
    wrapped = [(stream, stream.errors) for stream in streams if isinstance(stream, TextIOWrapper)]
    token = _unicode.set(all(_encodes(stream.encoding) for stream, _ in wrapped[:1]))
    for stream, _ in wrapped:
        stream.reconfigure(errors=HANDLER)
    try:
        yield
    finally:
        _unicode.reset(token)
        for stream, errors in wrapped:
            if not stream.closed:
                stream.reconfigure(errors=errors)


def _encodes(encoding: str) -> bool:
    try:
        _PROBE.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
