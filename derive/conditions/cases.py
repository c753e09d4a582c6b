"""A case of an answer: the values of a parameter, where something holds for the other parameters.

>>> r, q = sp.symbols("r q", real=True)
>>> case = ConditionSet(r, q > 0, sp.Interval.open(-1 / q, 2))
>>> case.subs(q, 1), case.subs(q, 0)
(Interval.open(-1, 2), EmptySet)
>>> ConditionSet(r, sp.Eq(q, 0), sp.Interval(0, 2)).subs(q, 0)
Interval(0, 2)
"""

from __future__ import annotations

import sympy as sp


class ConditionSet(sp.ConditionSet):
    """SymPy's, empty where the condition is not met, whatever the ends of the interval are there: -1/q of q = 0 is none."""

    def _eval_subs(self, old: sp.Basic, new: sp.Basic) -> sp.Set:
        """SymPy puts a number into the condition only where it also stands in an end."""
        if old in self.sym.free_symbols:
            return super()._eval_subs(old, new)
        if any(_fails(part, old, new) for part in sp.And.make_args(self.condition)):
            return sp.S.EmptySet
        return self.func(self.sym, self.condition.subs(old, new), self.base_set.subs(old, new))


def _fails(part: sp.Basic, old: sp.Basic, new: sp.Basic) -> bool:
    try:
        return part.subs(old, new) == sp.false
    except TypeError:  # of an end that is none there
        return False
