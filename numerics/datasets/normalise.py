"""From whole numbers to normalised floats on the device."""

from __future__ import annotations

import os
from math import inf, prod

import numpy as np
import torch
from torch import Tensor

from derive.errors import InputError
from numerics.datasets.raw import Labelled
from numerics.datasets.split import Split

CHUNK = 1000
"""Images looked up at once: bounds the memory that indices take."""


def table(images: np.ndarray) -> Tensor:
    """What each value becomes: (value - mean) / std of its channel, float64.

    Mean and (population) standard deviation come from exact counts of the values, so no order of summation enters.

    Args:
        images: (N, C, H, W) uint8, those to train on.

    Returns:
        (C, 256).

    Raises:
        InputError: a channel in which all values are equal.
    """
    values = np.arange(256)
    counts = np.stack([np.bincount(images[:, c].ravel(), minlength=256) for c in range(images.shape[1])])
    total = counts.sum(1, keepdims=True)
    mean = (counts * values).sum(1, keepdims=True) / total
    std = np.sqrt((counts * (values - mean) ** 2).sum(1, keepdims=True) / total)
    if not std.all():
        raise InputError(f"expected images that differ, got channel {int(np.argmin(std))} with one value everywhere")
    return torch.from_numpy((values - mean) / std)


def normalised(split: Labelled, table: Tensor, size: int | None, device: str, dtype: torch.dtype) -> Split:
    """The images by the table, each number rounded once, from float64; padded with black to `size`, the image centred.

    Args:
        split: images (N, C, H, W).
        table: (C, 256) float64.
        size: height and width wanted, no less than there are; None to leave them.
        device: of the result.
        dtype: of the images.

    Raises:
        InputError: `size` is no such number, or the images do not fit into memory.
    """
    table = table.to(device=device, dtype=dtype)
    border = _border(split.images.shape[-1], size)
    shape = (*split.images.shape[:2], *(side + sum(border) for side in split.images.shape[2:]))
    images = _empty(shape, dtype, device)
    for start in range(0, len(images), CHUNK):
        part = np.pad(split.images[start : start + CHUNK], ((0, 0), (0, 0), border, border))
        places = torch.from_numpy(part).to(device).int()
        for channel, column in enumerate(table):
            images[start : start + CHUNK, channel] = column[places[:, channel]]
    labels = torch.from_numpy(split.labels.copy()).to(device)
    return Split(images, labels, table[:, 0].clone())


def _empty(shape: tuple[int, ...], dtype: torch.dtype, device: str) -> Tensor:
    """Room for images. A system may promise more memory than it has, so what is asked of a CPU is held against all there is."""
    wanted = prod(shape) * dtype.itemsize
    try:
        if torch.device(device).type == "cpu" and wanted > _memory():
            raise MemoryError
        return torch.empty(shape, dtype=dtype, device=device)
    except (RuntimeError, MemoryError, OverflowError):  # torch has several for it
        what = "x".join(map(str, shape))
        raise InputError(
            f"expected images that fit into memory, got {what}, {wanted:.3g} bytes; choose a smaller size"
        ) from None


def _memory() -> float:
    """Bytes of this machine's memory; no bound where the system does not tell."""
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        return inf


def _border(height: int, size: int | None) -> tuple[int, int]:
    """Rows to add above and below, and columns likewise; of an odd number one more below.

    Raises:
        InputError: `size` is less than there is.
    """
    if size is None:
        return 0, 0
    if isinstance(size, bool) or not isinstance(size, int) or size < height:
        raise InputError(f"expected size to be an integer of at least {height}, the images' own, got {size!r}")
    return (size - height) // 2, (size - height + 1) // 2
