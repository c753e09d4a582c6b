"""CIFAR-10's binary version: records of a label and the red, green and blue pixels of an image, row by row.

Source: A. Krizhevsky, https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from derive.errors import InputError
from numerics.datasets.raw import Labelled, Raw

SHAPE = (3, 32, 32)
RECORD = 1 + 3 * 32 * 32
CLASSES = 10
TRAIN = tuple(f"data_batch_{n}.bin" for n in range(1, 6))
TEST = "test_batch.bin"


def parse(content: bytes, where: str) -> Labelled:
    """The images of one file.

    Args:
        content: of the file.
        where: names the file in errors.

    Raises:
        InputError: no whole number of records, or a label above 9.
    """
    if not content or len(content) % RECORD:
        raise InputError(f"expected {where} to hold records of {RECORD} bytes, got {len(content)} bytes; it is truncated")
    records = np.frombuffer(content, np.uint8).reshape(-1, RECORD)
    if records[:, 0].max() >= CLASSES:
        raise InputError(f"expected labels from 0 to {CLASSES - 1}, got {records[:, 0].max()} in {where}")
    return Labelled(records[:, 1:].reshape(-1, *SHAPE), records[:, 0].astype(np.int64))


def cifar10(contents: Mapping[str, bytes]) -> Raw:
    """The five training batches, one after another, and the test batch.

    Raises:
        InputError: a file that is not what its name says.
    """
    parts = [parse(contents[name], name) for name in TRAIN]
    train = Labelled(np.concatenate([p.images for p in parts]), np.concatenate([p.labels for p in parts]))
    return Raw(train, parse(contents[TEST], TEST), CLASSES)
