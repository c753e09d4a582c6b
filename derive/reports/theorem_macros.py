r"""The LaTeX macros of one theorem: its result, and every bound solved for a parameter, with what each of them assumes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import sympy as sp

from derive.conditions.bound import Stability
from derive.conditions.stability_text import assumed_in_words, to_read
from derive.fields.symbols import MEANINGS
from derive.paper.derivation import Derivation
from derive.printing.narrow import aligned, narrow
from derive.printing.text import latex

_ONES = (
    *("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve", "Thirteen"),
    *("Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen"),
)
_TENS = ("Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety")
_WORDS = {"eq": "Equation"}

Macro = dict[str, str]
"""`name` without the prefix, `formula`, `source` (where it is printed and what it is), `assumed` (in words, maybe empty),
`legend` (what its symbols are, one a line, maybe empty)."""


def macros_of(key: str, derivation: Derivation) -> list[Macro]:
    """Those of a theorem, its result first."""
    stable = isinstance(derivation.result, Stability)
    assumed = assumed_in_words(derivation.result) if stable else "; ".join(derivation.assumptions)
    result = derivation.result.condition if stable else derivation.result
    formulas = {"": ((result,), derivation.title)}
    if stable:
        formulas |= {name: (values, name.replace("_", " ")) for name, values in _named(derivation)}
    return [
        {
            "name": in_letters(key) + in_letters(name),
            "formula": to_read(derivation.result).latex() if stable and not name else _formula(values),
            "source": f"{derivation.source}: {title}",
            "assumed": assumed,
            "legend": legend(*values),
        }
        for name, (values, title) in formulas.items()
    ]


def _named(derivation: Derivation) -> Iterator[tuple[str, tuple[sp.Expr, ...]]]:
    """Every output, and the two ends of an interval one by one too."""
    for name, values in derivation.outputs.items():
        yield name, values
        if name.endswith("_bounds") and len(values) == 2:
            yield from ((name.replace("bounds", end), (value,)) for end, value in zip(("min", "max"), values, strict=True))


def legend(*shown: sp.Basic) -> str:
    """What the symbols of a formula are: as typeset, in code, in words."""
    symbols = sorted({s for e in shown for s in e.free_symbols if s in MEANINGS}, key=str)
    return "\n".join(f"{latex(s)}: {s.name}, {MEANINGS[s].text}" for s in symbols)


def _formula(expressions: tuple[sp.Basic, ...]) -> str:
    """One formula, or the two ends of an interval, one below the other."""
    if len(expressions) == 1:
        return narrow(expressions[0])
    lower, upper = map(narrow, expressions)
    return rf"\left( {aligned(f'& {lower},', f'& {upper}')} \right)"


def in_letters(key: str) -> str:
    """A key as LaTeX's names allow: letters alone, numbers in words.

    >>> [in_letters(key) for key in ("5.4", "table-3", "eq-11", "supp-eq-51", "eq-1-3", "sign-of-error", "E.1", "alpha_min")]
    ['TheoremFivePointFour', 'TableThree', 'EquationEleven', 'SuppEquationFiftyOne', 'EquationOneToThree', 'SignOfError', \
'TheoremEPointOne', 'AlphaMin']
    """
    parts = re.findall(r"[^\W\d_]+|\d+|\.|(?<=\d)-(?=\d)", key)
    words = "".join({".": "Point", "-": "To"}.get(part) or _word(part) for part in parts)
    return f"Theorem{words}" if re.match(r"(\d+|[A-Z])\.\d", key) else words


def _word(part: str) -> str:
    if not part.isdigit():
        return _WORDS.get(part, part[0].upper() + part[1:])
    number = int(part)
    if number < len(_ONES):
        return _ONES[number]
    if number < 100:
        return _TENS[number // 10 - 2] + (_ONES[number % 10] if number % 10 else "")
    return "".join(_ONES[int(digit)] for digit in part)
