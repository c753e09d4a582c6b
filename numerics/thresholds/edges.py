"""The derived range of stable curvatures, as numbers: from `derive.maximal_curvature` and `derive.stability` alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache

import sympy as sp

from derive import maximal_curvature, optimizers, stability
from derive.errors import InputError
from derive.fields.symbols import beta1, curvature, denominator, lr, weight_decay
from derive.printing.codegen import compile_outputs
from derive.schemes.grid import GridScheme
from derive.schemes.optimizers import mean, theta

Values = Mapping[str, float]

look_ahead, gradient_weight = sp.symbols("look_ahead gradient_weight", positive=True)


def nadam_at_step() -> GridScheme:
    """NAdam at any step: theta' = theta - lr (look_ahead m' + gradient_weight g) / denominator.

    With the momentum schedule mu_t and its product M_t: look_ahead = mu_(t+1) / (1 - M_(t+1)) and gradient_weight =
    (1 - mu_t) / (1 - M_t). After many steps they are beta1 and 1 - beta1, which is `derive.optimizers["nadam"]`.

    Source: torch.optim.NAdam.
    """
    gradient = (curvature + weight_decay) * theta[0]
    return GridScheme(
        sp.Eq(mean[1], beta1 * mean[0] + (1 - beta1) * gradient),
        sp.Eq(theta[1], theta[0] - lr * (look_ahead * mean[1] + gradient_weight * gradient) / denominator),
        assumptions=beta1 < 1,
    )


@cache
def scheme_of(name: str) -> GridScheme:
    """The recurrence; NAdam's with its schedule."""
    return nadam_at_step() if name == "nadam" else optimizers[name]


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
    """A mode of smaller curvature diverges, as at a saddle; minus infinity at lr 0.

    Raises:
        InputError: as `upper`.
    """
    if values["lr"] == 0:
        return -float("inf")
    _check(name, tuple(sorted(values.items())))
    return float(_at(_interval(name).start, values))


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
    return maximal_curvature(scheme_of(name))


@cache
def _compiled(name: str) -> tuple[Callable, tuple[str, ...]]:
    expr = _largest(name)
    return compile_outputs("largest_curvature", (expr,), "numpy", "Largest stable curvature."), tuple(
        map(str, expr.free_symbols)
    )


@cache
def _interval(name: str) -> sp.Interval:
    found = stability(scheme_of(name)).solve("curvature")
    return found.base_set if isinstance(found, sp.ConditionSet) else found


def _at(expr: sp.Basic, values: Values) -> sp.Basic:
    # A symbol with assumptions is not the one that its name alone would make.
    return expr.subs({symbol: values[str(symbol)] for symbol in expr.free_symbols if str(symbol) in values})


@cache
def _assumed(name: str) -> tuple[sp.Basic, ...]:
    """What the edge rests on: the recurrence's assumptions, and the signs of the symbols."""
    scheme = scheme_of(name)
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
