r"""One explicit step on a star: the value at hand and its neighbours along the axes, of any weights, in any dimension.

With y_i = 1 - c_i the amplification factor is 1 - sum d_i y_i + I sum v_i s_i, where d_i and v_i may be any expressions in
the parameters. It stays in the disc at all phases iff sum d_i <= 1 and W = diag(d) - v v' is positive semidefinite: with
s^2 = y (2 - y), as in `forms`,

    1 - |xi|^2 = 2 sum d_i y_i - (sum d_i y_i)^2 - (sum v_i s_i)^2 = s' W s + sum d_i y_i^2 - (sum d_i y_i)^2.

Needed: for long waves all but s' W s is of fourth order, and s has any direction; where all phases are pi the factor is
1 - 2 sum d_i. Enough: the diagonal of W says d_i >= v_i^2 >= 0, so that by Cauchy and Schwarz
(sum d_i y_i)^2 <= sum d_i sum d_i y_i^2 <= sum d_i y_i^2.

>>> from derive.modes.amplification import amplification
>>> from derive.reading.parse import parse_scheme
>>> along = "p*(u[0, 1, 0] - u[0, 0, 0]) + q*(u[0, 0, 0] - u[0, -1, 0])"
>>> found = amplification(parse_scheme(f"u[1, 0, 0] == u[0, 0, 0] + {along} + q*(3*u[0, 0, 1] - 2*u[0, 0, 0] - u[0, 0, -1])"))
>>> weights(found)
([p - q, 2*q], [p + q, 4*q])

Source: Hindmarsh, Gresho and Griffiths, Int. J. Numer. Meth. Fluids 4 (1984), for advection and diffusion.
"""

from __future__ import annotations

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.ways.eliminate import over_positive, relation
from derive.conditions.ways.margins import NoClosedForm, explicit_step
from derive.conditions.ways.signs import Domain
from derive.conditions.ways.torus.forms import minors
from derive.fields.phases import COSINES, SINES
from derive.modes.amplification import Amplification


def condition(found: Amplification, domain: Domain) -> Boolean:
    """The exact condition (power-bounded, as is every one-step scalar scheme in the closed disc).

    Raises:
        NoClosedForm: the amplification factor is another one.
    """
    d, v = weights(found)
    waves = sp.ImmutableMatrix(len(d), len(d), lambda i, j: (d[i] if i == j else 0) - v[i] * v[j])
    return sp.And(*(relation(over_positive(margin, domain), domain, False) for margin in (1 - sum(d), *minors(waves))))


def weights(found: Amplification) -> tuple[list[sp.Expr], list[sp.Expr]]:
    """d and v of every axis.

    Raises:
        NoClosedForm: the amplification factor is another one.
    """
    if not found.phases:
        raise NoClosedForm
    real, imaginary = explicit_step(found.polynomial)
    d, v = [real.coeff(COSINES[i]) for i in found.phases], [imaginary.coeff(SINES[i]) for i in found.phases]
    lumps = sum(value * (1 - COSINES[i]) for value, i in zip(d, found.phases, strict=True))
    waves = sum(value * SINES[i] for value, i in zip(v, found.phases, strict=True))
    is_other = any(value.has(*COSINES, *SINES) for value in (*d, *v))
    if is_other or sp.expand(real - 1 + lumps) != 0 or sp.expand(imaginary - waves) != 0:
        raise NoClosedForm
    return d, v
