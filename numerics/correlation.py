r"""Cross-correlation with a fixed image, and its exact adjoint, by FFT.

    (K * I)(x) = sum_z K(z) I(x + z)            (phi * I)(z) = sum_x phi(x) I(x + z)

With K turned by 180 degrees the first is a convolution, a product Khat Ihat in frequency, and the second the product
phihat conj(Ihat); turning a kernel is cheap, conjugating a field is not. Only rows that hold data are transformed on
the way in, and only rows that are kept on the way out. Columns are transformed as rows of the transpose: so every
transform runs through contiguous memory. Fields are never unfolded into patches.

Source: Thm 5.1, with the discrete boundaries of the authors' code.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.fft import next_fast_len
from torch import Tensor

from derive.errors import InputError, choose
from numerics.batches import one_thread
from numerics.checks import BOUNDARIES, POOLINGS, image_tensor, kernel_shape


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
        self._grid = self._fft_shape(size)
        with one_thread(self.image.numel()):
            self._spectrum = self._transform(self._placed(extra))
            self._conjugate = self._spectrum.conj().resolve_conj() * self.measure

    def _fft_shape(self, size: tuple[int, int]) -> tuple[int, int]:
        """A periodic grid on which nothing that is kept wraps around."""
        if self.boundary == "circular":
            return size
        least = size if self.boundary == "valid" else self.output_shape
        return next_fast_len(least[0], real=True), next_fast_len(least[1], real=True)

    def _placed(self, extra: list[int]) -> Tensor:
        """The image on the grid, shifted so that the output's first pixel lands on the grid's first."""
        missing = [n - m for n, m in zip(self._grid, self.image.shape, strict=True)]
        padded = torch.nn.functional.pad(self.image, (0, missing[1], 0, missing[0]))
        return padded if self.boundary == "full" else padded.roll((-extra[0], -extra[1]), dims=(-2, -1))

    def _transform(self, field: Tensor) -> Tensor:
        """(..., rows, columns) -> its transform on the grid, transposed: column frequency first."""
        rows = torch.fft.rfft(field, n=self._grid[1], dim=-1)
        return torch.fft.fft(rows.mT.contiguous(), n=self._grid[0], dim=-1)

    def _restore(self, spectrum: Tensor, shape: tuple[int, int]) -> Tensor:
        """The inverse, of the first `shape` rows and columns alone."""
        rows = torch.fft.ifft(spectrum, dim=-1)[..., : shape[0]].mT
        return torch.fft.irfft(rows, n=self._grid[1], dim=-1)[..., : shape[1]]

    def __call__(self, kernel: Tensor) -> Tensor:
        """K * I: (..., h, w) -> (..., *output_shape).

        Raises:
            InputError: the trailing shape or the dtype is not the kernel's.
        """
        self._expect("a kernel", kernel, self.kernel_shape)
        return self._restore(self._transform(kernel.flip(-2, -1)) * self._spectrum, self.output_shape)

    def adjoint(self, field: Tensor) -> Tensor:
        """Phi * I on the kernel's window: (..., *output_shape) -> (..., h, w); integral(phi C K) = <adjoint(phi), K>.

        Raises:
            InputError: the trailing shape or the dtype is not the outputs'.
        """
        self._expect("a field of outputs", field, self.output_shape)
        return self._restore(self._transform(field) * self._conjugate, self.kernel_shape).flip(-2, -1)

    def integral(self, field: Tensor) -> Tensor:
        """Sum or mean over the outputs: (..., *output_shape) -> (..., 1, 1)."""
        pool = torch.sum if self.pooling == "sum" else torch.mean
        return pool(field, dim=(-2, -1), keepdim=True)

    def gram(self, kernel: Tensor) -> Tensor:
        """(K * I) * I on the window: (..., h, w) -> (..., h, w). Without a crop in between it is one product."""
        if self.boundary == "valid":
            return self.adjoint(self(kernel))
        self._expect("a kernel", kernel, self.kernel_shape)
        power = (self._spectrum * self._conjugate).real
        return self._restore(self._transform(kernel) * power, self.kernel_shape)

    def _expect(self, what: str, field: Tensor, shape: tuple[int, int]) -> None:
        if tuple(field.shape[-2:]) != shape or field.dtype != self.image.dtype:
            raise InputError(
                f"expected {what} of shape (..., {shape[0]}, {shape[1]}) and {self.image.dtype}, "
                f"got {tuple(field.shape)} and {field.dtype}"
            )
