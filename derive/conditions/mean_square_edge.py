"""The edge of stability in mean square at numbers: the largest step size, or the largest curvature with its noise.

det(1 - T) is a polynomial in the step size, and in a common factor of curvature and deviation. From nothing up, stability ends
where its first positive root is (`mean_square` says why it ends at no other place).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import sympy as sp

from derive.arrays import np
from derive.conditions.bound import Stability
from derive.conditions.mean_square import margin_of, mean_square
from derive.errors import InputError, choose
from derive.fields.symbols import curvature, deviation, lr
from derive.modes.roots import function_of
from derive.schemes.grid import GridScheme

_REAL = 1e-7
"""Imaginary part, relative to its size, of a computed root that counts as real."""
_factor = sp.Symbol("factor", positive=True)


def mean_square_edge(optimizer: str | GridScheme, parameter: str, values: Mapping[str, float]) -> float:
    """Below this value a mode converges in mean square, and above it the second moment grows.

    Right to about 1e-9, relative. At deviation 0 it is the noise-free edge.

    Args:
        optimizer: a name in `optimizers`, or a recurrence of your own with the symbol `curvature` in it.
        parameter: ``"lr"``, all else as given; or ``"curvature"``: the edge of the mean curvature where the deviation stays
            the same fraction of it, as when the loss is scaled.
        values: the optimiser's parameters by torch's names, `curvature` (mean, above 0) and `deviation` (from 0 on) of the
            curvature along the mode. `lr` may be left out where it is asked for.

    Returns:
        The edge; 0 where nothing is stable, infinite where everything is.

    Raises:
        InputError: an unknown optimiser or parameter; a value is missing, unknown, or outside what is assumed of it.

    >>> values = {"momentum": 0.9, "curvature": 2.0}
    >>> [round(mean_square_edge("heavy-ball", "lr", values | {"deviation": s}), 6) for s in (0.0, 2.0)]
    [1.9, 0.095]
    """
    choose("parameter", parameter, dict.fromkeys(("lr", "curvature")))
    bound, names, coefficients = _prepared(optimizer, parameter)
    given = {"lr": 1.0, **values} if parameter == "lr" else dict(values)
    _check(bound, given)
    polynomial = np.atleast_1d(np.array(coefficients(*(float(given[n]) for n in names)), dtype=float))
    first, unit = _first_positive_root(polynomial), 1.0 if parameter == "lr" else given["curvature"]
    inside = unit * (first / 2 if np.isfinite(first) else 1.0)
    scaled = {"deviation": given["deviation"] * inside / unit} if parameter == "curvature" else {}
    return float(unit * first) if bound.holds(**{**given, **scaled, parameter: inside}) else 0.0


@lru_cache(maxsize=64)
def _prepared(optimizer: str | GridScheme, parameter: str) -> tuple[Stability, tuple[str, ...], Callable]:
    bound = mean_square(optimizer)
    margin = margin_of(bound.amplification)
    if parameter == "curvature":
        margin = margin.subs({curvature: _factor * curvature, deviation: _factor * deviation}, simultaneous=True)
    unknown = _factor if parameter == "curvature" else lr
    coefficients = sp.Poly(sp.numer(sp.together(margin)), unknown).all_coeffs()
    symbols = sorted(set().union(*(c.free_symbols for c in coefficients)), key=str)
    return bound, tuple(map(str, symbols)), function_of(symbols, sp.Tuple(*coefficients))


def _first_positive_root(coefficients: np.ndarray) -> float:
    roots = np.roots(coefficients)
    real = roots.real[(np.abs(roots.imag) <= _REAL * np.abs(roots)) & (roots.real > 0)]
    return float(real.min()) if real.size else float("inf")


def _check(stability: Stability, values: Mapping[str, float]) -> None:
    names = sorted(str(p) for p in stability.parameters)
    if set(values) != set(names):
        raise InputError(f"expected values for {', '.join(names)}; got {', '.join(sorted(values)) or 'none'}")
    symbols = {str(p): p for p in stability.parameters}
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not np.isfinite(value):
            raise InputError(f"expected a finite number for {name}, got {value!r}")
    for assumption in stability.assumed:
        if assumption.subs({symbols[name]: sp.Float(float(value)) for name, value in values.items()}) == sp.false:
            got = ", ".join(f"{s} = {float(values[str(s)]):g}" for s in sorted(assumption.free_symbols, key=str))
            raise InputError(f"expected {assumption}, which the edge rests on, got {got}")
