"""Right-hand sides of the PDEs as torch functions of the state, built on the code that `derive` generates."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod

import torch
from torch import Tensor

import derive
from derive.errors import InputError
from derive.flows.images import beltrami_flow
from numerics.common.checks import positive
from numerics.pdes.batches import in_cache
from numerics.pdes.correlation import Correlation
from numerics.pdes.differences import Differences
from numerics.pdes.simulate import Flow


def heat(diffusivity: float = 1.0, dx: float = 1.0) -> Flow:
    """Heat equation with u = 0 held at both ends: (..., points) -> (..., points), the ends do not move.

    Args:
        diffusivity: > 0, in length^2 / time.
        dx: grid spacing, > 0.

    Raises:
        InputError: one of them out of range; of the flow, fewer than three points.

    Source: Eq 1, 2.
    """
    rate = float(positive("diffusivity", diffusivity)) / float(positive("dx", dx)) ** 2

    def flow(u: Tensor) -> Tensor:
        if u.shape[-1] < 3:
            raise InputError(f"expected at least 3 grid points, got {u.shape[-1]}")
        laplacian = u[..., 2:] - 2 * u[..., 1:-1] + u[..., :-2]
        return torch.nn.functional.pad(rate * laplacian, (1, 1))

    return flow


def linear(
    correlation: Correlation, a: float | Tensor, beta: float | Tensor, alpha: float | Tensor, forced: bool = True
) -> Flow:
    """Windowed linear PDE of Thm 5.2; parameters broadcast against the batch as (..., 1, 1).

    Args:
        correlation: the operator with its image.
        a: output error.
        beta: parameter of Swish.
        alpha: weight decay.
        forced: with the constant term; without it the flow is that of a perturbation.
    """
    rhs = derive.flow("5.2")
    field = prod(correlation.image.shape)
    ones = torch.ones(correlation.output_shape, dtype=correlation.image.dtype, device=correlation.image.device)
    constant = correlation.adjoint(ones) if forced else 0.0
    # The generated code composes correlate and adjoint; their composition is known to be cheaper in one piece.
    operators = {"correlate": lambda k: k, "adjoint": correlation.gram, "integral": correlation.integral}
    return in_cache(partial(rhs, **operators, image_integral=constant), field, a=a, alpha=alpha, beta=beta)


def nonlinear(
    correlation: Correlation,
    alpha: float | Tensor,
    beta: float | Tensor,
    y: float | Tensor,
    activation: str = "swish",
    loss: str = "cross-entropy",
) -> Flow:
    """Windowed nonlinear PDE of Thm 5.1: (..., h, w) -> (..., h, w); parameters broadcast against the batch as (..., 1, 1).

    Args:
        correlation: the operator with its image.
        alpha: weight decay.
        beta: parameter of the activation.
        y: label.
        activation: a name in `derive.activations`.
        loss: a name in `derive.fields.losses`.

    Source: Thm 5.1.
    """
    return _bound(derive.flow("5.1", activation, loss=loss), correlation, alpha, beta, y)


def nonlinear_loss(
    correlation: Correlation,
    alpha: float | Tensor,
    beta: float | Tensor,
    y: float | Tensor,
    activation: str = "swish",
    loss: str = "cross-entropy",
) -> Callable[[Tensor], Tensor]:
    """The loss of Eq 7, whose gradient flow is `nonlinear`: (..., h, w) -> (...); arguments as for `nonlinear`."""
    summed = _bound(derive.loss("5.1", activation, loss), correlation, alpha, beta, y)
    return lambda kernel: summed(kernel)[..., 0, 0]


def beltrami(
    image: Tensor,
    fidelity: float | Tensor,
    epsilon: float | Tensor,
    dx: float = 1.0,
    boundary: str = "reflecting",
    dims: int = 2,
) -> Flow:
    """Beltrami flow of an image: (..., *grid) -> (..., *grid), minus the gradient of the discrete loss per dx^dims.

    Args:
        image: f, the given image or a batch of them; `dims` trailing axes.
        fidelity: lambda > 0, a number or a tensor that broadcasts against the image, trailing axes included.
        epsilon: slope below which the total variation is rounded off, > 0; likewise.
        dx: grid spacing.
        boundary: ``"circular"`` or ``"reflecting"``.
        dims: 1, 2 or 3.

    Source: Eq 4.
    """
    return _on_grid(beltrami_flow(), image, fidelity, epsilon, Differences(dims, dx, boundary))


def _on_grid(generated: Callable, image: Tensor, fidelity, epsilon, grid: Differences) -> Flow:
    weights = {name: positive(name, v).to(image.device) for name, v in (("fidelity", fidelity), ("epsilon", epsilon))}
    operators = {"gradient": grid.gradient, "divergence": grid.divergence, "integral": grid.integral}

    def evaluate(state: Tensor, **given: Tensor) -> Tensor:
        # One shape for all: a vector field's components come first, so that nothing shorter may be broadcast against it.
        shape = torch.broadcast_shapes(state.shape, *(value.shape for value in given.values()))
        return generated(state.expand(shape), **operators, **{name: v.to(state).expand(shape) for name, v in given.items()})

    return in_cache(evaluate, prod(image.shape[-grid.dims :]), grid.dims, f=image, **weights)


def _bound(generated: Callable, correlation: Correlation, alpha, beta, y) -> Flow:
    operators = {"correlate": correlation, "adjoint": correlation.adjoint, "integral": correlation.integral}
    return in_cache(partial(generated, **operators), prod(correlation.image.shape), alpha=alpha, beta=beta, y=y)
