"""Real Fourier transforms of fields on a periodic grid, in the order that memory likes.

Columns are transformed as rows of the transpose: so every transform runs through contiguous memory. Only rows that hold
data are transformed on the way in, and only rows that are kept on the way out.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Grid(NamedTuple):
    """A periodic grid; fields smaller than it are continued by zeros."""

    rows: int
    columns: int

    def transform(self, field: Tensor) -> Tensor:
        """(..., r, c) with r <= rows, c <= columns -> (..., columns // 2 + 1, rows): column frequency first."""
        rows = torch.fft.rfft(field, n=self.columns, dim=-1)
        return torch.fft.fft(rows.mT.contiguous(), n=self.rows, dim=-1)

    def restore(self, spectrum: Tensor, shape: tuple[int, int]) -> Tensor:
        """The inverse, of the first `shape` rows and columns alone: (..., columns // 2 + 1, rows) -> (..., *shape)."""
        rows = torch.fft.ifft(spectrum, dim=-1)[..., : shape[0]].mT
        return torch.fft.irfft(rows, n=self.columns, dim=-1)[..., : shape[1]]
