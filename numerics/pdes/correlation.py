r"""Cross-correlation with a fixed image, and its exact adjoint, by FFT.

    (K * I)(x) = sum_z K(z) I(x + z)            (phi * I)(z) = sum_x phi(x) I(x + z)

With K turned by 180 degrees the first is a convolution, a product Khat Ihat in frequency, and the second the product
phihat conj(Ihat); turning a kernel is cheap, conjugating a field is not. Fields are never unfolded into patches. Large
images are taken tile by tile.

Source: Thm 5.1, with the discrete boundaries of the authors' code.
"""

from __future__ import annotations

from copy import copy
from math import prod

import numpy as np
import torch
from torch import Tensor

from derive.errors import InputError, choose
from numerics.common.checks import BOUNDARIES, POOLINGS, image_tensor, kernel_shape
from numerics.pdes.batches import one_thread
from numerics.pdes.tabulated import MOST, Tabulated
from numerics.pdes.tiles import Tiles, tile_shape
from numerics.pdes.whole_image import WholeImage


class Correlation:
    """The linear map K -> K * I, batched over leading axes, in the image's dtype and on its device.

    Args:
        image: (H, W), finite.
        kernel_size: side of the kernel, or (h, w); no larger than the image.
        boundary: ``"valid"``: the kernel stays inside the image, outputs (H - h + 1, W - w + 1); ``"full"``: the image is
            0 outside, outputs (H + h - 1, W + w - 1); ``"circular"``: the image is periodic, outputs (H, W).
        pooling: ``"sum"`` or ``"mean"``: what `integral` does; `adjoint` is with respect to that integral.

    Raises:
        InputError: bad image, kernel, boundary or pooling.
    """

    def __init__(
        self,
        image: Tensor | np.ndarray,
        kernel_size: int | tuple[int, int],
        boundary: str = "valid",
        pooling: str = "sum",
    ) -> None:
        """Transform the image once."""
        self.image = image_tensor(image)
        size = (int(self.image.shape[0]), int(self.image.shape[1]))
        self.kernel_shape = kernel_shape(kernel_size, size)
        self.boundary = choose("boundary", boundary, {b: b for b in BOUNDARIES})
        self.pooling = choose("pooling", pooling, {p: p for p in POOLINGS})
        extra = [k - 1 for k in self.kernel_shape]
        sign = {"valid": -1, "full": 1, "circular": 0}[boundary]
        self.output_shape = (size[0] + sign * extra[0], size[1] + sign * extra[1])
        self.measure = 1.0 if pooling == "sum" else 1.0 / (self.output_shape[0] * self.output_shape[1])
        with one_thread(self.image.numel()):
            self._map: WholeImage | Tiles | Tabulated = self._chosen()

    def _chosen(self) -> WholeImage | Tiles:
        wide = tuple(n + k - 1 for n, k in zip(self.output_shape, self.kernel_shape, strict=True))
        tile = tile_shape((wide[0], wide[1]), self.kernel_shape, self.image.device.type)
        if tile is None:
            return WholeImage(self.image, self.kernel_shape, self.boundary, self.output_shape, self.measure)
        return Tiles(self.image, self.kernel_shape, self.boundary, tile, self.measure)

    def __call__(self, kernel: Tensor) -> Tensor:
        """K * I: (..., h, w) -> (..., *output_shape).

        Raises:
            InputError: the trailing shape or the dtype is not the kernel's.
        """
        self._expect("a kernel", kernel, self.kernel_shape)
        return self._map(kernel)

    def adjoint(self, field: Tensor) -> Tensor:
        """phi * I on the kernel's window: (..., *output_shape) -> (..., h, w); integral(phi C K) = <adjoint(phi), K>.

        Raises:
            InputError: the trailing shape or the dtype is not the outputs'.
        """
        self._expect("a field of outputs", field, self.output_shape)
        return self._map.adjoint(field)

    def integral(self, field: Tensor) -> Tensor:
        """Sum or mean over the outputs: (..., *output_shape) -> (..., 1, 1)."""
        pool = torch.sum if self.pooling == "sum" else torch.mean
        return pool(field, dim=(-2, -1), keepdim=True)

    def gram(self, kernel: Tensor) -> Tensor:
        """(K * I) * I on the window: (..., h, w) -> (..., h, w), cheaper than one after the other."""
        self._expect("a kernel", kernel, self.kernel_shape)
        return self._map.gram(kernel)

    def tabulated(self) -> Correlation:
        """The same operator for thousands of applications of `gram`: a matrix where kernels are small, as it is elsewhere."""
        if prod(self.kernel_shape) > MOST or isinstance(self._map, Tabulated):
            return self
        same = copy(self)
        with one_thread(self.image.numel()):
            same._map = Tabulated(self._map, self.kernel_shape, self.image)
        return same

    def _expect(self, what: str, field: Tensor, shape: tuple[int, int]) -> None:
        if tuple(field.shape[-2:]) != shape or field.dtype != self.image.dtype:
            raise InputError(
                f"expected {what} of shape (..., {shape[0]}, {shape[1]}) and {self.image.dtype}, "
                f"got {tuple(field.shape)} and {field.dtype}"
            )
