"""A theorem's condition solved for the weight decay, as the paper states it: a relation for each candidate of each end.

The condition as it is derived may be in other terms, such as the damping of a flow. Both say the same: an interval between the
largest lower and the smallest upper bound is where all these relations hold, and empty where it has no room.

>>> from derive.derivations import theorem
>>> solved(theorem("coupling"))
(alpha > coupling, alpha < -coupling + 2/lr)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import sympy as sp

from derive.conditions.bound import Stability
from derive.errors import InputError
from derive.fields.symbols import alpha

if TYPE_CHECKING:
    from derive.paper.derivation import Derivation

BOUNDS = f"{alpha.name}_bounds"


def solved(derivation: Derivation) -> tuple[sp.Rel, ...]:
    """Lower bounds, then upper ones; none where there is no weight decay to be solved for."""
    result = derivation.result
    if not isinstance(result, Stability) or alpha not in result.parameters:
        return ()
    ends = derivation.outputs.get(BOUNDS) or _ends(result)
    return tuple(_relations(*ends)) if ends else ()


def _ends(result: Stability) -> tuple[sp.Expr, sp.Expr] | None:
    try:
        values = result.solve(alpha.name)
    except InputError:
        return None
    open_interval = isinstance(values, sp.Interval) and values.is_open
    return (values.start, values.end) if open_interval else None


def _relations(lower: sp.Expr, upper: sp.Expr) -> Iterator[sp.Rel]:
    yield from (sp.Gt(alpha, edge, evaluate=False) for edge in _candidates(lower, sp.Max))
    yield from (sp.Lt(alpha, edge, evaluate=False) for edge in _candidates(upper, sp.Min))


def _candidates(end: sp.Expr, extreme: type) -> Iterator[sp.Expr]:
    """What an end is the extreme of, in every case of it."""
    cases = end.args if isinstance(end, sp.Piecewise) else ((end, sp.true),)
    choices = [sorted(extreme.make_args(value), key=sp.default_sort_key) for value, _ in cases]
    for values in zip(*choices, strict=True):
        yield sp.Piecewise(*((value, when) for value, (_, when) in zip(values, cases, strict=True)))
