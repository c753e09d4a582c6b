"""The averaged layer-wise bound: on one image it is the bound of that image; of one layer at rest it is near the Hessian's."""

from __future__ import annotations

import pytest
import torch

from numerics.datasets import Split
from numerics.layerwise.average import layer_steps
from numerics.layerwise.bounds import layer_bounds
from numerics.layerwise.layers import Network

GENERATOR = torch.Generator().manual_seed(0)
IMAGES = torch.randn(3, 1, 8, 8, generator=GENERATOR, dtype=torch.float64)
KERNELS = 0.5 * torch.randn(2, 3, 3, generator=GENERATOR, dtype=torch.float64)


def split(images: torch.Tensor, label: int) -> Split:
    return Split(images, torch.full((len(images),), label), torch.zeros(1))


@pytest.mark.parametrize("alpha", [0.5, 5.0])
def test_one_image_is_the_theorem(alpha: float) -> None:
    """Where a is positive, the greatest eigenvalue is that of the image's own operator."""
    ours = layer_steps(split(IMAGES[:1], 0), KERNELS, alpha, 1.0)
    bounds = layer_bounds(Network(IMAGES[0, 0], 0.0, 1.0, pooling="mean"), list(KERNELS), 0.1, alpha)
    for step, bound in zip(ours, bounds, strict=True):
        power = bound.power_max if bound.a_l > 0 else bound.power_min
        assert step == pytest.approx(2 / (alpha + bound.a_l * power / 2), rel=1e-9)


def test_copies_of_an_image_change_nothing() -> None:
    once = layer_steps(split(IMAGES[:1], 1), KERNELS, 1.0, 1.0)
    assert layer_steps(split(IMAGES[:1].expand(4, -1, -1, -1), 1), KERNELS, 1.0, 1.0) == pytest.approx(once)
