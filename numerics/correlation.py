r"""Cross-correlation with a fixed image, and its exact adjoint, by FFT.

    (K * I)(x) = sum_z K(z) I(x + z)            (phi * I)(z) = sum_x phi(x) I(x + z)

Both are the same product in frequency, conj(F) Ihat, and differ in what is kept. Only rows that hold data are
transformed on the way in, and only rows that are kept on the way out.

Source: Thm 5.1, with the discrete boundaries of the authors' code.
"""

from __future__ import annotations

import torch
from scipy.fft import next_fast_len
from torch import Tensor

from derive.errors import choose
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
        self, image: Tensor, kernel_size: int | tuple[int, int], boundary: str = "valid", pooling: str = "sum"
    ) -> None:
        """Transform the image once."""
        image = image_tensor(image)
        size = (int(image.shape[0]), int(image.shape[1]))
        self.kernel_shape = kernel_shape(kernel_size, size)
        self.boundary = choose("boundary", boundary, {b: b for b in BOUNDARIES})
        self.pooling = choose("pooling", pooling, {p: p for p in POOLINGS})
        extra = [k - 1 for k in self.kernel_shape]
        sign = {"valid": -1, "full": 1, "circular": 0}[boundary]
        self.output_shape = (size[0] + sign * extra[0], size[1] + sign * extra[1])
        self.image = image
        self._grid = self._fft_shape(size)
        self._spectrum = self._transform(self._placed(image, extra))
        outputs = self.output_shape[0] * self.output_shape[1]
        self.measure = 1.0 if pooling == "sum" else 1.0 / outputs

    def _fft_shape(self, size: tuple[int, int]) -> tuple[int, int]:
        """A periodic grid on which nothing that is kept wraps around."""
        if self.boundary == "circular":
            return size
        least = size if self.boundary == "valid" else self.output_shape
        return next_fast_len(least[0], real=True), next_fast_len(least[1], real=True)

    def _placed(self, image: Tensor, extra: list[int]) -> Tensor:
        """With boundary "full" the first output has the kernel's last tap on the image's first pixel."""
        return torch.nn.functional.pad(image, (extra[1], 0, extra[0], 0)) if self.boundary == "full" else image

    def _transform(self, field: Tensor) -> Tensor:
        rows = torch.fft.rfft(field, n=self._grid[1], dim=-1)
        return torch.fft.fft(rows, n=self._grid[0], dim=-2)

    def _restore(self, spectrum: Tensor, shape: tuple[int, int]) -> Tensor:
        rows = torch.fft.ifft(spectrum, dim=-2)[..., : shape[0], :]
        return torch.fft.irfft(rows, n=self._grid[1], dim=-1)[..., : shape[1]]

    def __call__(self, kernel: Tensor) -> Tensor:
        """K * I: (..., h, w) -> (..., *output_shape)."""
        return self._restore(self._transform(kernel).conj() * self._spectrum, self.output_shape)

    def adjoint(self, field: Tensor) -> Tensor:
        """Phi * I on the kernel's window: (..., *output_shape) -> (..., h, w); <phi, C K>_out = <adjoint(phi), K>."""
        kept = self._restore(self._transform(field).conj() * self._spectrum, self.kernel_shape)
        return kept if self.pooling == "sum" else kept * self.measure

    def integral(self, field: Tensor) -> Tensor:
        """Sum or mean over the outputs: (..., *output_shape) -> (..., 1, 1)."""
        pool = torch.sum if self.pooling == "sum" else torch.mean
        return pool(field, dim=(-2, -1), keepdim=True)

    def gram(self, kernel: Tensor) -> Tensor:
        """(K * I) * I on the window: (..., h, w) -> (..., h, w). Without a crop in between it is one product."""
        if self.boundary == "valid":
            return self.adjoint(self(kernel))
        power = (self._spectrum.real**2 + self._spectrum.imag**2) * self.measure
        return self._restore(self._transform(kernel) * power, self.kernel_shape)
