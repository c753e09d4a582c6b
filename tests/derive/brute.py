"""Oracle: the roots of an amplification polynomial on a grid of frequencies, by numpy."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import sympy as sp

from derive import Stability
from derive.conditions.failing import Failing
from derive.fields.phases import COSINES, SHIFTS, THETAS


def largest_root(found: Stability, values: dict[sp.Symbol, float], points: int = 9) -> float:
    """Largest modulus of an amplification factor over a grid on the frequency box, ends included."""
    grids = [np.linspace(float(low), float(high), points) for low, high in found.box.values()]
    turns = {w: sp.exp(sp.I * theta) for w, theta in zip(SHIFTS, THETAS, strict=True)}
    coefficients = [sp.lambdify((*found.box, *values), c.subs(turns), "numpy") for c in found.polynomial.all_coeffs()]
    roots = (np.roots([complex(c(*q, *values.values())) for c in coefficients]) for q in product(*grids))
    return max(float(np.abs(found_roots).max(initial=0.0)) for found_roots in roots)


def radius(found: Stability, one: Failing) -> float:
    """At a witness, from the polynomial."""
    named = {symbol.name: value for symbol, value in one.witness.values.items()}
    place = {s: named[s.name] for s in found.polynomial.free_symbols if s.name in named}
    for w, c, theta in zip(SHIFTS, COSINES, THETAS, strict=True):
        place |= {w: sp.exp(sp.I * named.get(theta.name, 0)), c: sp.cos(named.get(theta.name, 0))}
    return float(np.abs(np.roots([complex(sp.N(c.subs(place))) for c in found.polynomial.all_coeffs()])).max())


def phases_are_those_named(one: Failing) -> bool:
    """Exactly, where it is said to fail "at" them; in some neighbourhood, where it is "near" them."""
    told = [sp.sympify(text) for text in re.findall(r"theta(?:_\d)? = ([^,]+)", one.where)]
    own = [value for symbol, value in one.witness.values.items() if symbol in THETAS][: len(told)]
    if one.where.startswith("at"):
        return told == own
    return all(abs(abs(float(a)) - abs(float(b))) < 0.5 for a, b in zip(told, own, strict=True))
