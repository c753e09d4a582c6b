"""Whether the data of the steps differs: seen whatever holds it, and not in the order of the samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor

from numerics.monitor.start import Batches

Batch = tuple[Any, Any]


def sampled(*steps: list[Batch]) -> bool | None:
    batches = Batches()
    for number, step in enumerate(steps, 1):
        batches.see(step, number)
    return batches.sampled


@dataclass
class Held:
    x: Tensor


class Hidden:
    def __init__(self, x: Tensor) -> None:
        self.x = x


def draw(kind: str, seed: int) -> Tensor:
    """Data of which sums, and sums of squares, are the same in every batch."""
    generator = torch.Generator().manual_seed(seed)
    if kind == "one-hot":
        return torch.eye(16)[torch.randint(16, (8,), generator=generator)]
    signs = 2.0 * torch.randint(2, (8, 16), generator=generator) - 1
    return torch.complex(signs, signs.flip(0)) if kind == "complex" else signs


@pytest.mark.parametrize("kind", ["one-hot", "signs", "complex"])
@pytest.mark.parametrize("hold", [lambda x: x, Held, lambda x: {"x": [x]}, lambda x: x.to_sparse()])
def test_batches_of_equal_moments_differ(kind: str, hold: Any) -> None:
    first, other = draw(kind, 0), draw(kind, 1)
    order = torch.tensor([3, 1, 0, 2, 7, 6, 5, 4])
    y = torch.arange(8)
    assert sampled([(hold(first), y)], [(hold(other), y)])
    assert not sampled([(hold(first), y)], [(hold(first), y)], [(hold(first[order]), y[order])])


def test_one_step_does_not_tell() -> None:
    x = torch.ones(4, 2)
    batches = Batches()
    for _ in range(2):  # looked at twice in a step
        batches.see([(x, x)], 1)
    assert batches.sampled is None
    batches.see([(x, x)], 2)
    assert batches.sampled is False


def test_targets_and_what_belongs_to_what() -> None:
    x, y = torch.randn(8, 3, generator=torch.Generator().manual_seed(0)), torch.arange(8)
    assert sampled([(x, y)], [(x, y.roll(1))])
    assert sampled([(x, y)], [(x[:7], y[:7])])
    assert sampled([(x, x + 1)], [(x + 1, x)])


def test_the_pieces_of_an_accumulated_step_may_be_cut_anew() -> None:
    x, y = torch.randn(8, 3, generator=torch.Generator().manual_seed(0)), torch.arange(8)
    order = torch.randperm(8, generator=torch.Generator().manual_seed(1))
    cut = [(x[rows], y[rows]) for rows in (order[:3], order[3:])]
    assert not sampled([(x, y)], cut)
    assert sampled([(x, y)], cut[:1])


@pytest.mark.parametrize("scale", [1e-30, 1e12])
def test_the_order_of_a_sum_makes_no_difference(scale: float) -> None:
    x = scale * torch.randn(64, 3000, generator=torch.Generator().manual_seed(0))
    assert not sampled([(x, None)], [(x.flip(0), None)])
    assert sampled([(x, None)], [(x.flip(1), None)])


def test_inputs_that_cannot_be_looked_into_count_as_sampled() -> None:
    x = torch.ones(4, 2)
    assert sampled([(Hidden(x), x)])
    assert sampled([("text", x)])
    assert not sampled([(x, Hidden(x))])


@pytest.mark.parametrize("x", [torch.empty(0, 3), torch.empty(3, 0), torch.tensor(1.0), torch.full((2, 2), float("nan"))])
def test_odd_shapes_and_values_are_themselves(x: Tensor) -> None:
    assert not sampled([(x, None)], [(x.clone(), None)])
    assert sampled([(x, None)], [(torch.ones(2, 2), None)])


def test_bools_and_sequences_of_different_lengths() -> None:
    nested = [torch.nested.nested_tensor([torch.ones(n, 2), torch.ones(3, 2)], layout=torch.jagged) for n in (4, 5)]
    assert not sampled([(nested[0], torch.tensor([True, False]))], [(nested[0], torch.tensor([True, False]))])
    assert sampled([(nested[0], None)], [(nested[1], None)])
