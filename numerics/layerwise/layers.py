"""Networks of several one-channel layers: loss, gradients, the fields between the layers, one layer's Hessian block.

All by the code that `derive` generates; the layers shrink, as the kernels stay inside their input ("valid").

Source: Thm 5.7, Eq 20-25.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor

from derive.errors import InputError
from derive.fields.activations import activation as activation_called
from derive.fields.layers import checked_layer
from derive.flows.layer_code import layer_fields, layer_gradients, layer_loss, layer_products
from numerics.common.checks import POOLINGS, image_tensor

Kernels = Sequence[Tensor]


def correlate(first: Tensor, second: Tensor) -> Tensor:
    """(A * B)(x) = sum_z A(z) B(x + z) where A stays inside B: (..., h, w), (..., H, W) -> (..., H - h + 1, W - w + 1).

    With a kernel for A it is a layer; with a field of outputs for A it is that layer's adjoint in the kernel.
    """
    size = second.shape[-2:]
    spectrum = torch.fft.rfft2(first, s=size).conj() * torch.fft.rfft2(second)
    rows, columns = (n - m + 1 for n, m in zip(size, first.shape[-2:], strict=True))
    return torch.fft.irfft2(spectrum, s=size)[..., :rows, :columns]


def convolve(first: Tensor, second: Tensor) -> Tensor:
    """Sum over z of A(z) B(x - z): (..., h, w), (..., H, W) -> (..., H + h - 1, W + w - 1); a layer's adjoint in its input."""
    size = [n + m - 1 for n, m in zip(first.shape[-2:], second.shape[-2:], strict=True)]
    return torch.fft.irfft2(torch.fft.rfft2(first, s=size) * torch.fft.rfft2(second, s=size), s=size)


def total(field: Tensor) -> Tensor:
    """Sum over space: (..., H, W) -> (..., 1, 1)."""
    return field.sum(dim=(-2, -1), keepdim=True)


OPERATORS = {"correlate": correlate, "convolve": convolve, "integral": total}


@dataclass(frozen=True)
class Fields:
    """What stands between the layers.

    Attributes:
        inputs: I_0 (the image), ..., I_L.
        downstream: g_1, ..., g_L: gradient of the summed outputs with respect to I_l, on its grid.
        error: the output error a: derivative of the loss in the sum of the outputs; (yhat - y)/N where they are averaged.
    """

    inputs: tuple[Tensor, ...]
    downstream: tuple[Tensor, ...]
    error: Tensor


@dataclass(frozen=True)
class Network:
    """A network of one-channel layers on one image, with sigmoid and cross-entropy.

    Attributes:
        image: (H, W), its dtype and device are the network's.
        y: label.
        beta: parameter of Swish.
        activation: name of the activation.
        pooling: ``"sum"`` or ``"mean"`` over the last layer's outputs.
    """

    image: Tensor
    y: float = 1.0
    beta: float = 1.0
    activation: str = "swish"
    pooling: str = "sum"

    def __post_init__(self) -> None:
        """Check once.

        Raises:
            InputError: bad image, unknown activation or pooling.
        """
        object.__setattr__(self, "image", image_tensor(self.image))
        activation_called(self.activation)
        if self.pooling not in POOLINGS:
            raise InputError(f"unknown pooling {self.pooling!r}: expected one of {', '.join(POOLINGS)}")

    def loss(self, kernels: Kernels, alpha: float = 0.0) -> Tensor:
        """The loss of Eq 22: kernels (..., h, w) from the image up -> (...)."""
        return self._run(layer_loss, kernels, alpha=alpha)[..., 0, 0]

    def gradients(self, kernels: Kernels, alpha: float = 0.0) -> tuple[Tensor, ...]:
        """Its gradient for every kernel, each (..., h, w)."""
        return self._run(layer_gradients, kernels, alpha=alpha)

    def fields(self, kernels: Kernels) -> Fields:
        """The fields between the layers."""
        outputs = self._run(layer_fields, kernels)
        depth = len(kernels)
        top = torch.ones_like(outputs[depth - 1])
        return Fields((self.image, *outputs[:depth]), (*outputs[depth:-1], top), outputs[-1])

    def products(self, kernels: Kernels, layer: int, direction: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """One layer's Hessian block without weight decay on directions (..., h, w), in parts, each (..., h, w).

        Args:
            kernels: from the image up.
            layer: from 1.
            direction: in the space of that layer's kernel.

        Returns:
            (with g_l and the output error held, through g_l, through the output error).
        """
        parts = self._run(layer_products, kernels, checked_layer(len(kernels), layer), direction=direction)
        return tuple(torch.zeros_like(direction) + part for part in parts)

    def blocks(self, kernels: Kernels, layer: int) -> tuple[Tensor, Tensor, Tensor]:
        """The same parts as dense matrices, (h w, h w) each; for kernels of up to about a thousand cells."""
        shape = kernels[checked_layer(len(kernels), layer) - 1].shape
        units = torch.eye(prod(shape), dtype=self.image.dtype, device=self.image.device).unflatten(-1, shape)
        return tuple(part.flatten(-2).mT for part in self.products(kernels, layer, units))

    def _run(self, generated, kernels: Kernels, *layer: int, direction: Tensor | None = None, **parameters: float):
        outputs = self._checked(kernels)
        weight = 1.0 if self.pooling == "sum" else 1.0 / prod(outputs)
        function = generated(len(kernels), *layer, self.activation)
        given = [] if direction is None else [direction]
        return function(
            self.image, kernels, *given, **OPERATORS, y=self.y, beta=self.beta, weight=weight, **parameters
        )  # fmt: skip

    def _checked(self, kernels: Kernels) -> tuple[int, int]:
        """The shape of the last layer's outputs.

        Raises:
            InputError: no kernel, another dtype, or kernels that do not fit into what the layers below leave.
        """
        if len(kernels) == 0:
            raise InputError("expected at least one kernel, got none")
        rows, columns = self.image.shape
        for number, kernel in enumerate(kernels, 1):
            if kernel.ndim < 2 or kernel.dtype != self.image.dtype or kernel.shape[-2] > rows or kernel.shape[-1] > columns:
                raise InputError(
                    f"expected kernel {number} of shape (..., h, w) no larger than its {rows}x{columns} input and in "
                    f"{self.image.dtype}, got {tuple(kernel.shape)} in {kernel.dtype}"
                )
            rows, columns = rows - kernel.shape[-2] + 1, columns - kernel.shape[-1] + 1
        return rows, columns
