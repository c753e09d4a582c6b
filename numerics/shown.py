"""Names of others, as text that is safe to show: in a terminal, on a page, in a picture."""

from __future__ import annotations

from unicodedata import category

UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of Unicode that move the cursor, turn the direction of writing, or show nothing."""


def shown(name: object) -> str:
    r"""The name, with what cannot be seen written out.

    >>> shown("conv.0"), shown("\x1b[31mred"), shown("a\u202eb")
    ('conv.0', '\\x1b[31mred', 'a\\u202eb')
    """
    return "".join(_escaped(c) if category(c) in UNSEEN else c for c in str(name))


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
