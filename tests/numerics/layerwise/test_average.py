"""The averaged layer-wise bound: by automatic differentiation it is that of the derived fields; on one image the theorem's."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, unfold

from numerics.datasets import Split
from numerics.layerwise.average import layer_operators, layer_steps
from numerics.layerwise.bounds import layer_bounds
from numerics.layerwise.layers import Network
from numerics.nets import build

GENERATOR = torch.Generator().manual_seed(0)
IMAGES = torch.randn(3, 1, 8, 8, generator=GENERATOR, dtype=torch.float64)
MODEL = build("chain-2", channels=1, classes=2, size=8, activation="swish", dtype=torch.float64)
KERNELS = torch.cat([p.detach()[0] for p in MODEL.parameters()])


def split(images: Tensor, *labels: int) -> Split:
    return Split(images, torch.tensor(labels), torch.zeros(1))


def steps(data: Split, alpha: float) -> list[float]:
    return layer_steps(MODEL, cross_entropy, data, alpha, 1.0)


def test_operators_are_those_of_the_derived_fields() -> None:
    """Image by image, from the network's fields as the theory writes them."""
    expected = torch.zeros(2, 9, 9, dtype=torch.float64)
    for image, label in zip(IMAGES[:, 0], (0.0, 1.0, 1.0), strict=True):
        fields = Network(image, label, 1.0, pooling="mean").fields(list(KERNELS))
        for layer, (below, g) in enumerate(zip(fields.inputs, fields.downstream, strict=False)):
            patches = unfold(below[None, None], (3, 3))[0]
            expected[layer] += fields.error.squeeze() * g.mean() * patches @ patches.mT / 3
    found = torch.stack(layer_operators(MODEL, cross_entropy, split(IMAGES, 0, 1, 1)))
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("alpha", [0.5, 5.0])
def test_one_image_is_the_theorem(alpha: float) -> None:
    """Where a is positive, the greatest eigenvalue is that of the image's own operator."""
    bounds = layer_bounds(Network(IMAGES[0, 0], 0.0, 1.0, pooling="mean"), list(KERNELS), 0.1, alpha)
    for step, bound in zip(steps(split(IMAGES[:1], 0), alpha), bounds, strict=True):
        power = bound.power_max if bound.a_l > 0 else bound.power_min
        assert step == pytest.approx(2 / (alpha + bound.a_l * power / 2), rel=1e-9)


def test_copies_of_an_image_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does it how many are taken at once."""
    monkeypatch.setattr("numerics.layerwise.average.IMAGES", 3)
    copies = split(IMAGES[:1].expand(4, -1, -1, -1), 1, 1, 1, 1)
    assert steps(copies, 1.0) == pytest.approx(steps(split(IMAGES[:1], 1), 1.0))
