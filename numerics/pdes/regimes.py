r"""Which regime of the activation an output is in, and which side of its edge a path is on, along a run.

An output z is activated where :math:`r'` is what it is far above 0, to within a tolerance, not activated where it is what it is
far below, and transitioning between. The paper sets no border ("far above", "near"); for Swish it moves from 0.9/beta to
4.1/beta as the tolerance goes from 0.1 to 0.05, because r' overshoots its limit by 0.0998.

Source: Section 3.2 (definition of a restrained instability), Section 5.4, Tab 3.
"""

from __future__ import annotations

from functools import cache
from math import nan

import numpy as np
import sympy as sp
import torch
from scipy.optimize import brentq
from torch import Tensor

from derive.errors import InputError
from derive.fields.activations import activation
from derive.fields.symbols import beta, x
from numerics.pdes.flow_sharpness import jacobian_products
from numerics.pdes.semidefinite import Operator, extremes
from numerics.pdes.simulate import Flow
from numerics.pdes.verdict import NAMES, RESTRAINED, STABLE, UNSTABLE

REGIMES = ("activated", "transitioning", "not activated")
FAR, POINTS = 30.0, 3001
"""In units of 1/beta: from where on nothing is left of r' but its limit; points of the scan for the outermost border."""


@cache
def borders(tolerance: float, name: str = "swish") -> tuple[float, float]:
    """(low, high): r' is within `tolerance` of its limit everywhere below low, everywhere above high; in units of 1/beta.

    Args:
        tolerance: in (0, 1/2).
        name: of an activation with a limit of r' on both sides.

    Raises:
        InputError: a tolerance out of range, or an unknown activation.
    """
    if not 0 < tolerance < 0.5:
        raise InputError(f"expected a tolerance between 0 and 0.5, got {tolerance!r}")
    return -_outermost(name, -1, tolerance), _outermost(name, 1, tolerance)


def _outermost(name: str, sign: int, tolerance: float) -> float:
    """The largest z > 0 at which r'(sign z) is just `tolerance` off its limit."""
    chosen = activation(name)
    apart = chosen.derivative(1).subs(beta, 1).rewrite(sp.exp) - chosen.towards(1, sign)
    apart = sp.lambdify(x, apart, "math")

    def off(z: float) -> float:
        return abs(apart(sign * z)) - tolerance

    grid = np.linspace(0, FAR, POINTS)
    last = int(np.flatnonzero([off(z) > 0 for z in grid])[-1])
    return float(brentq(off, grid[last], grid[last + 1]))


def regime_codes(responses: Tensor, tolerance: float, steepness: float = 1.0, name: str = "swish") -> Tensor:
    """Place in `REGIMES` of every output: any shape -> int8 of the same shape.

    Args:
        responses: K * I, before the activation.
        tolerance: see `borders`.
        steepness: parameter beta of Swish, > 0.
        name: of the activation.
    """
    low, high = (end / steepness for end in borders(tolerance, name))
    codes = torch.ones_like(responses, dtype=torch.int8)
    codes[responses > high] = 0
    codes[responses < low] = 2
    return codes


def shares(codes: Tensor, dims: int = 1) -> Tensor:
    """Share of the outputs in each regime, over the last `dims` axes: (..., outputs) -> (..., 3), float64, sums to 1."""
    flat = codes.flatten(-dims)
    return torch.stack([(flat == place).double().mean(-1) for place in range(len(REGIMES))], -1)


def curvatures(flow: Flow, states: Tensor, dims: int = 2, tolerance: float = 1e-6) -> Tensor:
    """Least and largest eigenvalue of minus the flow's Jacobian at every state: (..., *state) -> (..., 2), 1/time.

    Both to `tolerance` of the larger magnitude; NaN where a state is not finite.
    """
    members = states.reshape(-1, *states.shape[-dims:])
    ends = [_ends(flow, one, tolerance) if bool(one.isfinite().all()) else (nan, nan) for one in members]
    return torch.tensor(ends, dtype=states.dtype).reshape(*states.shape[:-dims], 2)


def _ends(flow: Flow, state: Tensor, tolerance: float) -> tuple[float, float]:
    point = state.detach().requires_grad_()
    hessian = jacobian_products(flow(point), point)

    def largest(apply: Operator) -> float:
        return extremes(apply, state.numel(), tolerance, device=state.device).maximum

    top = largest(hessian)
    return top - largest(lambda vector: top * vector - hessian(vector)), top  # of top - H no eigenvalue is negative


def crossings(beyond: np.ndarray) -> np.ndarray:
    """How often a path goes from one side to the other: (time, ...) booleans -> (...)."""
    return (np.diff(np.asarray(beyond).astype(np.int8), axis=0) != 0).sum(0)


def by_definition(beyond: np.ndarray) -> np.ndarray:
    """The paper's definition, of the last quarter of a run: (time, ...) booleans, beyond the edge or not -> (...) of `NAMES`.

    Never beyond: stable; always: unstable; both, so that it passes back and forth: restrained. A run of finite length cannot
    show that it does so "indefinitely".
    """
    late = np.asarray(beyond)[-max(1, len(beyond) // 4) :]
    return np.array(NAMES)[np.where(late.all(0), UNSTABLE, np.where(late.any(0), RESTRAINED, STABLE))]
