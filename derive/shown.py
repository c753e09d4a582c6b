"""Somebody else's text as part of a line of ours: safe in a terminal, on a page, in a picture."""

from __future__ import annotations

MOST = 200
"""Characters that are shown of a name or a line."""

PARAGRAPH = 10_000
"""Characters that are shown of what is ours but holds somebody else's names."""


UNREADABLE = "its message cannot be read"


def message(error: BaseException) -> str:
    r"""What an error says, on one line; empty if it says nothing. A user's class may fail over it: that is said instead.

    >>> message(ValueError("two\n lines")), message(ValueError())
    ('two lines', '')
    """
    try:
        return " ".join(str(error.msg if isinstance(error, SyntaxError) else error).split())
    except BaseException:  # whatever the code of somebody else's class raises, the error that is told is the first one
        return UNREADABLE


def described(error: BaseException) -> str:
    r"""Its type, and what it says.

    >>> described(KeyError()), described(ValueError("no\ngood"))
    ('KeyError', 'ValueError: no good')
    """
    text = message(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def shown(text: object, most: int = MOST) -> str:
    r"""One line, not longer than `most` and an ellipsis; what does not print, or turns the direction of writing, as an escape.

    >>> shown("conv.0"), shown("a\x1b[31m\nb"), shown("a\u202eb")
    ('conv.0', 'a\\x1b[31m\\nb', 'a\\u202eb')
    """
    whole = str(text)
    line = "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in whole[:most])
    return line if len(whole) <= most else f"{line}..."


def quoted(value: object) -> str:
    r"""A value as Python writes it, in one readable line: at most 40 characters between its quotes, and an ellipsis.

    >>> quoted("x\n"), quoted(0.5), quoted("a" * 50)
    ("'x\\n'", '0.5', "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...")
    """
    return shown(repr(value), 42)
