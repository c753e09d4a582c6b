"""Whether a margin is negative near cos(theta) = 1 or -1, read off the signs of curves: a cell is unstable without more ado.

There a margin f(c; p, q) is f(+-1; p, q), a product of curves, or, where that is zero for all parameters, what is left of f
when the factor c -+ 1 is taken out, times its sign inside.

>>> c, p, q = sp.symbols("c p q", real=True)
>>> ends = Ends([sp.Poly((1 - c) * (p + q * c), c, p, q)])
>>> plus, minus = sp.Poly(p + q, p, q), sp.Poly(p - q, p, q)
>>> ends.fail({plus: 1, minus: -1}), ends.fail({plus: 1, minus: 1})
(True, False)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp

from derive.conditions.ways.algebra import signed_factors

End = tuple[int, list[tuple[sp.Poly, int]]]
"""A sign, and powers of curves."""


class Ends:
    """The margins of a scheme near both ends.

    Args:
        margins: polynomials in (c, p, q).
    """

    def __init__(self, margins: Sequence[sp.Poly]) -> None:
        self.ends = [[_near(margin, end) for end in (1, -1)] for margin in margins]

    def fail(self, signs: Mapping[sp.Poly, int]) -> bool:
        """Whether a margin is negative near an end, where no margin is zero at all phases, as far as the signs tell."""
        found = [[_product(end, signs) for end in ends] for ends in self.ends]
        return all(any(ends) for ends in found) and any(sign < 0 for ends in found for sign in ends)


def _near(value: sp.Poly, end: int) -> End:
    """For c towards an end from inside; a factor c - 1 is negative there, c + 1 positive."""
    c, sign = value.gens[0], 1
    while value.eval(c, end).is_zero:
        value, sign = value.quo(sp.Poly(c - end, *value.gens, domain=value.domain)), -end * sign
    of_rest, powers = signed_factors(value.eval(c, end))
    return sign * of_rest, powers


def _product(end: End, signs: Mapping[sp.Poly, int]) -> int:
    """0 also where a sign is not known."""
    sign, powers = end
    for g, n in powers:
        sign *= signs.get(g, 0) ** n
    return sign
