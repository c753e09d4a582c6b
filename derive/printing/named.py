"""Long conditions to be read: what repeats in them, and what is long, has a letter, and stands below them.

A condition of at most two lines stays as it is. In a longer one, a sum or a root that occurs more than once, or is long and a
factor or under a root, is named, the longest first; then a long side of a relation, which is a discriminant more often than
not. Put back, the letters give the condition as it was: a side moves across a sign, and nothing else is changed.

>>> p, q = sp.symbols("p q", real=True)
>>> big = (p**2 + 3 * p * q + 5 * q**2 + 1) * (p - 2)
>>> short = named(sp.And(big <= 4, big * q >= 1, p > q), longest=40)
>>> short.condition, short.definitions
((p > q) & (D*(p - 2) <= 4) & (D*q*(p - 2) >= 1), ((D, p**2 + 3*p*q + 5*q**2 + 1),))
>>> named(p <= q).definitions
()
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from derive.fields.symbols import MEANINGS
from derive.printing.narrow import aligned, narrow
from derive.printing.one_line import one_line
from derive.printing.text import latex, pretty

LONGEST = 160
"""Signs of a condition that stays as it is: two lines of a terminal."""
REPEATED, LONG, OWN_LINE, SHORT = 20, 60, 100, 20
"""Signs of what is named: if it repeats; if it is long; if it stands on a line of its own; and of a side beside which the
other one is named as it stands."""
LETTERS = "DFGHKLMPRTUVWXYZABC"
"""Those that SymPy gives no meaning of its own."""

Definitions = list[tuple[sp.Symbol, sp.Expr]]


@dataclass(frozen=True)
class Named:
    """A condition and its letters.

    Attributes:
        condition: in the parameters and the letters.
        definitions: letter and what it stands for, which may have letters in it that come after.
        sides: relation whose side is named -> what is printed of it.
    """

    condition: Boolean
    definitions: tuple[tuple[sp.Symbol, sp.Expr], ...] = ()
    sides: Mapping[Boolean, Boolean] = field(default_factory=dict)

    @property
    def equations(self) -> tuple[sp.Eq, ...]:
        """The definitions as equations."""
        return tuple(sp.Eq(letter, value, evaluate=False) for letter, value in self.definitions)

    def put_back(self) -> Boolean:
        """The condition without letters."""
        condition = self.condition
        for letter, value in self.definitions:
            condition = condition.xreplace({letter: value})
        return condition

    def lettered(self, relation: Boolean) -> Boolean:
        """A relation of the condition as it is printed."""
        for letter, value in reversed(self.definitions):
            if relation in self.sides:
                break
            relation = _with(relation, value, letter)
        return self.sides.get(relation, relation)

    def text(self) -> str:
        """As `pretty` has it, the definitions below."""
        return "\n\n".join([pretty(self.condition), *(["with", *map(_defined, self.equations)] if self.definitions else [])])

    def latex(self) -> str:
        """The same for LaTeX, a row for the condition and one for each definition."""
        if not self.definitions:
            return latex(self.condition)
        return aligned(f"& {latex(self.condition)}", r"& \text{with}", *(f"& {narrow(e)}" for e in self.equations))


def named(condition: Boolean, taken: Iterable[sp.Symbol] = (), longest: int = LONGEST) -> Named:
    """Names for what is long in a condition.

    Args:
        condition: made of relations; anything else, such as one that is always met, stays as it is.
        taken: symbols beside those of the condition whose names no letter is to have.
        longest: signs of a condition that stays as it is.
    """
    if not condition.atoms(Relational) or _size(condition) <= longest:
        return Named(condition)
    letters = _letters({*condition.free_symbols, *taken})
    definitions: Definitions = []
    while (part := _most(condition, definitions)) is not None:
        letter = next(letters)
        definitions = [(known, _with(value, part, letter)) for known, value in definitions]
        condition = _with(condition, part, letter)
        definitions.append((letter, part))
    sides = _sides_named(condition, definitions, letters)
    return Named(condition.xreplace(sides), tuple(definitions), sides)


def _with(expr: Any, part: sp.Expr, letter: sp.Expr) -> Any:
    return expr.xreplace({part: letter})


def _size(expr: sp.Basic) -> int:
    return len(one_line(expr))


def _letters(symbols: Iterable[sp.Symbol]) -> Iterator[sp.Symbol]:
    """Those that are free, with numbers where there are not enough."""
    used = {s.name for s in symbols} | {MEANINGS[s].latex for s in symbols if s in MEANINGS}
    names = [*LETTERS, *(f"{letter}{n}" for n in range(1, 100) for letter in LETTERS)]
    return (sp.Symbol(name, real=True) for name in names if name not in used)


def _most(condition: Boolean, definitions: Definitions) -> sp.Expr | None:
    """The longest sum or root that is to be named."""
    whole = [side for relation in condition.atoms(Relational) for side in relation.args] + [value for _, value in definitions]
    inner = Counter(e for side in whole for arg in side.args for e in _within(arg) if _can_be_named(e))
    outer = Counter(side for side in whole if _can_be_named(side))
    sizes = {e: _size(e) for e in {*inner, *outer}}
    fit = [
        e for e, size in sizes.items() if size > (LONG if inner[e] + outer[e] == 1 else REPEATED) and (inner[e] or outer[e] > 1)
    ]
    return max(fit, key=lambda e: (sizes[e], sp.default_sort_key(e)), default=None)


def _within(expr: sp.Basic) -> Iterator[sp.Basic]:
    """It and its parts; of an algebraic number without radicals, which is shown as a decimal, not its polynomial."""
    yield expr
    for arg in () if isinstance(expr, sp.CRootOf) else expr.args:
        yield from _within(arg)


def _can_be_named(expr: sp.Basic) -> bool:
    return bool(expr.is_Add or (expr.is_Pow and not expr.exp.is_Integer))


def _sides_named(condition: Boolean, definitions: Definitions, letters: Iterator[sp.Symbol]) -> dict[Boolean, Boolean]:
    """Names for what is still long; an expression and its negative share one."""
    known: dict[sp.Expr, sp.Symbol] = {}

    def short(relation: Relational) -> Boolean:
        turned: Any = relation if _size(relation.lhs) > SHORT else relation.reversed
        value, bound = _long_side(turned)
        if -value in known:
            return _with(turned.func(value, bound, evaluate=False).reversedsign, -value, known[-value])
        if value not in known:
            known[value] = next(letters)
            definitions.append((known[value], value))
        return turned.func(known[value], bound)

    parts = set(condition.args) if isinstance(condition, sp.And) else {condition}  # each is printed on a line of its own
    others = condition.atoms(Relational) - parts
    long = [r for r in others if _size(r) > LONG] + [r for r in parts & condition.atoms(Relational) if _size(r) > OWN_LINE]
    if condition in parts and condition in long:  # nothing is gained
        return {}
    return {relation: short(relation) for relation in sorted(long, key=sp.default_sort_key)}


def _long_side(relation: Relational) -> tuple[sp.Expr, sp.Expr]:
    """What is named, and what it is compared with: another side that is short and no sum, or zero."""
    left, right = relation.args
    is_short = _size(right) <= SHORT and not right.is_Add
    return (left, right) if is_short else (left - right, sp.S.Zero)


def _defined(equation: sp.Eq) -> str:
    return pretty(equation).replace(f"{equation.lhs} == ", f"{equation.lhs} = ", 1)
