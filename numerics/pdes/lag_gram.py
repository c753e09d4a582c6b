r"""The windowed operator K -> (K * I) * I of a large image from what a kernel can see of it: lags, and the border.

Where nothing is cropped (boundaries "full" and "circular") the entry of two kernel cells depends on their distance alone: it
is the image's correlation with itself at that lag, r(z' - z) with r(d) = sum_y I(y) I(y + d). One pass over the image gives
all lags, and from then on its size does not matter. "valid" leaves out the outputs that the border cuts, four strips:
their operators, of strips about two kernels wide, are subtracted.

    "valid" = "full" - top - bottom - left - right

The difference has rounding errors of the size of "full", which `rounding` tells.
"""

from __future__ import annotations

import torch
from torch import Tensor

from numerics.pdes.correlation import Correlation
from numerics.pdes.tiles import surrounded

WORTH = 4
"""The strips have at most this part of the image's pixels, or it is cheaper to go through the image itself."""


def is_cheaper(correlation: Correlation) -> bool:
    """Whether a few products cost less this way than by the correlation itself."""
    (rows, columns), (h, w) = correlation.image.shape, correlation.kernel_shape
    strips = 0 if correlation.boundary != "valid" else 4 * ((h - 1) * (columns + w) + (w - 1) * (rows + h))
    return WORTH * (strips + 8 * h * w) <= rows * columns


class LagGram:
    """K -> (K * I) * I on the window, as `Correlation.gram`.

    Args:
        correlation: the operator with its image, at least about as large as the kernel.

    Attributes:
        rounding: bound on what rounding adds to an eigenvalue, about: 10 eps times the sum of all |r|, which no norm exceeds.
    """

    def __init__(self, correlation: Correlation) -> None:
        """One pass over the image, and its strips' transforms."""
        image, (h, w), boundary = correlation.image, correlation.kernel_shape, correlation.boundary
        around = "full" if boundary == "valid" else boundary
        wide = _around(image, (h - 1, w - 1), around)
        lags = Correlation(wide, (2 * h - 1, 2 * w - 1)).adjoint(image) * correlation.measure
        self._lags = Correlation(lags, (h, w))
        strips = _strips(wide, (h - 1, w - 1)) if boundary == "valid" else []
        self._strips = [Correlation(strip, (h, w)) for strip in strips if min(strip.shape) > 0]
        self._measure = correlation.measure
        self.rounding = 10 * torch.finfo(image.dtype).eps * float(lags.abs().sum())

    def __call__(self, kernel: Tensor) -> Tensor:
        """(..., h, w) -> (..., h, w)."""
        everywhere = self._lags(kernel).flip(-2, -1)
        return everywhere - self._measure * sum(strip.gram(kernel) for strip in self._strips)


def _around(image: Tensor, border: tuple[int, int], boundary: str) -> Tensor:
    """The image with its surroundings on all sides."""
    if boundary == "full":
        return surrounded(image, border, boundary)
    rows, columns = border
    wide = torch.cat([image[:, image.shape[1] - columns :], image, image[:, :columns]], dim=1)
    return torch.cat([wide[wide.shape[0] - rows :], wide, wide[:rows]], dim=0)


def _strips(wide: Tensor, border: tuple[int, int]) -> list[Tensor]:
    """What the outputs see that the border cuts: those of the first and last rows, and of the rest first and last columns."""
    rows, columns = border
    top, bottom, between = wide[: 2 * rows], wide[wide.shape[0] - 2 * rows :], wide[rows : wide.shape[0] - rows]
    sides = between[:, : 2 * columns], between[:, wide.shape[1] - 2 * columns :]
    return [*([top, bottom] if rows else []), *(sides if columns else [])]


__all__ = ["LagGram", "is_cheaper"]
