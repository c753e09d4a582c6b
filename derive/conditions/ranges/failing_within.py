"""Where a bound for all values of a parameter in a range fails: beyond each of its edges, at a value that does not qualify.

The parameter is put at the ends of its range, and at a few values between, one after the other; what is left is a scheme in the
other parameters and the ends, whose roots beyond the edge are looked at as anywhere (`failing`). What a witness claims is
exact: at this value of the range these roots do not qualify. A part that fails at other values alone, such as the vertex of a
parabola, has no witness, and nothing is said beyond edges that only suffice.

>>> from derive import parse_scheme, stability
>>> text = "u[1, 0] == u[0, 0] - nu*(u[0, 1] - u[0, -1])/2 + r*(u[0, 1] - 2*u[0, 0] + u[0, -1])"
>>> N = sp.Symbol("N", positive=True)
>>> for one in stability(parse_scheme(text, positive=["r"])).for_all({"nu": (-N, N)}).witnesses:
...     print(one.edge, "|", one.where)
N**2 <= 2*r | at nu = N, for long waves
r <= 1/2 | at nu = N, at theta = pi
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import sympy as sp

from derive.conditions.failing import Failing, failing

if TYPE_CHECKING:
    from derive.conditions.bound import Stability

SHARES = [sp.Rational(p, q) for p, q in ((1, 1), (0, 1), (1, 2), (1, 4), (3, 4))]
"""Of the way from the least to the greatest value."""


def failing_within(stability: Stability) -> tuple[Failing, ...]:
    """Of each part, and of each edge of it, the first value of the range at which it is seen to be needed."""
    found: dict[tuple, Failing] = {}
    parts = set(sp.And.make_args(stability.condition))
    for values in _values(stability) if stability.status == "exact" else ():
        fixed = _at(stability, values)
        for one in failing(fixed) if _tells_all(fixed) else ():
            found.setdefault((one.part, one.edge), _placed(one, values))
        if {part for part, _ in found} == parts:
            break
    return tuple(found.values())


def _values(stability: Stability) -> Iterator[dict[sp.Symbol, sp.Expr]]:
    """Of all ranged parameters; an end at which one of known sign is zero is none of its values."""
    for shares in product(SHARES, repeat=len(stability.ranged)):
        ends = (stability.box[q] for q in stability.ranged)
        values = [sp.expand(low + (high - low) * share) for (low, high), share in zip(ends, shares, strict=True)]
        if not any(value == 0 and q.is_nonzero for q, value in zip(stability.ranged, values, strict=True)):
            yield dict(zip(stability.ranged, values, strict=True))


def _at(stability: Stability, values: Mapping[sp.Symbol, sp.Expr]) -> Stability:
    polynomial = sp.Poly(stability.polynomial.as_expr().subs(values), *stability.polynomial.gens)
    box = {q: ends for q, ends in stability.box.items() if q not in values}
    return replace(stability, polynomial=polynomial, box=box, ranged=(), other=None)


def _tells_all(fixed: Stability) -> bool:
    """Whether the condition is one of the parameters that are left."""
    return fixed.condition.free_symbols <= fixed.polynomial.as_expr().free_symbols


def _placed(one: Failing, values: Mapping[sp.Symbol, sp.Expr]) -> Failing:
    told = ", ".join(f"{q} = {value}" for q, value in values.items())
    at = {q: value.subs(one.witness.values) for q, value in values.items()}
    witness = replace(one.witness, values={**at, **one.witness.values})
    return replace(one, where=f"at {told}{one.where and f', {one.where}'}", witness=witness)
