"""When to measure: often while the training is young, when its curvature changes most, then at a fixed pace."""

from __future__ import annotations


def gap(measured: int, every: int) -> int:
    """Steps from one measurement to the next.

    Args:
        measured: how many there have been, >= 1.
        every: the widest gap.

    >>> [gap(n, 100) for n in range(1, 8)]
    [1, 4, 8, 16, 32, 64, 100]
    """
    return min(every, 1 if measured == 1 else 2 ** min(measured, 60))
