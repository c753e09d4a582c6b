"""Random numbers that depend on a seed and an epoch alone, never on what was drawn before.

Only the raw 64-bit words of a counter-based generator are used, which NumPy promises to keep; what its distributions make
of them may change with its version.

Source: Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC 2011 (Philox); NumPy's NEP 19 (what is kept).
"""

from __future__ import annotations

from numbers import Integral

import numpy as np

from derive.errors import InputError

ORDER, SHIFTS, FLIPS = range(3)
"""Purposes: each has words of its own, even where seeds are equal."""


def words(purpose: int, seed: int, epoch: int, count: int) -> np.ndarray:
    """(count,) uniform words of 64 bits, uint64.

    Raises:
        InputError: seed or epoch is no integer of at least 0.
    """
    for name, value in (("seed", seed), ("epoch", epoch)):
        if isinstance(value, bool) or not isinstance(value, Integral) or value < 0:
            raise InputError(f"expected {name} to be an integer of at least 0, got {value!r}")
    sequence = np.random.SeedSequence(int(seed), spawn_key=(purpose, int(epoch)))
    return np.random.Philox(sequence).random_raw(count)


def permutation(purpose: int, seed: int, epoch: int, count: int) -> np.ndarray:
    """(count,) numbers 0 to count - 1 in random order, int64: the ranks of as many words.

    Two equal words, of probability below count^2 / 2^65, would keep their order: far below what any test could see.
    """
    return np.argsort(words(purpose, seed, epoch, count), kind="stable")
