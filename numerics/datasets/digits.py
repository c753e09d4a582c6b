"""The digits that scikit-learn brings along."""

from __future__ import annotations

import numpy as np

from numerics.datasets.raw import Labelled, Raw

EVERY = 5
"""Of each class every fifth image is for testing."""


def digits() -> Raw:
    """1797 images of 8 x 8 pixels, values 0 to 16; of each class the 5th, 10th, ... image is for testing.

    The split is by the order of the file, so no random generator decides it: 1442 images to train on, 355 to test on, each
    class with a fifth of its images, rounded down, in the test set. Both keep the order of the file.

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998; `sklearn.datasets.load_digits`.
    """
    from sklearn.datasets import load_digits  # slow to import, and not every run needs it

    images, labels = load_digits(return_X_y=True)
    images = images.astype(np.uint8).reshape(-1, 1, 8, 8)
    rank = np.empty(len(labels), dtype=np.int64)
    for label in range(10):
        own = labels == label
        rank[own] = np.arange(1, own.sum() + 1)
    test = rank % EVERY == 0
    labels = labels.astype(np.int64)
    return Raw(Labelled(images[~test], labels[~test]), Labelled(images[test], labels[test]), 10)
