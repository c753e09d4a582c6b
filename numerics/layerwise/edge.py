"""Largest stable step size of a deep network near a minimum, by training it: all layers together, or one alone.

Source: the witness that the layer-wise bounds (Eq 25) are held against.
"""

from __future__ import annotations

import torch
from torch import Tensor

from derive.errors import InputError
from numerics.common.bracketing import Bracket, bisect
from numerics.common.checks import positive
from numerics.layerwise.layers import Network
from numerics.pdes.batches import one_thread
from numerics.pdes.simulate import Flow, simulate

NUDGE = 1e-6
"""Size of the perturbation, relative to 1 and the kernels; small enough to stay linear while it decays or starts to grow."""

SHARE = 1e-4
"""Least share of the perturbation in the mode that grows first."""

ESCAPED = 1e3
"""Growth of the perturbation that needs no further look."""


def layer_flow(network: Network, alpha: float, layer: int | None = None) -> Flow:
    """Minus the gradient, on kernels of one size stacked as (..., layers, h, w); the others rest where one layer is named."""

    def flow(kernels: Tensor) -> Tensor:
        moved = -torch.stack(network.gradients(kernels.unbind(-3), alpha), -3)
        if layer is None:
            return moved
        kept = torch.zeros(kernels.shape[-3], 1, 1, dtype=moved.dtype, device=moved.device)
        kept[layer - 1] = 1
        return kept * moved

    return flow


@one_thread(1)  # layers of this size are done before a second thread has woken up
def settle(network: Network, start: Tensor, alpha: float, lr: float, steps: int = 2000, tolerance: float = 1e-10) -> Tensor:
    """A point at rest of the whole flow: gradient descent from `start`, then Newton's method: (layers, h, w) -> same.

    Args:
        network: on its image.
        start: (layers, h, w), kernels of one size.
        alpha: weight decay.
        lr: step size of the descent.
        steps: of the descent.
        tolerance: what is left of the gradient's norm, over 1 + alpha times that of the kernels.

    Raises:
        InputError: the gradient does not vanish; use a smaller step size or more steps.
    """
    flow = layer_flow(network, alpha)
    state = simulate(flow, start, lr, steps).final
    for _ in range(20):
        slope = torch.autograd.functional.jacobian(flow, state).reshape(state.numel(), state.numel())
        state = state - torch.linalg.solve(slope, flow(state).flatten()).view_as(state)
    rest = float(flow(state).norm())
    if not rest <= tolerance * (1 + alpha * float(state.norm())):
        raise InputError(f"expected gradient descent to settle, got a gradient of {rest:.1e}; use a smaller lr or more steps")
    return state


@one_thread(1)
def largest_stable_lr(
    network: Network,
    rest: Tensor,
    alpha: float,
    around: float,
    *,
    layer: int | None = None,
    steps: int = 4000,
    rtol: float = 1e-3,
    seed: int = 0,
) -> Bracket:
    """Step size at which a small perturbation of a minimum stops to decay, by bisection on training runs.

    Args:
        network: on its image.
        rest: kernels of one size at a minimum, (layers, h, w); at rest for the layer trained.
        alpha: weight decay.
        around: a guess; the edge is looked for between a tenth of it and ten times it.
        layer: None to train all layers, else the number of the only one that moves.
        steps: of every run; more resolve the edge finer, to about 5/steps.
        rtol: relative width of the bracket.
        seed: of the perturbation.

    Raises:
        InputError: the range holds no edge, as where `rest` is no minimum.
    """
    flow = layer_flow(network, alpha, layer)
    noise = torch.randn(rest.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(rest)
    if layer is not None:
        noise = noise * (torch.arange(1, len(rest) + 1, device=rest.device) == layer)[:, None, None]
    nudged = rest + NUDGE * (1 + rest.norm()) / noise.norm() * noise  # zero kernels may be at rest too

    def unstable(rates: Tensor) -> Tensor:
        return torch.stack([_escapes(flow, nudged, rest, float(rate), steps) for rate in rates])

    positive("around", around)
    return bisect(unstable, around / 10, around * 10, rtol)


def _escapes(flow: Flow, start: Tensor, rest: Tensor, lr: float, steps: int) -> Tensor:
    """Whether the distance from rest grew over the last half of a run, or was large or not finite at any look.

    A mode that grows never falls below its share in the perturbation; what has fallen far below it is rounding noise.
    """
    looks = 20
    state, distances = start, [(start - rest).norm()]
    for _ in range(looks):
        state = simulate(flow, state, lr, steps // looks).final
        distances.append((state - rest).norm())
        if not bool(distances[-1] <= ESCAPED * distances[0]):
            return torch.tensor(True)
    return ((distances[-1] >= distances[looks // 2]) & (distances[-1] > SHARE * distances[0])).cpu()
