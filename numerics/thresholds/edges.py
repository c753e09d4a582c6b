"""The derived range of stable curvatures, as numbers: from `derive.maximal_curvature` and `derive.stability` alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache

import sympy as sp

from derive import maximal_curvature, optimizers, stability
from derive.errors import InputError
from derive.printing.codegen import compile_outputs

Values = Mapping[str, float]


def upper(name: str, values: Values) -> float:
    """A mode of larger curvature diverges; infinite at lr 0, where nothing moves; may be <= 0: nothing is stable.

    Args:
        name: in `derive.optimizers`.
        values: the optimiser's parameters, by torch's names.

    Raises:
        InputError: the values violate what the derivation assumes (momentum < 1, ...).
    """
    return _upper(name, tuple(sorted(values.items())))


def lower(name: str, values: Values) -> float:
    """A mode of smaller curvature diverges, as at a saddle; minus infinity at lr 0, infinity where none is stable.

    Raises:
        InputError: as `upper`.
    """
    if values["lr"] == 0:
        return -float("inf")
    _check(name, tuple(sorted(values.items())))
    return min((float(_at(low, values)) for where, low in _lows(name) if _at(where, values) != sp.false), default=float("inf"))


@lru_cache(maxsize=1024)
def _upper(name: str, items: tuple[tuple[str, float], ...]) -> float:
    values = dict(items)
    if values["lr"] == 0:
        return float("inf")
    _check(name, items)
    function, needed = _compiled(name)
    return float(function(**{n: values[n] for n in needed}))


@cache
def _largest(name: str) -> sp.Expr:
    return maximal_curvature(optimizers[name])


@cache
def _compiled(name: str) -> tuple[Callable, tuple[str, ...]]:
    expr = _largest(name)
    return compile_outputs("largest_curvature", (expr,), "numpy", "Largest stable curvature."), tuple(
        map(str, expr.free_symbols)
    )


@cache
def _lows(name: str) -> tuple[tuple[sp.Basic, sp.Expr], ...]:
    """The lower end of the stable curvatures, and where it is that: a slope of unknown sign makes cases of the answer."""
    stable = stability(optimizers[name]).solve("curvature")
    cases = [(c.condition, c.base_set) if isinstance(c, sp.ConditionSet) else (sp.true, c) for c in sp.Union.make_args(stable)]
    return tuple((where, interval.start) for where, interval in cases)


def _at(expr: sp.Basic, values: Values) -> sp.Basic:
    # A symbol with assumptions is not the one that its name alone would make.
    return expr.subs({symbol: values[str(symbol)] for symbol in expr.free_symbols if str(symbol) in values})


@cache
def _assumed(name: str) -> tuple[sp.Basic, ...]:
    """What the edge rests on: the recurrence's assumptions, and the signs of the symbols."""
    scheme = optimizers[name]
    symbols = sorted(scheme.assumptions.free_symbols | _largest(name).free_symbols, key=str)
    signs = [sp.Gt(s, 0, evaluate=False) if s.is_positive else sp.Ge(s, 0, evaluate=False) for s in symbols]
    return (*signs, *sp.And.make_args(scheme.assumptions))


@lru_cache(maxsize=1024)
def _check(name: str, values: tuple[tuple[str, float], ...]) -> None:
    for assumption in _assumed(name):
        if _at(assumption, dict(values)) == sp.false:
            names = sorted(map(str, assumption.free_symbols))
            got = ", ".join(f"{n} = {dict(values)[n]:g}" for n in names)
            raise InputError(f"expected {assumption}, which the edge of {name} rests on, got {got}")
