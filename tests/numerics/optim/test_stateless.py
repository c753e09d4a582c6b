from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest

from numerics.optim.stateless import key, mix, signed, uniform
from tests.examples import thoroughly

words = st.integers(0, 2**64 - 1)


def oracle(word: int) -> int:
    """SplitMix64's last lines as published, on Python's integers."""
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    word = (word ^ (word >> 27)) * 0x94D049BB133111EB % 2**64
    return word ^ (word >> 31)


@thoroughly(max_examples=200)
@given(st.lists(words, min_size=1, max_size=40))
def test_mixes_as_published(values):
    mixed = mix(torch.tensor([signed(v) for v in values]))
    assert [v % 2**64 for v in mixed.tolist()] == [oracle(v) for v in values]


def test_first_numbers_of_the_published_generator():
    # State 1234567, the reference values of SplitMix64 (rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64).
    states = [signed(1234567 + n * 0x9E3779B97F4A7C15) for n in (1, 2, 3)]
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert [v % 2**64 for v in mix(torch.tensor(states)).tolist()] == published


def steps(*values):
    return [torch.tensor(float(v)) for v in values]


def test_a_number_depends_on_its_coordinates_alone():
    together = uniform([5, 9], steps(3, 4), [6, 8])
    assert torch.equal(together[:6], uniform([5], steps(3), [6]))
    assert torch.equal(together[6:], uniform([9], steps(4), [8]))
    assert torch.equal(together[6:10], uniform([9], steps(4), [4]))
    assert not torch.equal(together[6:], uniform([9], steps(5), [8]))
    assert not torch.equal(together[6:], uniform([8], steps(4), [8]))
    assert key(1, 2) != key(2, 1)
    assert len({key(s, n) for s in range(100) for n in range(100)}) == 10000


@pytest.mark.parametrize("along", ["place", "step", "key"])
def test_uniform_and_independent_along_every_coordinate(along):
    n = 20000
    if along == "place":
        numbers = uniform([key(0, 0)], steps(1), [n])
    elif along == "step":
        numbers = uniform([key(0, 0)] * n, steps(*range(n)), [1] * n)
    else:
        numbers = uniform([key(0, p) for p in range(n)], steps(1) * n, [1] * n)
    values = numbers.numpy()
    assert 0 <= values.min() < values.max() < 1
    assert kstest(values, "uniform").pvalue > 1e-3
    pairs = np.histogram2d(values[:-1:2], values[1::2], bins=16)[0]
    assert chisquare(pairs.ravel()).pvalue > 1e-3
    low_bits = np.bincount((values * 2**53).astype(np.int64) & 15)
    assert chisquare(low_bits).pvalue > 1e-3


@pytest.mark.gpu
def test_the_same_numbers_on_a_gpu():
    there = uniform([5, 9], [s.cuda() for s in steps(3, 4)], [60, 8])
    assert torch.equal(there.cpu(), uniform([5, 9], steps(3, 4), [60, 8]))
