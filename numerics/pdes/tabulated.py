"""The composition of a correlation and its adjoint as a matrix: for small kernels that are iterated thousands of times."""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor

from numerics.pdes.tiles import Tiles
from numerics.pdes.whole_image import WholeImage

MOST = 2**10
"""Cells of a kernel, at most: 8 MiB in float64, which a product reads in less time than an image's transforms take."""

AT_ONCE = 8
"""Kernels whose fields lie in memory side by side while the matrix is made."""


class Tabulated:
    """As the map it is made of, by that map's own transforms; `gram` is one product.

    Args:
        through: the map.
        kernel_shape: (h, w), of at most `MOST` cells.
        image: of whose type and on whose device the kernels are.
    """

    def __init__(self, through: WholeImage | Tiles, kernel_shape: tuple[int, int], image: Tensor) -> None:
        """Apply the map to every kernel of a single 1."""
        self._through = through
        cells = prod(kernel_shape)
        units = torch.eye(cells, dtype=image.dtype, device=image.device).unflatten(-1, kernel_shape)
        self._matrix = torch.cat([through.gram(some) for some in units.split(AT_ONCE)]).flatten(1)

    def __call__(self, kernel: Tensor) -> Tensor:
        """(..., h, w) -> (..., *output_shape)."""
        return self._through(kernel)

    def adjoint(self, field: Tensor) -> Tensor:
        """(..., *output_shape) -> (..., h, w)."""
        return self._through.adjoint(field)

    def gram(self, kernel: Tensor) -> Tensor:
        """adjoint(K * I): (..., h, w) -> (..., h, w)."""
        return (kernel.flatten(-2) @ self._matrix).unflatten(-1, kernel.shape[-2:])
