"""Oracle: the roots of an amplification polynomial on a grid of frequencies, by numpy."""

from __future__ import annotations

from itertools import product

import numpy as np
import sympy as sp

from derive import Stability
from derive.fields.phases import SHIFTS, THETAS


def largest_root(found: Stability, values: dict[sp.Symbol, float], points: int = 9) -> float:
    """Largest modulus of an amplification factor over a grid on the frequency box, ends included."""
    grids = [np.linspace(float(low), float(high), points) for low, high in found.box.values()]
    turns = {w: sp.exp(sp.I * theta) for w, theta in zip(SHIFTS, THETAS, strict=True)}
    coefficients = [sp.lambdify((*found.box, *values), c.subs(turns), "numpy") for c in found.polynomial.all_coeffs()]
    roots = (np.roots([complex(c(*q, *values.values())) for c in coefficients]) for q in product(*grids))
    return max(float(np.abs(found_roots).max(initial=0.0)) for found_roots in roots)
