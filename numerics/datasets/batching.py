"""The batches of an epoch."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Integral

import torch
from torch import Tensor

from derive.errors import InputError
from numerics.datasets.augment import augmented, draws
from numerics.datasets.chance import ORDER, permutation
from numerics.datasets.split import Split


def batches(split: Split, batch: int, order_seed: int, augment_seed: int | None, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Every image once, in random order, cropped and flipped at random if `augment_seed` is given.

    Seeds and epoch decide everything: no matter which epochs were drawn before, or on which device. All batches have the same
    size but the last, which holds what is left.

    Args:
        split: the images.
        batch: images per batch, >= 1.
        order_seed: of the order, >= 0.
        augment_seed: of crops (padding of 4, black) and flips, >= 0; None for neither.
        epoch: >= 0.

    Yields:
        (B, C, H, W) images and (B,) labels, on the device of `split`.

    Raises:
        InputError: a number out of its range.
    """
    if isinstance(batch, bool) or not isinstance(batch, Integral) or batch < 1:
        raise InputError(f"expected batch to be an integer of at least 1, got {batch!r}")
    count, device = len(split.labels), split.images.device
    order = torch.from_numpy(permutation(ORDER, order_seed, epoch, count)).to(device)
    drawn = None if augment_seed is None else draws(count, augment_seed, epoch, device)
    chunks = order.split(int(batch))
    if drawn is None:
        return ((split.images[chosen], split.labels[chosen]) for chosen in chunks)
    return ((augmented(split, chosen, drawn), split.labels[chosen]) for chosen in chunks)
