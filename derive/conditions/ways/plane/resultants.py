"""Over which places of the base line curves turn back, or meet: irreducible polynomials in p alone.

>>> p, q = sp.symbols("p q")
>>> line, circle = sp.Poly(p - q, p, q), sp.Poly(p**2 + q**2 - 4, p, q)
>>> turns(circle), meets(line, circle)
([Poly(p + 2, p, domain='ZZ'), Poly(p - 2, p, domain='ZZ')], [Poly(p**2 - 2, p, domain='ZZ')])
"""

from __future__ import annotations

from functools import lru_cache

import sympy as sp

from derive.conditions.ways.algebra import discriminant, factors, resultant


@lru_cache(maxsize=1024)  # the plane is cut again and again, by much the same curves
def turns(g: sp.Poly) -> list[sp.Poly]:
    """Where one turns back, goes to infinity, or runs upright."""
    swapped = _swapped(g)
    return [*factors(lead(g)), *(factors(discriminant(swapped)) if swapped.degree() > 1 else [])]


@lru_cache(maxsize=4096)
def meets(g: sp.Poly, h: sp.Poly) -> list[sp.Poly]:
    """Where two do, neither upright; somewhere in the complex numbers, or at infinity."""
    return factors(resultant(_swapped(g), _swapped(h)))


def has_multiple_over(g: sp.Poly, minimal: sp.Poly) -> bool:
    """Whether one, maybe reducible, has multiple roots where a minimal polynomial is zero, and its lead is not."""
    return minimal in turns(g) or (g.degree(g.gens[1]) > 1 and discriminant(_swapped(g)).is_zero)


def meet_over(g: sp.Poly, h: sp.Poly, minimal: sp.Poly) -> bool:
    """Whether two have roots in common there."""
    return minimal in meets(g, h) or resultant(_swapped(g), _swapped(h)).is_zero


@lru_cache(maxsize=1024)
def lead(g: sp.Poly) -> sp.Poly:
    """What stands before the highest power of q."""
    p, q = g.gens
    d = g.degree(q)
    return sp.Poly.from_dict({m[:1]: c for m, c in g.rep.to_dict().items() if m[1] == d}, p, domain=g.domain)


def below(g: sp.Poly) -> sp.Poly:
    """Without its highest power of q."""
    d = g.degree(g.gens[1])
    return sp.Poly.from_dict({m: c for m, c in g.rep.to_dict().items() if m[1] < d}, *g.gens, domain=g.domain)


def _swapped(g: sp.Poly) -> sp.Poly:
    return g.reorder(*reversed(g.gens))
