"""Batches, order, crops and flips: decided by seeds and epoch, against loops that are plain to see."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest
from torch import Tensor

from derive.errors import InputError
from numerics.datasets import Split, batches, load
from numerics.datasets.augment import PADDING, Draws, augmented, draws
from numerics.datasets.chance import FLIPS, ORDER, SHIFTS, permutation, words

seeds, epochs = st.integers(0, 2**70), st.integers(0, 10**6)
CPU = torch.device("cpu")


def split(count: int, channels: int = 3, height: int = 6, width: int = 6, device: str = "cpu") -> Split:
    """Every pixel another number; labels count the images."""
    shape = (count, channels, height, width)
    images = torch.arange(1.0, 1 + count * channels * height * width, device=device).reshape(shape)
    return Split(images, torch.arange(count, device=device), -torch.arange(1.0, 1 + channels, device=device))


def cropped(image: Tensor, black: Tensor, down: int, right: int, flip: bool) -> Tensor:
    """The oracle, pixel by pixel: pad, cut out, flip."""
    channels, height, width = image.shape
    wide = black[:, None, None].repeat(1, height + 2 * PADDING, width + 2 * PADDING)
    wide[:, PADDING : PADDING + height, PADDING : PADDING + width] = image
    out = torch.empty_like(image)
    for channel in range(channels):
        for row in range(height):
            for column in range(width):
                place = width - 1 - column if flip else column
                out[channel, row, column] = wide[channel, row + PADDING + down, place + PADDING + right]
    return out


def epoch_of(data: Split, batch: int, order: int, augment: int | None, epoch: int) -> list[tuple[Tensor, Tensor]]:
    return list(batches(data, batch, order, augment, epoch))


def same(first: list[tuple[Tensor, Tensor]], second: list[tuple[Tensor, Tensor]]) -> bool:
    pairs = zip(first, second, strict=True)
    return all(torch.equal(x, other) and torch.equal(y, label) for (x, y), (other, label) in pairs)


@given(st.integers(1, 50), st.integers(1, 60), seeds, epochs)
def test_every_image_comes_once_and_a_smaller_batch_last(count, batch, seed, epoch):
    data = split(count, 1, 2, 2)
    drawn = epoch_of(data, batch, seed, None, epoch)
    sizes = [len(labels) for _, labels in drawn]
    assert sizes[:-1] == [batch] * (len(sizes) - 1)
    assert sum(sizes) == count
    assert 1 <= sizes[-1] <= batch
    assert sorted(torch.cat([labels for _, labels in drawn]).tolist()) == list(range(count))
    assert all(torch.equal(images, data.images[labels]) for images, labels in drawn)


def test_an_epoch_does_not_depend_on_those_before():
    data = load("digits", subset=200)
    fresh = epoch_of(data.train, 32, 1, 2, 7)
    for epoch in range(1, 7):
        half = batches(data.train, 32, 1, 2, epoch)
        next(half)
    torch.manual_seed(3)
    np.random.default_rng(3)
    assert same(epoch_of(data.train, 32, 1, 2, 7), fresh)
    assert not same(epoch_of(data.train, 32, 1, 2, 6), fresh)
    assert not same(epoch_of(data.train, 32, 2, 2, 7), fresh)
    assert not same(epoch_of(data.train, 32, 1, 3, 7), fresh)


def test_two_epochs_may_be_drawn_at_the_same_time():
    data = split(20)
    one, other = batches(data, 6, 1, 1, 4), batches(data, 6, 1, 1, 5)
    mixed = [batch for pair in zip(one, other, strict=True) for batch in pair]
    assert same(mixed[::2], epoch_of(data, 6, 1, 1, 4))
    assert same(mixed[1::2], epoch_of(data, 6, 1, 1, 5))


def test_drawing_leaves_the_global_generators_alone():
    before, theirs = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    epoch_of(split(20), 6, 1, 1, 0)
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(np.random.get_state()[1], theirs)  # noqa: NPY002


@given(seeds, epochs, st.integers(1, 3), st.integers(1, 7), st.integers(1, 7))
def test_crops_and_flips_are_those_of_the_oracle(seed, epoch, channels, height, width):
    data = split(6, channels, height, width)
    drawn = draws(6, seed, epoch, CPU)
    for images, labels in batches(data, 4, 0, seed, epoch):
        for image, label in zip(images, labels.tolist(), strict=True):
            down, right = drawn.shifts[label].tolist()
            assert torch.equal(image, cropped(data.images[label], data.black, down, right, bool(drawn.flips[label])))


def test_an_image_is_cropped_the_same_in_whatever_order_it_comes():
    data = split(30)
    by_label = [
        {int(label): image for images, labels in batches(data, size, order, 5, 2) for image, label in zip(images, labels)}  # noqa: B905
        for size, order in ((7, 0), (30, 1))
    ]
    assert all(torch.equal(by_label[0][label], by_label[1][label]) for label in range(30))


def fixed(count: int, down: int, right: int, flip: bool) -> Draws:
    return Draws(torch.tensor([[down, right]]).repeat(count, 1), torch.full((count,), flip))


def test_no_shift_and_no_flip_is_the_image_and_a_flip_undoes_itself():
    data, everyone = split(5), torch.arange(5)
    assert torch.equal(augmented(data, everyone, fixed(5, 0, 0, False)), data.images)
    once = augmented(data, everyone, fixed(5, 0, 0, True))
    assert torch.equal(once, data.images.flip(3))
    assert torch.equal(augmented(data._replace(images=once), everyone, fixed(5, 0, 0, True)), data.images)


@pytest.mark.parametrize(("down", "right"), [(1, 2), (-4, 4), (4, -4)])
def test_opposite_shifts_meet_where_nothing_was_lost(down, right):
    data, everyone = split(2, 3, 12, 12), torch.arange(2)
    away = augmented(data, everyone, fixed(2, down, right, False))
    back = augmented(data._replace(images=away), everyone, fixed(2, -down, -right, False))
    assert torch.equal(back[..., 4:8, 4:8], data.images[..., 4:8, 4:8])
    assert torch.equal(away[..., 4:8, 4:8], data.images[..., 4 + down : 8 + down, 4 + right : 8 + right])


@pytest.mark.parametrize("seed", [0, 1, 12345])
def test_shifts_and_flips_are_uniform_and_independent(seed):
    drawn = draws(90_000, seed, 3, CPU)
    assert drawn.shifts.abs().max() == PADDING
    cells = (drawn.shifts[:, 0] + PADDING) * 18 + (drawn.shifts[:, 1] + PADDING) * 2 + drawn.flips
    assert chisquare(cells.bincount(minlength=162).numpy()).pvalue > 1e-5


def test_orders_are_uniform_permutations():
    """Each of the six orders of three images, over epochs and over seeds."""
    for key in (lambda n: (0, n), lambda n: (n, 0)):
        orders = [tuple(permutation(ORDER, *key(n), 3)) for n in range(3000)]
        counts = [orders.count(order) for order in sorted(set(orders))]
        assert len(counts) == 6
        assert chisquare(counts).pvalue > 1e-5


def test_where_an_image_goes_says_nothing_about_where_it_goes_next():
    one, other = (np.argsort(permutation(ORDER, 1, epoch, 20_000)) for epoch in (0, 1))
    assert abs(np.corrcoef(one, other)[0, 1]) < 5 / 20_000**0.5
    assert kstest((one - other) % 20_000 / 20_000, "uniform").pvalue > 1e-5


def test_purposes_seeds_and_epochs_have_words_of_their_own():
    drawn = [tuple(words(p, s, e, 4)) for p in (ORDER, SHIFTS, FLIPS) for s in (0, 1, 2**64) for e in (0, 1, 2)]
    assert len(set(drawn)) == 27
    assert words(ORDER, 0, 0, 9)[:4].tolist() == words(ORDER, 0, 0, 4).tolist()


def test_words_stay_the_same_for_all_time():
    """A change of these numbers would change every run that is on record."""
    assert words(ORDER, 1, 0, 2).tolist() == [1440539538398214616, 8847832558346359665]
    assert permutation(ORDER, 1, 0, 8).tolist() == [2, 3, 0, 7, 4, 1, 5, 6]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((0, 1, 1, 0), "batch to be an integer of at least 1, got 0"),
        ((2.0, 1, 1, 0), "batch to be"),
        ((2, -1, 1, 0), "seed to be an integer of at least 0, got -1"),
        ((2, 1, -3, 0), "seed to be an integer of at least 0, got -3"),
        ((2, 1, 0.5, 0), "seed to be"),
        ((2, 1, 1, -1), "epoch to be an integer of at least 0, got -1"),
    ],
)
def test_what_cannot_be_is_refused_at_once(arguments, told):
    with pytest.raises(InputError, match=told):
        batches(split(4), *arguments)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_augmentation_keeps_the_precision(dtype):
    data = load("digits", subset=50, dtype=dtype)
    images, labels = next(batches(data.train, 20, 1, 1, 0))
    assert images.dtype == dtype
    assert images.shape == (20, 1, 8, 8)
    assert labels.shape == (20,)


@pytest.mark.gpu
def test_all_devices_see_the_same_batches():
    here, there = split(100), split(100, device="cuda")
    on_gpu = [(images.cpu(), labels.cpu()) for images, labels in batches(there, 32, 1, 2, 3)]
    assert same(epoch_of(here, 32, 1, 2, 3), on_gpu)
