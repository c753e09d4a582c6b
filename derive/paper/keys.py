"""Keys as authors print them: "Thm 5.4" for 5.4, "Tab. 3" for table-3, "supp. Eq 51" for supp-eq-51."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORDS = {
    **dict.fromkeys(("thm", "theorem", "theorems", "lemma", "app", "appendix", "section", "sec"), ""),
    **dict.fromkeys(("tab", "tables", "tbl"), "table"),
    **dict.fromkeys(("fig", "figs", "figures"), "figure"),
    **dict.fromkeys(("equation", "equations", "eqn", "eqs"), "eq"),
    **dict.fromkeys(("supplement", "supplementary"), "supp"),
}


def as_key(text: str, keys: Iterable[str]) -> str:
    """The one of `keys` that `text` spells otherwise; `text` itself if none, or more than one, is.

    >>> keys = ("5.4", "E.1", "table-3", "eq-4", "supp-eq-51", "figure-3-left")
    >>> [as_key(text, keys) for text in ("Thm 5.4", "theorem E.1", "Tab. 3", "Eq (4)", "supp. Eq 51", "Fig 3 left", "5.9")]
    ['5.4', 'E.1', 'table-3', 'eq-4', 'supp-eq-51', 'figure-3-left', '5.9']
    """
    keys = tuple(keys)
    if text in keys:
        return text
    alike = [key for key in keys if plain(key) == plain(text)]
    return alike[0] if len(alike) == 1 else text


def plain(text: str) -> str:
    """Its words and numbers, without those words that keys leave out."""
    words = re.findall(r"[^\W\d_]+|\d+(?:\.\d+)*", str(text)[:100].lower())
    return " ".join(filter(None, (_WORDS.get(word, word) for word in words)))
