"""A displayed formula in numbers: fields are arrays on a periodic grid, operators are loops over it.

A world says what every symbol is. A step holds where both sides of its equations agree and its relations are true; a condition for
stability has to be true in the worlds that brute force finds stable, and false in the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import sympy as sp
from sympy.logic.boolalg import BooleanFalse, BooleanTrue

from derive.fields import calculus, dft, differential
from derive.fields.symbols import omega

RTOL = 1e-5
"""Of what brute force finds by differences; a wrong coefficient is off by the size of its term."""


class World(NamedTuple):
    """What every symbol is (a number, an array, a function), and whether a step that is judged here has to hold."""

    values: Mapping[Any, Any]
    holds: bool = True


def agrees(expression: sp.Basic, worlds: list[World]) -> bool:
    """Whether a step is true where it has to be, and false where it must not hold."""
    return all(holds(expression, world.values) == world.holds for world in worlds)


def holds(expression: Any, values: Mapping[Any, Any]) -> bool:
    """Whether a step's expression is true in a world."""
    match expression:
        case BooleanTrue() | BooleanFalse():
            return bool(expression)
        case sp.Tuple() | sp.And():
            return all(holds(part, values) for part in expression.args)
        case sp.Eq():
            return expression.lhs != expression.rhs and equal(
                evaluate(expression.lhs, values), evaluate(expression.rhs, values)
            )
        case sp.Contains(args=(element, container)):
            return contains(container, evaluate(element, values), values)
        case sp.Rel():
            left, right = (evaluate(side, values) for side in (expression.lhs, expression.rhs))
            return bool(np.all(ORDER[expression.rel_op](left, right)))
    raise TypeError(f"expected a relation, got {expression}")


def _slack(a: Any, b: Any) -> Any:
    return 1e-9 * np.maximum(np.abs(a), np.abs(b)) + 1e-12


ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "<": np.less,
    ">": np.greater,
    "<=": lambda a, b: a <= b + _slack(a, b),
    ">=": lambda a, b: b <= a + _slack(a, b),
    "!=": np.not_equal,
}


def equal(left: Any, right: Any) -> bool:
    """To what differences resolve, over the whole field."""
    a, b = np.broadcast_arrays(np.asarray(left, dtype=complex), np.asarray(right, dtype=complex))
    finite = np.isfinite(a).all() and np.isfinite(b).all()
    return bool(finite and np.linalg.norm(a - b) <= RTOL * max(np.linalg.norm(a), np.linalg.norm(b)) + 1e-12)


def contains(container: sp.Set, number: Any, values: Mapping[Any, Any]) -> bool:
    """Whether a number lies in an interval, or in the part of one where a condition holds."""
    if isinstance(container, sp.ConditionSet):
        symbol, condition, base = container.args
        possible = holds(condition, {**values, symbol: number})
        if possible != values.get("possible", possible):
            raise ValueError("expected the condition to say whether any number is in the set")
        return possible and contains(base, number, values)
    low, high = (evaluate(end, values) for end in (container.start, container.end))
    above = number > low if container.left_open else number >= low
    below = number < high if container.right_open else number <= high
    return bool(above and below)


def evaluate(expression: Any, values: Mapping[Any, Any]) -> Any:
    """The value of a field or a number."""
    if isinstance(expression, sp.MatrixBase | sp.Tuple):
        parts = [evaluate(part, values) for part in expression]
        return np.reshape(parts, expression.shape) if isinstance(expression, sp.MatrixBase) else parts
    if expression in values:
        return values[expression]
    if not expression.args:
        return complex(expression) if not expression.is_extended_real else float(expression)
    if type(expression) in OPERATORS:
        return OPERATORS[type(expression)](values, *expression.args)
    if isinstance(expression, sp.Piecewise):
        return next(evaluate(value, values) for value, condition in expression.args if holds(condition, values))
    arguments = [evaluate(argument, values) for argument in expression.args]
    function = values.get(_name(expression))
    return function(*arguments) if function else _plain(expression.func, arguments)


def _name(expression: sp.Expr) -> Any:
    """What a function is called in a world: (base, number of primes) for a pointwise one, else its class."""
    kind = type(expression)
    return (kind.base, kind.order) if isinstance(getattr(kind, "order", None), int) else kind


def _plain(operation: Any, arguments: list[Any]) -> Any:
    if operation in (sp.Add, sp.Mul):
        combine = np.add if operation is sp.Add else np.multiply
        total = arguments[0]
        for argument in arguments[1:]:
            total = combine(total, argument)
        return total
    return _compiled(operation, len(arguments))(*arguments)


@cache
def _compiled(operation: Any, count: int) -> Callable[..., Any]:
    symbols = sp.symbols(f"p:{count}")
    return sp.lambdify(symbols, operation(*symbols), "numpy")


def correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Sum over z of first(z) second(x + z)."""
    cells = np.ndindex(first.shape)
    return sum(first[z] * np.roll(second, tuple(-n for n in z), range(second.ndim)) for z in cells)


def convolution(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Sum over z of first(z) second(x - z)."""
    cells = np.ndindex(first.shape)
    return sum(first[z] * np.roll(second, z, range(second.ndim)) for z in cells)


def _fields(values: Mapping[Any, Any], *arguments: sp.Expr) -> list[np.ndarray]:
    """Values as fields, a number being constant on the grid."""
    like = values["grid"]
    return [np.broadcast_to(evaluate(argument, values), like) for argument in arguments]


def _vector(values: Mapping[Any, Any], argument: sp.Expr) -> np.ndarray:
    return np.asarray(evaluate(argument, values))


def gradient(field: np.ndarray, dx: float) -> np.ndarray:
    """Forward differences, an axis in front."""
    return np.stack([(np.roll(field, -1, axis) - field) / dx for axis in range(field.ndim)])


def divergence(vector: np.ndarray, dx: float) -> np.ndarray:
    """Backward differences."""
    return sum((part - np.roll(part, 1, axis)) / dx for axis, part in enumerate(vector))


def _frequency_convolution(values: Mapping[Any, Any], first: sp.Expr, second: sp.Expr) -> np.ndarray:
    """A sum over the grid's frequencies, each of them (2 pi)^2/N of the integral."""
    left, right = _fields(values, first, second)
    return convolution(left, right) * (2 * np.pi) ** 2 / left.size


def _dirac(values: Mapping[Any, Any], argument: sp.Expr) -> np.ndarray:
    """N/(2 pi)^2 at frequency 0; of a multiple of the frequency less by its square, in two dimensions."""
    found, factor = np.zeros(values["grid"]), argument / omega
    found.flat[0] = found.size / (2 * np.pi) ** 2 / float(factor) ** 2
    return found


def _sum(values: Mapping[Any, Any], term: sp.Expr, limits: sp.Tuple) -> Any:
    """Term by term."""
    index, first, last = limits.args
    low, high = (round(float(evaluate(end, values))) for end in (first, last))
    return sum(evaluate(term, {**values, index: k}) for k in range(low, high + 1))


OPERATORS: dict[type, Callable[..., Any]] = {
    calculus.Correlation: lambda values, a, b: correlation(*_fields(values, a, b)),
    calculus.Convolution: lambda values, a, b: convolution(*_fields(values, a, b)),
    calculus.Total: lambda values, a: np.sum(_fields(values, a)[0]),
    calculus.Inner: lambda values, a, b: np.sum(np.multiply(*_fields(values, a, b))),
    calculus.Dot: lambda values, a, b: np.sum(_vector(values, a) * _vector(values, b), axis=0),
    calculus.Windowed: lambda values, a: evaluate(a, values) * values["window"],
    differential.Grad: lambda values, a: gradient(_fields(values, a)[0], values["dx"]),
    differential.Div: lambda values, a: divergence(_vector(values, a), values["dx"]),
    dft.FrequencyConvolution: _frequency_convolution,
    dft.Dirac: _dirac,
    sp.Sum: _sum,
    sp.Limit: lambda values, a, symbol, _, __: evaluate(a, {**values, symbol: 1e12}),
}
