"""Sharpness along a gradient flow: the largest eigenvalue of minus its Jacobian, which is the loss' Hessian.

No Hessian is typed in, and none is derived by hand: the Jacobian's products are automatic derivatives of the flow's
generated code.

Source: Section 6.1.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from numerics.pdes.semidefinite import LIMIT, Extremes, Operator, extremes
from numerics.pdes.simulate import Flow


def flow_sharpness(flow: Flow, states: Tensor, tolerance: float = 1e-6, dims: int = 2, limit: int = LIMIT) -> Tensor:
    """Largest eigenvalue of the Hessian at every state: (..., *state) -> (...), 1/time; NaN where a state is not finite.

    Args:
        flow: minus a gradient, every member of a batch by itself.
        states: the states.
        tolerance: of the eigenvalue, relative.
        dims: trailing axes of a state.
        limit: most products for one state; the value is a lower bound where they do not suffice.
    """
    members = states.reshape(-1, *states.shape[-dims:])
    largest = [_at(flow, member, tolerance, limit).maximum if bool(member.isfinite().all()) else np.nan for member in members]
    return torch.tensor(largest, dtype=states.dtype).reshape(states.shape[:-dims])


def _at(flow: Flow, state: Tensor, tolerance: float, limit: int) -> Extremes:
    point = state.detach().requires_grad_()
    return extremes(jacobian_products(flow(point), point), state.numel(), tolerance, limit, state.device)


def jacobian_products(force: Tensor, point: Tensor) -> Operator:
    """Products of minus the Jacobian of a flow with float64 vectors (n,); it is symmetric, as the flow is minus a gradient.

    Args:
        force: the flow at the point, whose graph is kept: it serves for all products.
        point: requires a gradient.
    """

    def product(vector: Tensor) -> Tensor:
        # The Jacobian is symmetric, so that reverse mode gives the product too.
        direction = vector.to(point.dtype).view(point.shape)
        return -torch.autograd.grad(force, point, direction, retain_graph=True)[0].reshape(-1).double()

    return product
