"""A differential equation as text, read by the grammar of schemes: u_t on the left, u, u_x, u_xx, u_xy on either side.

>>> read = differential("u_t == -a*u_x + k*u_xx", positive=["a", "k"])
>>> [(term.factor, term.unknown, term.orders) for term in read.terms[0]]
[(-a, 'u', (1,)), (k, 'u', (2,))]
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from derive.errors import InputError
from derive.reading.grammar import Reader, bounded
from derive.reading.parse import MOST_EQUATIONS, sides
from derive.reading.syntax import checked_name, piece, tree

AXES = "xyz"
MOST_ORDER = 4


@dataclass(frozen=True)
class Term:
    """factor times a derivative of an unknown, of order `orders[i]` along axis i; `name` is as it was typed."""

    factor: sp.Expr
    unknown: str
    orders: tuple[int, ...]
    name: str


@dataclass(frozen=True)
class Equations:
    """d/dt of each unknown is the sum of its terms.

    Attributes:
        unknowns: their names, in the order of the equations.
        terms: of every right side.
        dims: number of axes that occur.
    """

    unknowns: tuple[str, ...]
    terms: tuple[tuple[Term, ...], ...]
    dims: int


class _Derivatives(Reader):
    """Names such as u_xx of an unknown u are marks for its derivatives."""

    def __init__(self, unknowns: Sequence[str], positive: Sequence[str]) -> None:
        super().__init__({name: {"positive": True} for name in positive})
        self.fields = unknowns
        self.marks: dict[sp.Symbol, tuple[str, str, str]] = {}
        self.rate, self.mark = "", sp.Dummy("rate")

    def _parameter(self, name: str) -> sp.Symbol:
        if name == self.rate:
            return self.mark
        base, _, letters = name.rpartition("_") if "_" in name else (name, "", "")
        if name in self.fields:
            base, letters = name, ""
        if base not in self.fields:
            return super()._parameter(name)
        if not re.fullmatch(f"[{AXES}]{{0,{MOST_ORDER}}}", letters):
            raise InputError(f"expected derivatives in x, y and z up to order {MOST_ORDER} on the right, got {name}")
        known = {spelled: mark for mark, (*_, spelled) in self.marks.items()}
        mark = known.get(name) or sp.Dummy(name)
        self.marks[mark] = (base, letters, name)
        return mark


def differential(*texts: str, positive: Sequence[str] = ()) -> Equations:
    """Read the equations, one per unknown.

    Raises:
        InputError: outside the grammar, not of first order in time, or not linear with constant coefficients.
    """
    if not 0 < len(texts) <= MOST_EQUATIONS:
        raise InputError(f"expected 1 to {MOST_EQUATIONS} equations, got {len(texts)}")
    pairs = [sides(tree(text)) for text in texts]
    unknowns = tuple(_unknown(left, right) for left, right in pairs)
    if len(set(unknowns)) < len(unknowns):
        raise InputError(f"expected one equation for each unknown, got {', '.join(unknowns)}")
    reader = _Derivatives(unknowns, positive)
    rights = [_rate(u, *pair, reader) for u, pair in zip(unknowns, pairs, strict=True)]
    if reader.unknowns:
        raise InputError(f"expected derivatives such as u_x, got the value {next(iter(reader.unknowns.values()))[0]}")
    dims = max((AXES.index(letter) + 1 for _, letters, _ in reader.marks.values() for letter in letters), default=0)
    terms = tuple(tuple(_term(factor, reader.marks[mark], dims) for mark, factor in right.items()) for right in rights)
    return Equations(unknowns, terms, dims)


def _unknown(left: ast.expr, right: ast.expr) -> str:
    """The one whose derivative in time stands on the left, alone or among others."""
    unknowns = {
        node.id for node in ast.walk(left) if isinstance(node, ast.Name) and node.id.endswith("_t") and len(node.id) > 2
    }
    elsewhere = any(isinstance(node, ast.Name) and node.id in unknowns for node in ast.walk(right))
    if len(unknowns) != 1 or elsewhere:
        raise InputError(f"expected a first derivative in time on the left, such as u_t == k*u_xx, got {piece(left)}")
    name = unknowns.pop()
    checked_name(ast.Name(name))
    return name[:-2]


def _rate(unknown: str, left: ast.expr, right: ast.expr, reader: _Derivatives) -> dict[sp.Symbol, sp.Expr]:
    """What the derivative in time is equal to, solved for it where other terms stand on the left."""
    value = bounded(reader.expression(right), right)
    if not isinstance(left, ast.Name):
        reader.rate = f"{unknown}_t"
        whole, mark = sp.expand(bounded(reader.expression(left), left)), reader.mark
        lead = whole.coeff(mark)
        if lead == 0 or lead.has(mark, *reader.marks) or sp.expand(whole - lead * mark).has(mark):
            raise InputError(f"expected a first derivative in time with a constant coefficient, got {piece(left)}")
        reader.rate, value = "", sp.expand((value - whole + lead * mark) / lead)
    return _linear(value, right, reader)


def _linear(value: sp.Expr, node: ast.expr, reader: _Derivatives) -> dict[sp.Symbol, sp.Expr]:
    """Mark -> what multiplies it; lower derivatives and earlier axes first."""
    expanded, ordered = sp.expand(value), sorted(reader.marks, key=lambda mark: (len(mark.name), mark.name))
    factors = {mark: expanded.coeff(mark) for mark in ordered if expanded.has(mark)}
    rest = sp.expand(expanded - sp.Add(*(mark * factor for mark, factor in factors.items())))
    if rest != 0 or any(factor.has(*reader.marks) for factor in factors.values()):
        raise InputError(
            "expected a right side that is linear in the unknowns, with constant coefficients and no source, got "
            f"{piece(node)}; linearise about a constant state"
        )
    return factors


def _term(factor: sp.Expr, mark: tuple[str, str, str], dims: int) -> Term:
    unknown, letters, name = mark
    return Term(factor, unknown, tuple(letters.count(axis) for axis in AXES[:dims]), name)
