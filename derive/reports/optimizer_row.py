"""One optimiser as it is printed: recurrence, amplification polynomial, largest stable curvature, stability in mean square.

Its learning rates and weight decays too, where it has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import sympy as sp
from sympy.printing.latex import LatexPrinter
from sympy.printing.str import StrPrinter

from derive.conditions.curvature_edge import by_powers, maximal_curvature, positive_domain
from derive.conditions.mean_square import mean_square
from derive.conditions.optimizer_bound import stable_values
from derive.conditions.ways.signs import Domain
from derive.fields.symbols import declare, deviation, latex_names, lr, xi
from derive.modes.amplification import amplification
from derive.reports.solved import as_relation
from derive.schemes.fixed import fixed
from derive.schemes.grid import GridScheme
from derive.schemes.optimizers import optimizers

SOLVED = ("lr", "weight_decay")
"""What the edge is solved for wherever it depends on it."""


@cache
def state(name: str, step: int) -> sp.Symbol:
    """What an optimiser remembers, now at step 0 and in the next step at 1, as printed."""
    return declare(name + "'" * step, sp.latex(sp.Symbol(name)) + "'" * step, "an optimiser's state")


@dataclass(frozen=True)
class Row:
    """One optimiser: name, recurrence, amplification polynomial, largest stable curvature, what noise adds, solved bounds."""

    name: str
    recurrence: tuple[sp.Eq, ...]
    polynomial: sp.Expr
    edge: sp.Expr
    in_mean_square: sp.StrictLessThan
    bounds: tuple[sp.Basic, ...]


def row(name: str, settings: Mapping[str, sp.Expr] | None = None) -> Row:
    """The row of one optimiser, some of its parameters fixed.

    Raises:
        InputError: an unknown or excluded optimiser, or a setting that it cannot have.
    """
    scheme = fixed(optimizers[name], settings or {})
    domain, edge = positive_domain(scheme), maximal_curvature(scheme)
    recurrence = tuple(_solved(residual, scheme, domain) for residual in scheme.residuals)
    bounds = tuple(solved(scheme, str(p)) for p in scheme.parameters if str(p) in SOLVED and edge.has(p))
    return Row(name, recurrence, _polynomial(scheme, domain), edge, _in_mean_square(scheme), bounds)


def solved(scheme: str | GridScheme, parameter: str, settings: Mapping[str, sp.Expr] | None = None) -> sp.Basic:
    """The stable values of one parameter as a relation; that it is not negative is left out.

    Raises:
        InputError: see `stable_values`.
    """
    values = stable_values(scheme, parameter, **(settings or {}))
    known = optimizers[scheme] if isinstance(scheme, str) else scheme
    unknown = next(p for p in known.parameters if str(p) == parameter)
    return sp.Lt(unknown, values.end) if isinstance(values, sp.Interval) and values.start == 0 else as_relation(values, unknown)


def _in_mean_square(scheme: GridScheme) -> sp.StrictLessThan:
    """The part of the condition that noise adds; what else there is in it is the edge without noise."""
    return next(part for part in sp.And.make_args(mean_square(scheme).condition) if part.has(deviation))


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


class Typeset(_PositiveFirst, LatexPrinter):
    """Formulas in LaTeX, symbols by the names declared for them."""

    def terms(self, expr: sp.Expr) -> list[str]:
        """Of a sum, one by one."""
        return [self.doprint(term) for term in self._as_ordered_terms(expr)] if expr.is_Add else [self.doprint(expr)]


def plain(expr: sp.Basic) -> str:
    """In Python's notation, positive terms first."""
    return _Plain().doprint(expr)


def typesetter() -> Typeset:
    """In LaTeX, likewise."""
    return Typeset({"symbol_names": latex_names()})
