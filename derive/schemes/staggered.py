"""Staggered grids, as they are written: v[1/2, 1/2] is half a step later and half a cell further. Moved to whole numbers.

Each equation is written about a centre of its own, each unknown lies on a grid of its own: an offset is the place of the one
less that of the other. Where all offsets agree with such places, the unknown's grid is named anew so that they are integers. On
a mode that multiplies a column by a phase, a row by another: no root moves.

>>> u, v = sp.IndexedBase("u"), sp.IndexedBase("v")
>>> h, nu = sp.Rational(1, 2), sp.Symbol("nu")
>>> on_whole_numbers([u[1, 0] - u[0, 0] - nu * (v[h, h] - v[h, -h]), v[h, h] - v[-h, h] - nu * (u[0, 1] - u[0, 0])])[0][0]
-nu*(-v[0, -1] + v[0, 0]) - u[0, 0] + u[1, 0]
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from derive.errors import InputError

Place = tuple[sp.Rational, ...]
_HALF = sp.Rational(1, 2)


def on_whole_numbers(residuals: Sequence[sp.Expr]) -> tuple[tuple[sp.Expr, ...], dict[str, Place]]:
    """The same equations with integer offsets, and the places of unknowns that lie half a step or cell off the first one.

    Raises:
        InputError: an unknown lies on two grids, as where u[0, 0] and u[0, 1/2] stand in one equation.
    """
    values = [sorted(residual.atoms(sp.Indexed), key=str) for residual in residuals]
    if all(i.is_Integer for entries in values for v in entries for i in v.indices):
        return tuple(residuals), {}
    if any(not (2 * i).is_Integer for entries in values for v in entries for i in v.indices):
        return tuple(residuals), {}  # refused with the other offsets
    centres, places = _placed(values)
    whole = tuple(
        residual.xreplace({v: _moved(v, centres[k], places[v.base]) for v in values[k]}) for k, residual in enumerate(residuals)
    )
    return whole, {str(base): place for base, place in places.items() if any(place)}


def _placed(values: Sequence[Sequence[sp.Indexed]]) -> tuple[dict[int, Place], dict[sp.IndexedBase, Place]]:
    """Centres of the equations and places of the unknowns, 0 or 1/2 along each axis, from one to the next."""
    centres: dict[int, Place] = {}
    places: dict[sp.IndexedBase, Place] = {}
    for first in range(len(values)):
        if first not in centres:
            centres[first] = tuple(sp.S.Zero for _ in values[first][0].indices) if values[first] else ()
            _spread([first], values, centres, places)
    return centres, places


def _spread(open_ones: list[int], values: Sequence[Sequence[sp.Indexed]], centres: dict, places: dict) -> None:
    while open_ones:
        k = open_ones.pop()
        for v in values[k]:
            place = _mod(tuple(i + c for i, c in zip(v.indices, centres[k], strict=False)))
            if places.setdefault(v.base, place) != place:
                raise InputError(
                    f"expected each unknown on one grid, got {v} half a step or cell off other values of {v.base}; "
                    f"write an unknown of its own for the second grid"
                )
        for other, entries in enumerate(values):
            known = next((v for v in entries if v.base in places), None)
            if other not in centres and known is not None:
                centres[other] = _mod(tuple(p - i for p, i in zip(places[known.base], known.indices, strict=False)))
                open_ones.append(other)


def _mod(place: Place) -> Place:
    return tuple(p - sp.floor(p) for p in place)


def _moved(value: sp.Indexed, centre: Place, place: Place) -> sp.Indexed:
    return value.base[tuple(i + c - p for i, c, p in zip(value.indices, centre, place, strict=False))]
