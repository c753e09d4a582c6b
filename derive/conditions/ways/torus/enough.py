"""What is enough for a margin to be non-negative on the torus of two phases at most, as a condition on the parameters.

About a corner the margin is constant + s' W s + y' V y with y >= 0 (`forms`): enough is that the constant is not negative, W is
positive semidefinite and V copositive, about one of the corners. A symmetric 2 x 2 matrix is copositive iff its diagonal is not
negative and either its other entry, or its determinant, is not negative.

In two parameters it is settled on the cells of their plane whether that follows from what is needed.

>>> p, q = sp.symbols("p q", real=True)
>>> x, y = (1 - c for c in COSINES[:2])
>>> [next(enough(sp.expand(p * x + q * y - x * y), (0, 1))).subs({p: 2, q: value}) for value in (1, -1)]
[True, False]

Source: Hadeler, On copositive matrices, Linear Algebra Appl. 49 (1983).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.plane.truth import implies
from derive.conditions.ways.signs import Domain
from derive.conditions.ways.torus.forms import Axes, Form, about, corners, minors
from derive.fields.phases import COSINES, SINES


def follow(values: Sequence[sp.Expr], given: Sequence[sp.Expr], axes: Axes, domain: Domain) -> bool:
    """Whether margins are not negative at any phase wherever polynomials in two parameters are not.

    False: that is not seen, or there are more phases or other parameters.
    """
    names = tuple(sorted({s for v in (*values, *given) for s in v.free_symbols} - {*COSINES, *SINES}, key=str))
    if len(names) != 2 or len(axes) > 2:
        return False
    needed = sp.And(*(_not_negative(g) for g in given))
    return all(any(_follows(needed, one, names, domain) for one in enough(v, axes)) for v in values)


def _follows(needed: Boolean, one: Boolean, names: tuple[sp.Symbol, ...], domain: Domain) -> bool:
    try:
        return implies(needed, one, names, domain)
    except NoClosedForm:
        return False


def enough(margin: sp.Expr, axes: Axes) -> Iterator[Boolean]:
    """Conditions, about one corner each; none where the margin has other terms."""
    forms = (about(corner, axes, margin) for corner in corners(axes))
    return (_of_form(form) for form in forms if form is not None)


def _of_form(form: Form) -> Boolean:
    return sp.And(_not_negative(form.constant), *map(_not_negative, minors(form.waves)), _copositive(form.lumps))


def _copositive(lumps: sp.ImmutableMatrix) -> Boolean:
    *diagonal, determinant = minors(lumps)
    if lumps.rows == 1:
        return _not_negative(determinant)
    return sp.And(*map(_not_negative, diagonal), sp.Or(_not_negative(lumps[0, 1]), _not_negative(determinant)))


def _not_negative(f: sp.Expr) -> Boolean:
    return sp.Ge(sp.expand(f), 0)
