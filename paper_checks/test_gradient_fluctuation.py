"""26.72: what the printed statistic is for gradients that are nothing but noise, and that it has no expectation."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
import torch

from derive.paper.claim import Verdict
from numerics import nets
from numerics.measures.fluctuation import fluctuation
from paper_checks.claims import PRINTED

CLAIM = "gradient-fluctuation"
EPOCHS = 40  # whose median is taken; the paper has 200


@cache
def weights() -> int:
    """Parameters of the paper's network."""
    return sum(weight.numel() for weight in nets.build("resnet-56", channels=3, classes=10, size=32).parameters())


@cache
def of_noise(count: int, epochs: int = EPOCHS) -> tuple[float, ...]:
    """The printed statistic over sqrt(B - 1), each epoch anew, of `count` weights whose gradients are normal with mean 0.

    The deviation of one of B batches from their mean is independent of the mean and has B - 1 times its variance; so a weight's
    ratio is sqrt(B - 1) times a half-Cauchy number.
    """
    generator = np.random.default_rng(0)
    return tuple(float(np.abs(generator.standard_cauchy(count)).mean()) for _ in range(epochs))


def batches_of_noise() -> float:
    """B for which pure noise gives what is printed."""
    return 1 + (PRINTED[CLAIM].values["fluctuation"] / float(np.median(of_noise(weights())))) ** 2


def verdict() -> Verdict:
    """The print is what noise gives with a handful of batches; so it says that batches differ, but not by how much."""
    single = of_noise(weights())
    return Verdict(
        CLAIM, "not run at the paper's setting", PRINTED[CLAIM].latex, "",
        f"The mean of ratios has no expectation: for normal gradients of mean 0 each ratio is sqrt(B - 1) times a half-Cauchy number, and the "
        f"mean over the {weights():,} weights of ResNet-56 is {np.median(single):.1f} sqrt(B - 1) as a median over epochs ({min(single):.1f} to "
        f"{max(single):.1f} in single epochs; {np.median(of_noise(1000)):.1f} with 1000 weights). The printed {PRINTED[CLAIM].values['fluctuation']} is that of pure noise for "
        f"B = {batches_of_noise():.0f}; the paper's B is lost. What stands: a batch's gradient is off by a multiple of itself, rounding by 2^-23.",
        "pytest paper_checks/test_gradient_fluctuation.py",
    )  # fmt: skip


@pytest.mark.parametrize("batches", [2, 5, 20])
def test_noise_is_half_cauchy(batches: int) -> None:
    """The identity behind `of_noise`, on gradients drawn one by one: quartiles of a half-Cauchy number are tan(pi/8), 1, tan(3 pi/8)."""
    generator = torch.Generator().manual_seed(batches)
    gradients = torch.randn(batches, 40_000, generator=generator, dtype=torch.float64)
    found = fluctuation([[one] for one in gradients])
    scale = math.sqrt(batches - 1)
    ratios = (gradients[0] - gradients.mean(0)).abs() / gradients.mean(0).abs() / scale
    quartiles = torch.quantile(ratios, torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64))
    expected = torch.tensor([math.tan(math.pi / 8), 1.0, math.tan(3 * math.pi / 8)], dtype=torch.float64)
    torch.testing.assert_close(quartiles, expected, rtol=0.03, atol=0)
    assert found.median / scale == pytest.approx(1, rel=0.03)
    assert found.mean == pytest.approx(float(ratios.mean()) * scale, rel=1e-9)


def test_statistic_grows_with_the_number_of_weights() -> None:
    """As log N: no property of the gradients alone."""
    small, large = np.median(of_noise(10**3)), np.median(of_noise(10**5))
    assert large - small == pytest.approx(2 / math.pi * math.log(100), rel=0.2)


def test_a_clear_gradient_gives_less_than_noise() -> None:
    """Negative control: with a mean ten times the noise, every ratio is small."""
    generator = torch.Generator().manual_seed(0)
    gradients = 10 + torch.randn(10, 1000, generator=generator, dtype=torch.float64)
    assert fluctuation([[one] for one in gradients]).mean < 0.2


def test_verdict() -> None:
    assert 5 < batches_of_noise() < 20
    assert verdict().status == "not run at the paper's setting"
