"""Bounds layer by layer as the layer-wise theory has them, and the curvature that they are an approximation of.

Source: Thm 5.4 with a_l for a, as the text around Eq 25 has it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from derive import theorem
from derive.errors import InputError
from derive.fields.activations import activation
from derive.fields.symbols import beta as beta_symbol
from numerics.common.checks import positive
from numerics.layerwise.layers import Kernels, Network
from numerics.pdes.correlation import Correlation
from numerics.pdes.spectrum import extreme_eigenvalues


class LayerBounds(NamedTuple):
    """Thm 5.4 on one layer.

    Attributes:
        layer: number, from 1.
        constant: constant that stands for g_l: its mean.
        least: least value of g_l.
        greatest: greatest value of g_l.
        a_l: output error times the constant.
        power_min: least eigenvalue of K -> [(K * I_{l-1}) * I_{l-1}] W, for |Ihat_{l-1}|^2.
        power_max: the greatest.
        alpha_min: weight decay above which the layer is stable.
        alpha_max: weight decay below which it is.
        strict_alpha_min: alpha_min with whichever value of g_l asks for most.
        strict_alpha_max: alpha_max likewise.
        lr_max: largest stable step size at the weight decay given; NaN where no step is stable.
    """

    layer: int
    constant: float
    least: float
    greatest: float
    a_l: float
    power_min: float
    power_max: float
    alpha_min: float
    alpha_max: float
    strict_alpha_min: float
    strict_alpha_max: float
    lr_max: float


def layer_bounds(network: Network, kernels: Kernels, lr: float, alpha: float = 0.0) -> tuple[LayerBounds, ...]:
    """Every layer's bounds at the kernels given, all layers taken as transitioning.

    Args:
        network: on its image.
        kernels: (h, w) each, from the image up.
        lr: step size, > 0: for the bounds on the weight decay.
        alpha: weight decay: for the bound on the step size.

    Raises:
        InputError: kernels that do not fit, a step size out of range, or an activation without r''(0).
    """
    positive("lr", lr)
    if any(kernel.ndim != 2 for kernel in kernels):
        raise InputError(f"expected kernels of shape (h, w), got {[tuple(k.shape) for k in kernels]}")
    fields, setting = network.fields(kernels), (equivalent_beta(network), lr, alpha)
    rows = zip(kernels, fields.inputs, fields.downstream, strict=False)  # the last of the inputs is the output
    return tuple(
        _bounds(n, Correlation(image, tuple(kernel.shape)), g, float(fields.error), setting)
        for n, (kernel, image, g) in enumerate(rows, 1)
    )


def equivalent_beta(network: Network) -> float:
    """2 r''(0): what stands for Swish's beta in the bounds, for any activation."""
    return 2 * float(activation(network.activation).at(2).subs(beta_symbol, network.beta))


def _bounds(layer: int, below: Correlation, g: Tensor, error: float, setting: tuple[float, float, float]) -> LayerBounds:
    """The bounds with the mean of g_l as its constant, and the tightest over its range."""
    beta, lr, alpha = setting
    ends, constants = extreme_eigenvalues(below), [float(value) for value in (g.mean(), g.min(), g.max())]
    given = {"beta": beta, "power_min": ends.minimum, "power_max": ends.maximum}
    compiled = {name: theorem("eq-25").function("numpy", name) for name in ("alpha_bounds", "largest_lr")}
    low, high = compiled["alpha_bounds"](a_l=error * np.array(constants), lr=lr, **given)
    step = compiled["largest_lr"](a_l=error * constants[0], alpha=alpha, **given) if alpha > low[0] else np.nan
    powers = ends.minimum, ends.maximum
    edges = map(float, (low[0], high[0], low.max(), high.min(), step))
    return LayerBounds(layer, *constants, error * constants[0], *powers, *edges)


class Curvature(NamedTuple):
    """Least and greatest eigenvalue of one layer's Hessian block without weight decay, by what is counted.

    Attributes:
        kept: with g_l and the output error held: what the layer-wise theory approximates.
        through_g: with the output error held.
        whole: the block itself.
    """

    kept: tuple[float, float]
    through_g: tuple[float, float]
    whole: tuple[float, float]


def layer_curvature(network: Network, kernels: Kernels, layer: int) -> Curvature:
    """Extreme eigenvalues of one layer's Hessian block, exact up to rounding; for kernels of up to about a thousand cells.

    Args:
        network: on its image.
        kernels: (h, w) each, from the image up.
        layer: its number, from 1 at the image.
    """
    kept, through_g, through_error = network.blocks(kernels, layer)
    return Curvature(*(_extremes(matrix) for matrix in (kept, kept + through_g, kept + through_g + through_error)))


def joint_curvature(network: Network, kernels: Kernels) -> tuple[float, float]:
    """Extreme eigenvalues of the whole Hessian without weight decay, all kernels at once: (least, greatest).

    Args:
        network: on its image.
        kernels: (h, w) each, from the image up.
    """
    sizes = [kernel.numel() for kernel in kernels]

    def gradient(flat: Tensor) -> Tensor:
        parts = zip(flat.split(sizes), kernels, strict=True)
        return torch.cat([g.flatten() for g in network.gradients([part.view(k.shape) for part, k in parts])])

    flat = torch.cat([kernel.flatten() for kernel in kernels])
    return _extremes(torch.autograd.functional.jacobian(gradient, flat))


def _extremes(matrix: Tensor) -> tuple[float, float]:
    values = torch.linalg.eigvalsh((matrix + matrix.mT) / 2)
    return float(values[0]), float(values[-1])
