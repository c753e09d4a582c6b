"""The IDX format of MNIST and its followers: a header of big-endian numbers, then the entries.

Bytes 0 and 1 are zero, byte 2 tells the type (8: unsigned bytes), byte 3 the number of dimensions; then each dimension in
four bytes, then the entries, the last dimension the fastest.

Source: Y. LeCun, C. Cortes, C. Burges, The MNIST database, "File formats".
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np

from derive.errors import InputError
from numerics.datasets.raw import Labelled, Raw

UNSIGNED_BYTES = 8
CLASSES = 10


def parse(content: bytes, dims: int, where: str) -> np.ndarray:
    """The array of an IDX file of unsigned bytes.

    Args:
        content: of the file, unpacked.
        dims: dimensions expected.
        where: names the file in errors.

    Returns:
        uint8.

    Raises:
        InputError: not IDX, another type or number of dimensions, or a length that does not fit them.
    """
    magic, wanted = content[:4], bytes([0, 0, UNSIGNED_BYTES, dims])
    if magic != wanted:
        raise InputError(f"expected {where} to begin with {wanted.hex()} (IDX, bytes, {dims} dimensions), got {magic.hex()!r}")
    start = 4 + 4 * dims
    if len(content) < start:
        raise InputError(f"expected {where} to have a header of {start} bytes, got {len(content)}; it is truncated")
    shape = np.frombuffer(content, ">u4", dims, 4).tolist()
    length = len(content) - start
    if length != prod(shape):
        state = "it is truncated" if length < prod(shape) else "something was added to it"
        raise InputError(f"expected {where} to hold {prod(shape)} bytes of data for its shape {shape}, got {length}; {state}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def mnist(contents: Mapping[str, bytes]) -> Raw:
    """Images and labels out of MNIST's four files.

    Raises:
        InputError: a file that is not what its name says, or images to test on of another size than those to train on.
    """
    train, test = _labelled(contents, "train"), _labelled(contents, "t10k")
    if train.images.shape[1:] != test.images.shape[1:]:
        sizes = [f"{split.images.shape[2]}x{split.images.shape[3]}" for split in (train, test)]
        raise InputError(f"expected images of one size to train and to test on, got {sizes[0]} and {sizes[1]}")
    return Raw(train, test, CLASSES)


def _labelled(contents: Mapping[str, bytes], part: str) -> Labelled:
    name, other = f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"
    images, labels = parse(contents[name], 3, name), parse(contents[other], 1, other)
    if len(images) != len(labels) or not len(images):
        raise InputError(f"expected as many labels as images and at least one, got {len(labels)} and {len(images)} in {name}")
    if images.shape[1] != images.shape[2] or not images.size:
        raise InputError(f"expected square images, got {images.shape[1]}x{images.shape[2]} in {name}")
    if labels.max() >= CLASSES:
        raise InputError(f"expected labels from 0 to {CLASSES - 1}, got {labels.max()} in {other}")
    return Labelled(images[:, None], labels.astype(np.int64))
