"""Random numbers without a state: a function of seed, step, parameter and place, the same on every device.

A generator would have to be saved and restored, and its numbers are made on the host, where a captured CUDA graph cannot
fetch them. Here every number is a hash of its coordinates, computed where it is used.

Source: Steele, Lea and Flood, Fast splittable pseudorandom number generators, OOPSLA 2014 (SplitMix64).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor

GAMMA = 0x9E3779B97F4A7C15
ROUNDS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
LAST = 31


def mix(words: Tensor) -> Tensor:
    """SplitMix64's bijection of 64-bit words, int64 -> int64; products wrap around."""
    for shift, factor in ROUNDS:
        words = (words ^ _shifted(words, shift)) * signed(factor)
    return words ^ _shifted(words, LAST)


def _shifted(words: Tensor, by: int) -> Tensor:
    """Right, with zeros following: int64 would repeat its sign."""
    return (words >> by) & ((1 << (64 - by)) - 1)


def signed(word: int) -> int:
    """An integer modulo 2^64 as int64 has it."""
    return (word + 2**63) % 2**64 - 2**63


@cache
def key(*words: int) -> int:
    """One 64-bit word for several integers, whose order matters."""
    state = 0
    for word in words:
        state = int(mix(torch.tensor(signed(state * GAMMA + word + 1))))
    return state


def uniform(keys: Sequence[int], steps: Sequence[Tensor], sizes: Sequence[int]) -> Tensor:
    """Uniform numbers for several parameters, one after the other.

    Args:
        keys: one per parameter.
        steps: likewise: integers below 2^53 as tensors without axes, all on one device; it is not waited for.
        sizes: how many numbers each gets.

    Returns:
        (sum of sizes,), float64, on the device of the steps; multiples of 2^-53 in [0, 1).
    """
    streams = mix(torch.stack([step.to(torch.int64) * signed(GAMMA) + word for step, word in zip(steps, keys, strict=True)]))
    starts = torch.cat([stream.expand(n) for stream, n in zip(streams, sizes, strict=True)])
    places = torch.cat([torch.arange(n, device=starts.device) for n in sizes])
    return _shifted(mix(starts + (places + 1) * signed(GAMMA)), 11).to(torch.float64) * 2.0**-53


PIECE = 2**20
"""Numbers that `centred` makes at once: what is made on the way takes several times their room."""


def centred(size: int, seed: int, draw: int, device: torch.device) -> Tensor:
    """A vector of independent uniform numbers in [-1, 1), made on the device and the same on every one: (size,), float64.

    Args:
        size: how many, >= 1.
        seed: of the vectors.
        draw: which of them, >= 0.
        device: where.
    """
    step = torch.zeros((), dtype=torch.int64, device=device)
    sizes = [min(PIECE, size - done) for done in range(0, size, PIECE)]
    return torch.cat([2 * uniform([key(seed, draw, n)], [step], [m]) - 1 for n, m in enumerate(sizes)])
