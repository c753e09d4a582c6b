"""The stable values of one parameter of a scheme that was typed, in words and formulas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.bands import first_band
from derive.conditions.bound import Stability
from derive.conditions.status import PRECISION
from derive.errors import InputError, choose
from derive.modes.step_names import STEPS
from derive.printing.text import indent, pretty
from derive.reports.sufficient import edge as edge_on
from derive.schemes.grid import GridScheme

if TYPE_CHECKING:
    from derive.conditions.enclosing.ellipse import EllipseBound


def check_asked(
    scheme: GridScheme,
    meaning: Mapping[str, sp.Expr],
    name: str,
    at: Mapping[str, sp.Expr],
    deviations: Iterable[sp.Expr] = (),
) -> dict[str, sp.Expr]:
    """The numbers at which an edge is asked for, before anything is derived.

    Raises:
        InputError: a parameter that there is not, or something else than a number for it.
    """
    own = {p.name for p in scheme.parameters} - meaning.keys()
    known = dict.fromkeys(sorted(own | {s.name for value in (*meaning.values(), *deviations) for s in value.free_symbols}))
    if at and not name:
        raise InputError("expected --solve NAME beside --at: the parameter whose largest stable value is asked for")
    if name:
        _choose_solved(name, known, meaning)
    for other, value in at.items():
        choose("parameter", other, known)
        if other == name or not value.is_number:
            raise InputError(f"expected a number for every parameter but {name}, got {other} == {value}")
    return dict(at)


def _choose_solved(name: str, known: Mapping[str, None], meaning: Mapping[str, sp.Expr]) -> None:
    try:
        choose("parameter", name, known)
    except InputError as error:
        if meaning or name not in STEPS:
            raise
        first = next(iter(known), "r")
        raise InputError(
            f"{error}; to ask for {name}, say what they stand for, such as --meaning '{first} == k*dt/dx**2'"
        ) from None


def told(meaning: Mapping[str, sp.Expr]) -> str:
    """What the dimensionless numbers of a discretised equation stand for."""
    return f"with {', '.join(f'{name} = {value}' for name, value in meaning.items())}"


def solved(
    stability: Stability,
    meaning: Mapping[str, sp.Expr],
    name: str,
    at: Mapping[str, sp.Expr],
    bound: EllipseBound | None = None,
) -> str:
    """The stable values of a parameter; at numbers for all others its first edge above zero.

    Args:
        stability: the condition.
        meaning: what its parameters stand for.
        name: of the parameter.
        at: numbers for all others; empty: they stay symbols.
        bound: what suffices where the condition is sampled.

    Raises:
        InputError: the condition cannot be solved for it.
    """
    if bound is not None and not at:
        return solved(bound.stated(stability.amplification), meaning, name, at)
    if bound is not None:
        return f"{solved(stability, meaning, name, at)}\n{edge_on(bound, meaning, name, at)}"
    used = {p.name for p in stability.parameters}
    meant = stability.in_terms_of({n: value for n, value in meaning.items() if n in used}) if meaning else stability
    parameter = {p.name: p for p in meant.parameters}.get(name)
    if parameter is None:
        return f"stability does not depend on {name}"
    lacks = [p.name for p in meant.parameters if p.name != name and p.name not in at]
    if at and lacks:
        meant, parameter = _fixed(meant, at, lacks, parameter)
    elif at:
        numbers = {p.name: at[p.name] for p in meant.parameters if p.name != name}
        edge = meant.largest(name, **numbers)
        where = ", ".join(f"{other} = {value}" for other, value in at.items())
        edge = _four_digits(edge, up=False) if stability.status == "sampled" else edge
        told = _up_to(edge, name) + ("" if edge else _band(meant, parameter, numbers))
        return f"at {where}: {told} ({_precision(stability.status)})"
    where = f" at {', '.join(f'{other} = {value}' for other, value in at.items())}" if at else ""
    told = f"solved for {name}{where} ({stability.status})"
    return f"{told}\n\n{indent(_in_words(as_relation(meant.solve(name), parameter), parameter))}"


def _fixed(
    meant: Stability, at: Mapping[str, sp.Expr], lacks: Sequence[str], parameter: sp.Symbol
) -> tuple[Stability, sp.Symbol]:
    """Some parameters at numbers, the others symbolic."""
    if not meant.has_formula:
        raise InputError(f"expected a number for every parameter but {parameter}; --at lacks {', '.join(lacks)}")
    names = {p.name for p in meant.parameters}
    fixed = meant.in_terms_of({other: value for other, value in at.items() if other in names})
    return fixed, next((p for p in fixed.parameters if p.name == parameter.name), parameter)


def _in_words(values: Boolean, parameter: sp.Symbol) -> str:
    """Relations; all or no values in words."""
    if values == sp.true:
        return f"every {parameter}{' > 0' if parameter.is_positive else ' >= 0' if parameter.is_nonnegative else ''}"
    return f"no {parameter}" if values == sp.false else pretty(values)


def _up_to(edge: float, name: str) -> str:
    if edge == 0:
        return f"not stable just above {name} = 0"
    return f"stable from zero up to {name} = {edge:.10g}" if edge < float("inf") else f"no edge of {name} above zero"


def _four_digits(edge: float, up: bool) -> float:
    """More are not known of a sampled one, and nothing beyond it is claimed."""
    if not 0 < edge < float("inf"):
        return edge
    unit = sp.Integer(10) ** (sp.floor(sp.log(sp.Float(edge), 10)) - 3)
    return float((sp.ceiling if up else sp.floor)(sp.Rational(str(edge)) / unit) * unit)


def _band(stability: Stability, parameter: sp.Symbol, numbers: Mapping[str, sp.Expr]) -> str:
    """That stable values begin further up."""
    band = first_band(stability, parameter, {name: float(value) for name, value in numbers.items()})
    if band is None:
        return ", nor seen to be further up"
    low, high = band
    if stability.status == "sampled":
        low, high = _four_digits(low, up=True), _four_digits(high, up=False)
    to = "on" if high == float("inf") else f"to {high:.10g}"
    return f", but, unless a gap narrower than 4 % lies between, from {low:.10g} {to}"


def _precision(status: str) -> str:
    return f"{status}; {PRECISION[status]}"


def as_relation(values: sp.Set, parameter: sp.Symbol) -> Boolean:
    """A solved set as relations."""
    if isinstance(values, sp.Union):
        return sp.Or(*(as_relation(part, parameter) for part in values.args))
    if isinstance(values, sp.ConditionSet):
        return sp.And(values.condition, as_relation(values.base_set, parameter))
    return values.as_relational(parameter)
