"""Random crops and horizontal flips by index arithmetic: a gather for a whole batch, on the device of the images."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from numerics.datasets.chance import FLIPS, SHIFTS, words
from numerics.datasets.split import Split

PADDING = 4
"""Pixels by which a crop may be off, in each direction."""


class Draws(NamedTuple):
    """How each image of a data set is cropped and flipped in an epoch, on one device.

    Attributes:
        shifts: (N, 2) int64, rows and columns from -PADDING to PADDING by which the window moves.
        flips: (N,) bool, whether left and right are exchanged.
    """

    shifts: Tensor
    flips: Tensor


def draws(images: int, seed: int, epoch: int, device: torch.device) -> Draws:
    """Decided by seed, epoch and an image's place in the data set: the order of the batches does not matter."""
    width = np.uint64(2 * PADDING + 1)
    # 2^64 is no multiple of 9: the chances of two shifts differ by 2^-60 of themselves.
    shifts = (words(SHIFTS, seed, epoch, 2 * images) % width).astype(np.int64).reshape(-1, 2) - PADDING
    flips = (words(FLIPS, seed, epoch, images) >> np.uint64(63)).astype(bool)
    return Draws(torch.from_numpy(shifts).to(device), torch.from_numpy(flips).to(device))


def augmented(split: Split, chosen: Tensor, draws: Draws) -> Tensor:
    """The chosen images, each cropped out of itself padded with black, then flipped or not.

    Args:
        split: images (N, C, H, W).
        chosen: (B,) numbers of images.
        draws: for all N.

    Returns:
        (B, C, H, W).
    """
    _, channels, height, width = split.images.shape
    device = split.images.device
    shifts, flips = draws.shifts[chosen], draws.flips[chosen]
    columns = torch.arange(width, device=device)
    columns = torch.where(flips[:, None], width - 1 - columns, columns) + shifts[:, 1:]
    rows = torch.arange(height, device=device) + shifts[:, :1]
    inside = _within(rows, height)[:, None, :, None] & _within(columns, width)[:, None, None, :]
    rows, columns = rows.clamp(0, height - 1), columns.clamp(0, width - 1)
    place = (rows * width)[:, :, None] + columns[:, None, :]
    place = place.flatten(1)[:, None].expand(-1, channels, -1)
    pixels = split.images[chosen].flatten(2).gather(2, place).unflatten(2, (height, width))
    return torch.where(inside, pixels, split.black[:, None, None])


def _within(place: Tensor, size: int) -> Tensor:
    return (place >= 0) & (place < size)
