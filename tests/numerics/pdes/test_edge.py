from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import InputError
from numerics import windowed_bounds
from numerics.pdes.active_mode import checkerboard
from numerics.pdes.correlation import Correlation
from numerics.pdes.edge import bisect, close_in, growth_rate, linear_edges
from tests.examples import thoroughly
from tests.numerics.cases import normal


@thoroughly()
@given(st.floats(1e-6, 1e6), st.floats(1.01, 1e4), st.floats(0.01, 0.99), st.integers(1, 9), st.booleans())
def test_bisection_brackets_the_edge(low, ratio, position, width, rising):
    high = low * ratio
    edge = low + position * (high - low)
    found = bisect(lambda v: (v > edge) == rising, low, high, 1e-4, width)
    assert found.low <= edge <= found.high
    assert found.high - found.low <= 1e-4 * found.high
    assert low <= found.low
    assert found.high <= high


def test_bisection_needs_an_edge_inside():
    with pytest.raises(InputError, match="both stable"):
        bisect(lambda v: v > 5, 1, 2)
    with pytest.raises(InputError, match="both unstable"):
        bisect(lambda v: v > 0, 1, 2)


@pytest.mark.parametrize("factor", [1e-3, 0.9, 1.0, 1.1, 50.0])
def test_growth_rate_of_a_known_factor(factor):
    rate = growth_rate(lambda x: (factor - 1) * x, normal(0, (2, 3, 3)), 1.0, 300)
    assert torch.allclose(rate, torch.tensor(factor, dtype=torch.float64).log().expand(2), atol=1e-13)


@pytest.mark.parametrize("kernel", [4, 12])
def test_simulated_edges_agree_with_the_spectrum_on_a_checkerboard(kernel):
    lr = 1e-5
    lower, upper = linear_edges(Correlation(checkerboard(40), kernel), -0.5, 1.0, lr, rtol=3e-4)
    alpha_min, alpha_max = windowed_bounds(checkerboard(40), kernel, -0.5, 1.0, lr)
    assert lower.middle == pytest.approx(alpha_min, rel=1e-3)
    assert upper.middle == pytest.approx(alpha_max, rel=1e-3)


@pytest.mark.parametrize("boundary", ["full", "circular"])
def test_simulated_edges_agree_with_the_spectrum_on_noise(boundary):
    image, lr = torch.rand(24, 24, generator=torch.Generator().manual_seed(0), dtype=torch.float64), 1e-4
    lower, upper = linear_edges(Correlation(image, 4, boundary), -0.5, 1.0, lr, rtol=3e-4, steps=900)
    alpha_min, alpha_max = windowed_bounds(image, 4, -0.5, 1.0, lr, boundary)
    assert lower.middle == pytest.approx(alpha_min, rel=1e-3)
    assert upper.middle == pytest.approx(alpha_max, rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("kernel", [16, 32, 64])
def test_simulated_edges_agree_with_the_spectrum_at_the_size_of_table_2(kernel):
    lower, upper = linear_edges(Correlation(checkerboard(256), kernel), -0.5, 1.0, 1e-8)
    alpha_min, alpha_max = windowed_bounds(checkerboard(256), kernel, -0.5, 1.0, 1e-8)
    assert lower.middle == pytest.approx(alpha_min, rel=1e-3)
    assert upper.middle == pytest.approx(alpha_max, rel=1e-3)


def test_both_edges_need_a_negative_output_error():
    with pytest.raises(InputError, match="a < 0"):
        linear_edges(Correlation(checkerboard(8), 2), 0.5, 1.0, 1e-3)


def test_closing_in_takes_few_runs_where_factors_are_linear() -> None:
    asked = []

    def growth(values: torch.Tensor) -> torch.Tensor:
        asked.extend(values.tolist())
        return torch.log1p(values - 3.7)

    found = close_in(growth, 3.0, 9.0, 1e-4)
    assert found.low <= 3.7 <= found.high
    assert found.high - found.low <= 1e-4 * found.high
    assert len(asked) == 5


@pytest.mark.parametrize(
    "growth",
    [lambda v: (v - 2) ** 3, lambda v: torch.where(v > 2, 1e-9, -5.0), lambda v: 32 - v**5],
    ids=["flat", "a jump", "steep"],
)
def test_closing_in_needs_no_linear_rate(growth: Callable) -> None:
    found = close_in(growth, 0.5, 40.0, 1e-4)
    assert found.low <= 2 <= found.high
    assert found.high - found.low <= 1e-4 * found.high


@pytest.mark.parametrize("boundary", ["valid", "full", "circular"])
def test_the_table_of_a_small_kernel_is_the_operator(boundary: str) -> None:
    operator = Correlation(normal(3, (14, 17)), (4, 5), boundary)
    table, kernel = operator.tabulated(), normal(4, (3, 2, 4, 5))
    assert table.tabulated() is table
    assert torch.allclose(table.gram(kernel), operator.gram(kernel), rtol=1e-12, atol=1e-11)
    assert torch.equal(table(kernel), operator(kernel))
    assert torch.equal(table.adjoint(table(kernel)), operator.adjoint(operator(kernel)))


def test_a_large_kernel_stays_as_it_is() -> None:
    operator = Correlation(checkerboard(40), 33)
    assert operator.tabulated() is operator


def test_a_run_ends_when_nothing_but_one_mode_is_left_and_not_before() -> None:
    """Of two modes the slower one leads at first: by a thousand, so that it takes 130 steps until the other is seen."""
    factors, seen = torch.tensor([[0.9, 0.95]], dtype=torch.float64), []

    def flow(state: torch.Tensor) -> torch.Tensor:
        seen.append(1)
        return (factors - 1) * state

    rate = growth_rate(flow, torch.tensor([[1e3, 1.0]], dtype=torch.float64), 1.0, 3000)
    assert float(rate) == pytest.approx(float(factors.max().log()), abs=1e-12)
    assert 300 < len(seen) < 1000
