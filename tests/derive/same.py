"""Whether two conditions are one, relation by relation: their margins, multiplied out, and their joints are the same."""

from __future__ import annotations

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean


def normal(condition: Boolean) -> Boolean:
    """Every inequality as its margin, which is to be positive or not negative; an equation with one sign of its two."""
    return condition.xreplace({relation: _normal(relation) for relation in condition.atoms(Relational)})


def _normal(relation: Relational) -> Boolean:
    if isinstance(relation, sp.Eq | sp.Ne):
        margin = sp.expand(relation.lhs - relation.rhs)
        return relation.func(min(margin, sp.expand(-margin), key=sp.default_sort_key), 0, evaluate=False)
    kind = sp.Gt if isinstance(relation, sp.Gt | sp.Lt) else sp.Ge
    return kind(sp.expand(relation.gts - relation.lts), 0, evaluate=False)
