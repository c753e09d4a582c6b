"""The table of optimisers: recurrence, amplification polynomial, largest stable curvature, and stability in mean square.

As text and as LaTeX.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from textwrap import fill

import sympy as sp
from sympy.printing.latex import LatexPrinter
from sympy.printing.str import StrPrinter

from derive.conditions.curvature_edge import by_powers, maximal_curvature, positive_domain
from derive.conditions.mean_square import mean_square
from derive.conditions.ways.signs import Domain
from derive.fields.symbols import curvature, declare, deviation, latex_names, lr, xi
from derive.files.remembered import remembered
from derive.modes.amplification import amplification
from derive.schemes.grid import GridScheme
from derive.schemes.optimizers import optimizers, why_excluded

COLUMNS = 100
_NAMES = 16
_LABELS = 13
_HEAD = (
    "One mode of the loss, gradient = curvature * theta; x' is the new value of x. A mode of positive curvature converges "
    "below the edge and diverges above it. In mean square: the curvature is drawn anew at each step, as in small batches, "
    "with mean `curvature` and standard deviation `deviation`; E theta^2 decays below the edge where this holds too, and grows "
    "otherwise. It is about one mode; modes that share their noise may be less stable together."
)


@cache
def state(name: str, step: int) -> sp.Symbol:
    """What an optimiser remembers, now at step 0 and in the next step at 1, as printed."""
    return declare(name + "'" * step, sp.latex(sp.Symbol(name)) + "'" * step, "an optimiser's state")


@dataclass(frozen=True)
class Row:
    """One optimiser: its name, recurrence, amplification polynomial, largest stable curvature, and what noise adds to it."""

    name: str
    recurrence: tuple[sp.Eq, ...]
    polynomial: sp.Expr
    edge: sp.Expr
    in_mean_square: sp.StrictLessThan


@cache
def rows() -> tuple[Row, ...]:
    """One row per optimiser, derived."""
    return tuple(row(name) for name in optimizers)


def row(name: str) -> Row:
    """All that the table tells of an optimiser, with its edges with and without noise derived."""
    scheme = optimizers[name]
    domain = positive_domain(scheme)
    recurrence = tuple(_solved(residual, scheme, domain) for residual in scheme.residuals)
    return Row(name, recurrence, _polynomial(scheme, domain), maximal_curvature(name), _in_mean_square(name))


def _in_mean_square(name: str) -> sp.StrictLessThan:
    """The part of the condition that noise adds; what else there is in it is the edge without noise."""
    return next(part for part in sp.And.make_args(mean_square(name).condition) if part.has(deviation))


def _solved(residual: sp.Expr, scheme: GridScheme, domain: Domain) -> sp.Eq:
    """An equation solved for the new value that stands in it with factor one."""
    new = next(u[1] for u in scheme.unknowns if residual.coeff(u[1]) == 1)
    values = [v for u in scheme.unknowns for v in scheme.values(u) if v != new]
    right = sp.Add(*(by_powers(sp.Mul(-1, residual.coeff(v)), lr, domain) * _state(v) for v in values))
    return sp.Eq(_state(new), right, evaluate=False)


def _state(value: sp.Indexed) -> sp.Symbol:
    return state(str(value.base), int(value.indices[0]))


def _polynomial(scheme: GridScheme, domain: Domain) -> sp.Expr:
    terms = amplification(scheme).polynomial.monic().terms()
    return sp.Add(*(by_powers(coefficient, lr, domain) * xi**power for (power,), coefficient in terms))


def text() -> str:
    """The table as text, at most `COLUMNS` wide; derived once, and kept."""
    return remembered("optimizers", lambda: {"text": _text()})["text"]


def _text() -> str:
    blocks = [fill(_HEAD, COLUMNS), *map(_block, rows()), "Without an edge", *_exclusions()]
    return "\n\n".join(blocks)


def _block(record: Row) -> str:
    equations = (f"{_plain(e.lhs)} = {_plain(e.rhs)}" for e in record.recurrence)
    cells = [*equations, _plain(record.polynomial), f"{curvature} < {_plain(record.edge)}", _plain(record.in_mean_square)]
    labels = ["recurrence", *[""] * (len(cells) - 4), "polynomial", "stable for", "mean square"]
    names = [record.name, *[""] * (len(cells) - 1)]
    lines = [_wrapped(c, f"{n:{_NAMES}}{label:{_LABELS}}") for n, label, c in zip(names, labels, cells, strict=True)]
    return "\n".join(lines)


def _exclusions() -> list[str]:
    return [_wrapped(reason, f"{name:{_NAMES}}") for name, reason in why_excluded.items()]


def _wrapped(words: str, head: str) -> str:
    return fill(words, COLUMNS, initial_indent=head, subsequent_indent=" " * len(head), break_long_words=False)


def latex() -> str:
    """The table as a LaTeX tabular; needs amsmath. Derived once, and kept."""
    return remembered("optimizers-latex", lambda: {"latex": _latex()})["latex"]


def _latex() -> str:
    head = r"optimiser & recurrence & amplification polynomial & largest stable curvature & in mean square \\ \hline"
    body = (" & ".join([r.name, *map(_cell, (r.recurrence, r.polynomial, r.edge, r.in_mean_square))]) + r" \\" for r in rows())
    return "\n".join([r"\begin{tabular}{lllll}", head, *body, r"\end{tabular}"])


def _cell(content: sp.Basic | tuple[sp.Eq, ...]) -> str:
    if isinstance(content, sp.Basic):
        return f"${_typeset(content)}$"
    lines = r" \\ ".join(f"{_typeset(e.lhs)} &= {_typeset(e.rhs)}" for e in content)
    return rf"$\begin{{aligned}} {lines} \end{{aligned}}$"


class _PositiveFirst:
    """Sums that begin with a term that carries no minus, numbers first among those."""

    def _as_ordered_terms(self, expr: sp.Add, order: str | None = None) -> list[sp.Expr]:
        terms = super()._as_ordered_terms(expr, order)
        powers = [sp.degree(t, xi) if t.is_polynomial(xi) else 0 for t in terms]
        ranked = sorted(zip(terms, powers, strict=True), key=lambda pair: (-pair[1], *_rank(pair[0])))
        return [term for term, _ in ranked]


def _rank(term: sp.Expr) -> tuple[bool, bool]:
    return term.could_extract_minus_sign(), not term.is_number


class _Plain(_PositiveFirst, StrPrinter):
    """Formulas in Python's notation, `**` for a power."""


class _Typeset(_PositiveFirst, LatexPrinter):
    """Formulas in LaTeX, symbols by the names declared for them."""


def _plain(expr: sp.Basic) -> str:
    return _Plain().doprint(expr)


def _typeset(expr: sp.Basic) -> str:
    return _Typeset({"symbol_names": latex_names()}).doprint(expr)
