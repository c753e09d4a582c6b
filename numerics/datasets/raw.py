"""Images as they are stored: whole numbers from 0 to 255."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from derive.errors import InputError


class Labelled(NamedTuple):
    """Images with their labels.

    Attributes:
        images: (N, C, H, W) uint8.
        labels: (N,) int64.
    """

    images: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Raw:
    """What the files hold.

    Attributes:
        train: images to train on, in the order of the files.
        test: images to test on.
        classes: labels are 0 to classes - 1.
    """

    train: Labelled
    test: Labelled
    classes: int


def restricted(raw: Raw, classes: Sequence[int] | None, subset: int | None) -> Raw:
    """Only some classes, relabelled from 0 in the order given; of what is left only the first `subset` images to train on.

    Raises:
        InputError: a class that is not there or named twice, fewer than two, or fewer images than asked for.
    """
    if classes is not None:
        _check_classes(classes, raw.classes)
        raw = Raw(_only(raw.train, classes), _only(raw.test, classes), len(classes))
    if subset is not None:
        _check_subset(subset, len(raw.train.labels))
        raw = Raw(Labelled(raw.train.images[:subset], raw.train.labels[:subset]), raw.test, raw.classes)
    return raw


def _only(split: Labelled, classes: Sequence[int]) -> Labelled:
    new = np.full(256, -1, dtype=np.int64)
    new[list(classes)] = range(len(classes))
    labels = new[split.labels]
    kept = labels >= 0
    return Labelled(split.images[kept], labels[kept])


def _check_classes(classes: Sequence[int], known: int) -> None:
    listed = isinstance(classes, list | tuple)
    valid = listed and all(isinstance(c, int) and not isinstance(c, bool) and 0 <= c < known for c in classes)
    if not valid or len(classes) < 2 or len(set(classes)) < len(classes):
        raise InputError(f"expected classes to be two or more different numbers from 0 to {known - 1}, got {classes!r}")


def _check_subset(subset: int, images: int) -> None:
    if isinstance(subset, bool) or not isinstance(subset, int) or not 1 <= subset <= images:
        raise InputError(f"expected subset to be an integer from 1 to {images}, the images there are, got {subset!r}")
