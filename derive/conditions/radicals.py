"""Roots of even quartics as square roots, which SymPy leaves as numbered roots.

>>> x = sp.Symbol("x")
>>> in_radicals(sp.Le(x, sp.CRootOf(x**4 + 4 * x**2 - 6, 1)))
x <= sqrt(-2 + sqrt(10))
"""

from __future__ import annotations

import sympy as sp


def in_radicals(expr: sp.Basic) -> sp.Basic:
    """The same with every real root of an even polynomial of degree 4 written out."""
    found = {root: _written_out(root) for root in expr.atoms(sp.CRootOf) if root.is_real}
    return expr.xreplace({root: value for root, value in found.items() if value is not None})


def _written_out(root: sp.CRootOf) -> sp.Expr | None:
    if root.poly.degree() != 4 or any(power % 2 for (power,) in root.poly.monoms()):
        return None
    a, b, c = (root.poly.coeff_monomial(root.poly.gen**k) for k in (4, 2, 0))
    sign = 1 if root.evalf() > 0 else -1
    squares = [sp.expand((-b + s * sp.sqrt(b**2 - 4 * a * c)) / (2 * a)) for s in (1, -1)]
    written = [sign * sp.sqrt(square) for square in squares]
    return min(written, key=lambda value: abs((value - root).evalf(30)))
