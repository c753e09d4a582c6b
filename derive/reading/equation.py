"""A differential equation as text, read by the grammar of schemes: u_t on the left, u, u_x, u_xx, u_xy on either side.

>>> read = differential("u_t == -a*u_x + k*u_xx", positive=["a", "k"])
>>> [(term.factor, term.unknown, term.orders) for term in read.terms[0]]
[(-a, 'u', (1,)), (k, 'u', (2,))]
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sympy as sp

from derive.errors import InputError, choose
from derive.reading.grammar import Reader, bounded
from derive.reading.parse import MOST_EQUATIONS, sides
from derive.reading.syntax import checked_name, definition, piece, tree

AXES = "xyz"
VARYING = ("t", *AXES)
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
        frozen: unknown or coordinate -> the constant at which it was frozen.
    """

    unknowns: tuple[str, ...]
    terms: tuple[tuple[Term, ...], ...]
    dims: int
    frozen: Mapping[str, sp.Expr] = field(default_factory=dict)


class _Derivatives(Reader):
    """Names such as u_xx of an unknown u are marks for its derivatives."""

    def __init__(self, unknowns: Sequence[str], positive: Sequence[str]) -> None:
        super().__init__({name: {"positive": True} for name in positive})
        self.fields = unknowns
        self.frozen: dict[str, sp.Expr] = {}
        self.marks: dict[sp.Symbol, tuple[str, str, str]] = {}
        self.rate, self.mark = "", sp.Dummy("rate")

    def _parameter(self, name: str) -> sp.Symbol:
        if name == self.rate:
            return self.mark
        base, _, letters = name.rpartition("_") if "_" in name else (name, "", "")
        if name in self.fields:
            base, letters = name, ""
        if base not in self.fields:
            return self._coefficient(name)
        if not re.fullmatch(f"[{AXES}]{{0,{MOST_ORDER}}}", letters):
            raise InputError(f"expected derivatives in x, y and z up to order {MOST_ORDER} on the right, got {name}")
        known = {spelled: mark for mark, (*_, spelled) in self.marks.items()}
        mark = known.get(name) or sp.Dummy(name)
        self.marks[mark] = (base, letters, name)
        return mark

    def _coefficient(self, name: str) -> sp.Expr:
        if name in self.frozen:
            return self.frozen[name]
        if name in VARYING:
            raise InputError(
                f"expected constant coefficients, got {name}, which varies; freeze it at a value, "
                f"--freeze {name}={name.upper()}, if a condition for each value is what you ask for"
            )
        return super()._parameter(name)

    def freeze(self, texts: Sequence[str]) -> None:
        """Take constants for unknowns and coordinates, by texts such as `u = U`."""
        for text in texts:
            name, state = definition(text)
            choose("unknown or coordinate", name, dict.fromkeys([*self.fields, *VARYING]))
            node = tree(state)
            names = [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]
            if varying := [n for n in names if n in (*self.fields, *VARYING)]:
                raise InputError(f"expected a constant of another name, such as {name} = {name.upper()}0, got {varying[0]}")
            self.frozen[name] = self.expression(node)

    def check_states(self, value: sp.Expr) -> None:
        """Refuse an unknown without a state that multiplies something: nothing is taken for zero in silence."""
        for mark, (unknown, letters, _) in self.marks.items():
            if not letters and unknown not in self.frozen and sp.diff(value, mark).has(*self.marks):
                raise InputError(f"expected a state of {unknown} too, --freeze {unknown}={unknown.upper()}")

    def rest_state(self) -> dict[sp.Symbol, sp.Expr]:
        """Every mark at the constant state, where derivatives are zero."""
        return {m: self.frozen.get(u, sp.S.Zero) if not letters else sp.S.Zero for m, (u, letters, _) in self.marks.items()}


def differential(*texts: str, positive: Sequence[str] = (), freeze: Sequence[str] = ()) -> Equations:
    """Read the equations, one per unknown.

    Args:
        *texts: the equations.
        positive: constants that are positive.
        freeze: constants at which an unknown, about which nonlinear terms are linearised, or a coordinate is frozen.

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
    reader.freeze(freeze)
    rights = [_rate(u, *pair, reader) for u, pair in zip(unknowns, pairs, strict=True)]
    if reader.unknowns:
        raise InputError(f"expected derivatives such as u_x, got the value {next(iter(reader.unknowns.values()))[0]}")
    dims = max((AXES.index(letter) + 1 for _, letters, _ in reader.marks.values() for letter in letters), default=0)
    terms = tuple(tuple(_term(factor, reader.marks[mark], dims) for mark, factor in right.items()) for right in rights)
    return Equations(unknowns, terms, dims, reader.frozen)


def _unknown(left: ast.expr, right: ast.expr) -> str:
    """The one whose derivative in time stands on the left, alone or among others."""
    unknowns = {
        node.id for node in ast.walk(left) if isinstance(node, ast.Name) and node.id.endswith("_t") and len(node.id) > 2
    }
    elsewhere = any(isinstance(node, ast.Name) and node.id in unknowns for node in ast.walk(right))
    if len(unknowns) != 1 or elsewhere:
        second = next((n.id for n in ast.walk(left) if isinstance(n, ast.Name) and n.id.endswith("_tt")), "")
        hint = f"; write a system, such as '{second[:-3]}_t == v' 'v_t == k*{second[:-3]}_xx'" if second[:-3] else ""
        raise InputError(f"expected a first derivative in time on the left, such as u_t == k*u_xx, got {piece(left)}{hint}")
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
    return _linear(value, reader)


def _linear(value: sp.Expr, reader: _Derivatives) -> dict[sp.Symbol, sp.Expr]:
    """Mark -> what multiplies it; lower derivatives and earlier axes first. About a state: the derivative there."""
    expanded, ordered = sp.expand(value), sorted(reader.marks, key=lambda mark: (len(mark.name), mark.name))
    if set(reader.frozen) & set(reader.fields):
        reader.check_states(expanded)
        rest = reader.rest_state()
        factors = {mark: sp.expand(sp.diff(expanded, mark).subs(rest)) for mark in ordered if expanded.has(mark)}
        return {mark: factor for mark, factor in factors.items() if factor != 0}
    factors = {mark: expanded.coeff(mark) for mark in ordered if expanded.has(mark)}
    linear = sp.Add(*(mark * factor for mark, factor in factors.items() if not factor.has(*reader.marks)))
    left = sp.Add.make_args(sp.expand(expanded - linear))
    if left != (sp.S.Zero,):
        raise _nonlinear(left[0], reader)
    return factors


def _nonlinear(term: sp.Expr, reader: _Derivatives) -> InputError:
    typed = term.xreplace({mark: sp.Symbol(name) for mark, (*_, name) in reader.marks.items()})
    if not term.has(*reader.marks):
        return InputError(f"expected no source, got {typed}; leave it out: it has no bearing on stability")
    values = [u for mark, (u, letters, _) in reader.marks.items() if term.has(mark) and not letters] or [reader.fields[0]]
    return InputError(
        f"expected a right side that is linear in the unknowns, with constant coefficients, got the term {typed}; linearise "
        f"about a constant state, --freeze {values[0]}={values[0].upper()}"
    )


def _term(factor: sp.Expr, mark: tuple[str, str, str], dims: int) -> Term:
    unknown, letters, name = mark
    return Term(factor, unknown, tuple(letters.count(axis) for axis in AXES[:dims]), name)
