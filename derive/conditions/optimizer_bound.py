"""The edge of an optimiser, solved for its learning rate, its weight decay, or another parameter.

>>> stable_values("sgd", "lr", nesterov=1, dampening=0).end
2*(momentum + 1)/((curvature + weight_decay)*(2*momentum + 1))
"""

from __future__ import annotations

import sympy as sp

from derive.conditions.cases import ConditionSet
from derive.conditions.curvature_edge import maximal_curvature, positive_domain, readable
from derive.conditions.solve import solve_margins
from derive.conditions.ways.eliminate import over_positive
from derive.conditions.ways.signs import Domain
from derive.errors import InputError, choose
from derive.fields.symbols import curvature
from derive.schemes.fixed import fixed
from derive.schemes.grid import GridScheme
from derive.schemes.optimizers import optimizers


def stable_values(optimizer: str | GridScheme, parameter: str, **settings: float) -> sp.Set:
    """The values of one parameter at which a mode of positive curvature converges; its ends in as few factors as there are.

    Args:
        optimizer: a name in `optimizers`, or a recurrence of your own with the symbol `curvature` in it.
        parameter: such as ``"lr"``, ``"weight_decay"`` or ``"curvature"``.
        **settings: numbers for some of the others, such as ``nesterov=1``.

    Raises:
        InputError: as `maximal_curvature`; an unknown parameter; or one that the edge cannot be solved for.
    """
    scheme = fixed(optimizers[optimizer] if isinstance(optimizer, str) else optimizer, settings)
    unknown = choose("parameter", parameter, {str(p): p for p in scheme.parameters})
    edge, domain = maximal_curvature(scheme), positive_domain(scheme)
    if unknown == curvature:
        return sp.Interval.open(0, edge)
    if not edge.has(unknown):
        raise InputError(f"expected a parameter that the edge depends on, got {parameter}; the edge is {edge}")
    return _in_factors(solve_margins([(over_positive(edge - curvature, domain), True)], unknown, domain), domain)


def _in_factors(values: sp.Set, domain: Domain) -> sp.Set:
    if isinstance(values, sp.Interval):
        start, end = (readable(e, domain) if e.is_finite is not False else e for e in (values.start, values.end))
        return sp.Interval(start, end, values.left_open, values.right_open)
    if isinstance(values, sp.ConditionSet):
        return ConditionSet(values.sym, values.condition, _in_factors(values.base_set, domain))
    return values
