"""Numbers of parameters against the literature, and against a count by hand."""

from __future__ import annotations

import pytest
from torch import nn

from numerics.nets import build
from tests.numerics.nets.cases import parameters

pytestmark = pytest.mark.exact


def test_tiny_is_tiny():
    assert parameters(build("tiny", channels=1, classes=10, size=8)) == 3022


@pytest.mark.parametrize(
    ("layers", "millions"), [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85), (110, 1.7)], ids=lambda value: str(value)
)
def test_residual_nets_have_the_millions_that_he_et_al_print(layers, millions):
    """Source: He et al. 2016, Table 6."""
    count = parameters(build(f"resnet-{layers}", channels=3, classes=10, size=32))
    assert round(count / 1e6, 1 if millions > 1 else 2) == millions


@pytest.mark.parametrize(("layers", "count"), [(8, 75_290), (20, 269_722), (56, 853_018)])
def test_residual_nets_have_the_parameters_counted_by_hand(layers, count):
    n = (layers - 2) // 6
    convolutions = 9 * (3 * 16 + 2 * n * 16**2 + 16 * 32 + (2 * n - 1) * 32**2 + 32 * 64 + (2 * n - 1) * 64**2)
    norms = 2 * (16 * (2 * n + 1) + 32 * 2 * n + 64 * 2 * n)
    net = build(f"resnet-{layers}", channels=3, classes=10, size=32)
    assert parameters(net) == convolutions + norms + 65 * 10 == count
    assert sum(isinstance(layer, nn.Conv2d | nn.Linear) for layer in net.modules()) == layers


def test_projections_are_all_that_option_b_adds():
    """A weight for each pair of channels, and two of batch norm for each new channel, twice."""
    a, b = (parameters(build(f"resnet-{kind}56", channels=3, classes=10, size=32)) for kind in ("", "b-"))
    assert b - a == 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64


def test_vgg16_has_the_parameters_of_torchvision_and_keras():
    """Source: torchvision's vgg16_bn has 138,365,992 parameters, 123,642,856 of them in its head; Keras counts 14,714,688 in
    VGG16's convolutions."""
    net = build("vgg16-bn", channels=3, classes=10, size=32)
    convolutions = sum(parameters(layer) for layer in net.modules() if isinstance(layer, nn.Conv2d))
    norms = sum(parameters(layer) for layer in net.modules() if isinstance(layer, nn.BatchNorm2d))
    assert convolutions == 14_714_688
    assert convolutions + norms == 138_365_992 - 123_642_856
    assert parameters(net) == convolutions + norms + 513 * 10


@pytest.mark.parametrize("layers", [1, 3, 10])
def test_chains_have_a_kernel_per_layer_and_nothing_else(layers):
    assert parameters(build(f"chain-{layers}", channels=1, classes=2, size=28)) == 9 * layers


@pytest.mark.parametrize("layers", [1, 2, 4])
def test_dense_nets_have_200_units_per_hidden_layer(layers):
    net = build(f"dense-{layers}", channels=3, classes=10, size=32)
    assert parameters(net) == 3073 * 200 + (layers - 1) * 201 * 200 + 201 * 10
