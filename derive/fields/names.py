"""Names that come from outside: which of them can stand for a parameter or an unknown.

A name is printed in formulas, LaTeX and generated code, and is an argument of functions. So it is a word that reads the
same to a person, to Python and to LaTeX: Latin or Greek letters, digits and underscores.
"""

from __future__ import annotations

import unicodedata

from derive.errors import InputError
from derive.shown import quoted

MOST = 40
_TWINS = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEZHIKMNOPTYXo", strict=True))  # Greek letters that look like Latin ones


def checked(name: str) -> str:
    """The name, if it can stand for a parameter or an unknown.

    Raises:
        InputError: it is no such word; the message says what to write.
    """
    if not isinstance(name, str) or not name or len(name) > MOST or not name[0].isalpha():
        raise InputError(f"expected names of at most {MOST} characters that start with a letter, got {quoted(name)}")
    plain = unicodedata.normalize("NFKC", name)
    if plain != name:
        raise InputError(f"expected a name that Python reads as it is written, got {quoted(name)}; write {quoted(plain)}")
    for letter in name:
        if letter in _TWINS:
            raise InputError(f"expected letters that are told apart, got a Greek {letter} in {name}; write {_TWINS[letter]}")
        if not _is_readable(letter):
            raise InputError(f"expected a name of Latin or Greek letters, digits and _, got {quoted(letter)} in {quoted(name)}")
    return name


def _is_readable(letter: str) -> bool:
    if letter.isascii():
        return letter.isalnum() or letter == "_"
    return letter.isalpha() and unicodedata.name(letter, "").startswith(("LATIN ", "GREEK "))
