"""The made-up rounding moves last bits and nothing else; it tells what hangs on them from what does not."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from numerics.measures.ulps import ulp_distance
from tests.other_rounding import OtherRounding, roundings


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_results_are_moved_by_one_ulp_at_most(dtype: torch.dtype) -> None:
    matrix = torch.randn(30, 40, dtype=dtype)
    exact = matrix @ matrix.T
    with OtherRounding(1):
        found, again = matrix @ matrix.T, (matrix @ matrix.T).T.contiguous()
        assert torch.equal(found, matrix @ matrix.T)
        assert torch.equal(2 * matrix, matrix + matrix)
    assert set(ulp_distance(exact, found).ravel().tolist()) == {0, 1}
    assert torch.equal(again, found.T)
    with OtherRounding(2):
        assert not torch.equal(found, matrix @ matrix.T)


def test_exact_sums_and_missing_numbers_stay() -> None:
    for given in (torch.arange(50.0), torch.tensor([1.0, torch.inf]), torch.tensor([0.0])):
        with OtherRounding(1):
            assert given.sum() == given.sum().item()
            moved = given.sum()
        assert moved == given.sum()
    with OtherRounding(1):
        assert torch.tensor([torch.nan]).sum().isnan()


def test_derivatives_are_rounded_too() -> None:
    def slopes() -> list[float]:
        net = nn.Linear(3, 2)
        with torch.no_grad():
            for p in net.parameters():
                p.copy_(torch.linspace(0.1, 0.7, p.numel()).view_as(p))
        net(torch.linspace(-1, 1, 15).view(5, 3)).tanh().sum().backward()
        return net.weight.grad.ravel().tolist()

    assert len({str(found) for found in roundings(slopes, 3)}) > 1


def end(growth: float) -> float:
    """Of x -> 1 - growth * <x, x> after 100 steps: chaotic at 2 (errors double at each step on average), at rest at 0.5."""
    x = torch.tensor([0.3])
    for _ in range(100):
        x = 1 - growth * torch.dot(x, x)[None]
    return x.item()


def test_a_judgement_that_hangs_on_rounding_is_noticed(whatever_the_rounding) -> None:
    with pytest.raises(AssertionError, match="hangs on how results are rounded"):
        whatever_the_rounding(lambda: round(end(2.0), 2))


def test_one_that_does_not_passes(whatever_the_rounding) -> None:
    """Negative control: x = 1 - x^2/2 attracts, by a factor of 0.73 a step."""
    assert whatever_the_rounding(lambda: abs(end(0.5) - (3**0.5 - 1)) < 1e-6)
