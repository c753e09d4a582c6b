"""Cross-correlation with a large image, tile by tile (overlap-save).

A transform of a whole large image runs through memory several times; one of a tile that fits the processor's cache does
not, so that a pixel costs the same however large the image is. N x N pixels of the image give (N - h + 1) x (N - w + 1)
outputs that nothing wraps into, exactly. The tiles' transforms are kept, about one image; outputs are made and used a
tile at a time, and the adjoint adds its tiles up in frequency, where one inverse transform serves all.

Source: Oppenheim and Schafer, Discrete-Time Signal Processing, sec. 8.7.3 (overlap-save).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

import torch
from scipy.fft import next_fast_len
from torch import Tensor

from numerics.pdes.batches import one_thread
from numerics.pdes.transforms import Grid

SIDE = {"cpu": 256}
"""Least side of a tile by device: its transforms fit a processor's second cache, where a pixel takes a quarter of the time."""

UNCACHED = 4096
"""Least side of a tile elsewhere: on a GPU tiles save memory alone, and each has to keep all of it busy."""

KERNELS = 4
"""A tile is at least this many kernels wide, so that at most about half of what is transformed is overlap."""

LARGE = 2**20
"""Images up to this many pixels are transformed as one piece: measured, tiles save nothing there."""


def tile_shape(size: tuple[int, int], kernel: tuple[int, int], device: str = "cpu") -> tuple[int, int] | None:
    """Sides of a tile, or None where an image of this size, its surroundings included, is better transformed as one piece."""
    least = SIDE.get(device, UNCACHED)
    rows, columns = (_side(n, k, least) for n, k in zip(size, kernel, strict=True))
    pixels = size[0] * size[1]
    return (rows, columns) if pixels > LARGE and 2 * rows * columns <= pixels else None


def _side(size: int, kernel: int, least: int) -> int:
    """Of equal tiles along one axis, no longer than wanted: the last one is not a narrow rest."""
    outputs = size - kernel + 1
    wanted = max(least, 1 << (KERNELS * kernel - 1).bit_length())
    tiles = ceil(outputs / (wanted - kernel + 1))
    return next_fast_len(ceil(outputs / tiles) + kernel - 1, real=True)


class Tiles:
    """K -> K * I and its adjoint by tiles; arguments as `Correlation` has checked them.

    Args:
        image: (H, W).
        kernel_shape: (h, w).
        boundary: ``"valid"``, ``"full"`` or ``"circular"``.
        tile: rows and columns of a tile of the surrounded image, at least the kernel's.
        measure: weight of an output in the adjoint's integral.
    """

    def __init__(
        self, image: Tensor, kernel_shape: tuple[int, int], boundary: str, tile: tuple[int, int], measure: float
    ) -> None:
        """Transform the tiles."""
        self.kernel_shape, self.measure, self._grid = kernel_shape, measure, Grid(*tile)
        rows, columns = (k - 1 for k in kernel_shape)
        self._step = (tile[0] - rows, tile[1] - columns)
        wide = surrounded(image, (rows, columns), boundary)
        self.output_shape = (wide.shape[0] - rows, wide.shape[1] - columns)
        with one_thread(tile[0] * tile[1]):
            self._spectra = [
                [self._transformed(wide[r : r + tile[0], c : c + tile[1]]) for c in self._starts(1)] for r in self._starts(0)
            ]

    def _starts(self, axis: int) -> range:
        return range(0, self.output_shape[axis], self._step[axis])

    def _transformed(self, pixels: Tensor) -> Tensor:
        """Of a tile turned by the kernel's size, so that its first output lands on its first pixel."""
        missing = [n - m for n, m in zip(self._grid, pixels.shape, strict=True)]
        placed = torch.nn.functional.pad(pixels, (0, missing[1], 0, missing[0]))
        return self._grid.transform(placed.roll(tuple(1 - k for k in self.kernel_shape), dims=(-2, -1)))

    def _tiles(self) -> Iterator[tuple[Tensor, slice, slice]]:
        """Every tile's transform, and the rows and columns of its outputs."""
        for r, row in zip(self._starts(0), self._spectra, strict=True):
            for c, spectrum in zip(self._starts(1), row, strict=True):
                yield spectrum, self._outputs(0, r), self._outputs(1, c)

    def _outputs(self, axis: int, start: int) -> slice:
        return slice(start, min(start + self._step[axis], self.output_shape[axis]))

    def _output(self, turned: Tensor, spectrum: Tensor, rows: slice, columns: slice) -> Tensor:
        return self._grid.restore(turned * spectrum, (rows.stop - rows.start, columns.stop - columns.start))

    def __call__(self, kernel: Tensor) -> Tensor:
        """(..., h, w) -> (..., *output_shape)."""
        turned = self._grid.transform(kernel.flip(-2, -1))
        outputs = kernel.new_empty((*kernel.shape[:-2], *self.output_shape))
        with one_thread(turned.numel()):
            for spectrum, rows, columns in self._tiles():
                outputs[..., rows, columns] = self._output(turned, spectrum, rows, columns)
        return outputs

    def adjoint(self, field: Tensor) -> Tensor:
        """(..., *output_shape) -> (..., h, w)."""
        return self._gathered(
            self._grid.transform(field[..., rows, columns]) * spectrum.conj() for spectrum, rows, columns in self._tiles()
        )

    def gram(self, kernel: Tensor) -> Tensor:
        """adjoint(K * I): (..., h, w) -> (..., h, w), one tile of outputs at a time."""
        turned = self._grid.transform(kernel.flip(-2, -1))
        return self._gathered(
            self._grid.transform(self._output(turned, spectrum, rows, columns)) * spectrum.conj()
            for spectrum, rows, columns in self._tiles()
        )

    def _gathered(self, products: Iterator[Tensor]) -> Tensor:
        with one_thread(self._grid.rows * self._grid.columns):
            total = next(products)
            for product in products:
                total = total + product
        return self._grid.restore(total, self.kernel_shape).flip(-2, -1) * self.measure


def surrounded(image: Tensor, border: tuple[int, int], boundary: str) -> Tensor:
    """The image with what a boundary stands for around it: its "valid" correlation is the one asked for.

    Args:
        image: (H, W).
        border: rows and columns added: zeros on both sides for ``"full"``, the first ones after the last for ``"circular"``.
        boundary: ``"valid"``, ``"full"`` or ``"circular"``.
    """
    rows, columns = border
    if boundary == "full":
        return torch.nn.functional.pad(image, (columns, columns, rows, rows))
    if boundary == "circular":
        wide = torch.cat([image, image[:, :columns]], dim=1)
        return torch.cat([wide, wide[:rows]], dim=0)
    return image
