"""Cross-correlation with an image that is transformed as one piece."""

from __future__ import annotations

import torch
from scipy.fft import next_fast_len
from torch import Tensor

from numerics.pdes.transforms import Grid


class WholeImage:
    """K -> K * I and its adjoint by one transform of the image; arguments as `Correlation` has checked them.

    Args:
        image: (H, W).
        kernel_shape: (h, w).
        boundary: ``"valid"``, ``"full"`` or ``"circular"``.
        output_shape: that of K * I.
        measure: weight of an output in the adjoint's integral.
    """

    def __init__(
        self, image: Tensor, kernel_shape: tuple[int, int], boundary: str, output_shape: tuple[int, int], measure: float
    ) -> None:
        """Transform the image."""
        self.kernel_shape, self.output_shape, self.boundary = kernel_shape, output_shape, boundary
        self._grid = _without_wrapping((image.shape[0], image.shape[1]), boundary, output_shape)
        self._spectrum = self._grid.transform(self._placed(image))
        self._conjugate = self._spectrum.conj().resolve_conj() * measure

    def _placed(self, image: Tensor) -> Tensor:
        """The image on the grid, shifted so that the output's first pixel lands on the grid's first."""
        missing = [n - m for n, m in zip(self._grid, image.shape, strict=True)]
        padded = torch.nn.functional.pad(image, (0, missing[1], 0, missing[0]))
        return padded if self.boundary == "full" else padded.roll(tuple(1 - k for k in self.kernel_shape), dims=(-2, -1))

    def __call__(self, kernel: Tensor) -> Tensor:
        """(..., h, w) -> (..., *output_shape)."""
        return self._grid.restore(self._grid.transform(kernel.flip(-2, -1)) * self._spectrum, self.output_shape)

    def adjoint(self, field: Tensor) -> Tensor:
        """(..., *output_shape) -> (..., h, w)."""
        return self._grid.restore(self._grid.transform(field) * self._conjugate, self.kernel_shape).flip(-2, -1)

    def gram(self, kernel: Tensor) -> Tensor:
        """adjoint(K * I): (..., h, w) -> (..., h, w). Without a crop in between it is one product."""
        if self.boundary == "valid":
            return self.adjoint(self(kernel))
        power = (self._spectrum * self._conjugate).real
        return self._grid.restore(self._grid.transform(kernel) * power, self.kernel_shape)


def _without_wrapping(size: tuple[int, int], boundary: str, output_shape: tuple[int, int]) -> Grid:
    """A periodic grid on which nothing that is kept wraps around."""
    if boundary == "circular":
        return Grid(*size)
    least = size if boundary == "valid" else output_shape
    return Grid(*(next_fast_len(n, real=True) for n in least))
