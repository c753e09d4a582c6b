"""Initial weights depend on the seed and on nothing else, and have the spread that is stated."""

from __future__ import annotations

import pytest
import torch
from scipy.stats import chi2, kstest
from torch import nn

from numerics.nets import build
from tests.numerics.nets.cases import SHAPES, made

QUICK = [name for name in SHAPES if name != "vgg16-bn"]
CIFAR = {"channels": 3, "classes": 10, "size": 32}


def weights(net: nn.Module) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in net.parameters()])


@pytest.mark.parametrize("name", QUICK)
def test_building_neither_reads_nor_moves_the_global_generator(name):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = weights(made(name, seed=5))
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert torch.equal(weights(made(name, seed=5)), first)


@pytest.mark.parametrize("name", QUICK)
def test_another_seed_gives_other_weights(name):
    first, second = made(name, seed=1), made(name, seed=2)
    for one, other in zip(first.modules(), second.modules(), strict=True):
        if isinstance(one, nn.Conv2d | nn.Linear):
            assert not (one.weight == other.weight).any()


@pytest.mark.parametrize("name", QUICK)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_all_precisions_begin_at_the_same_point_rounded_once(name, dtype):
    exact, rounded = made(name, dtype=torch.float64), made(name, dtype=dtype)
    for one, other in zip(exact.state_dict().values(), rounded.state_dict().values(), strict=True):
        assert torch.equal(one.to(other.dtype), other)
    assert {weight.dtype for weight in rounded.parameters()} == {dtype}


def test_the_default_dtype_of_torch_does_not_matter():
    expected = weights(made("resnet-8"))
    torch.set_default_dtype(torch.float64)
    try:
        assert torch.equal(weights(made("resnet-8")), expected)
    finally:
        torch.set_default_dtype(torch.float32)


def test_batch_norm_begins_neutral():
    net = made("resnet-8", dtype=torch.bfloat16)
    norms = [layer for layer in net.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert len(norms) == 7
    for norm in norms:
        assert (norm.weight == 1).all()
        assert (norm.bias == 0).all()
        assert (norm.running_mean == 0).all()
        assert (norm.running_var == 1).all()
        assert norm.num_batches_tracked == 0


def test_convolutions_of_residual_nets_are_normal_with_variance_2_by_fan_in():
    for layer in build("resnet-20", **CIFAR, dtype=torch.float64).modules():
        if isinstance(layer, nn.Conv2d):
            draws = layer.weight.detach().flatten() * (9 * layer.in_channels / 2) ** 0.5
            low, high = chi2.ppf([1e-6, 1 - 1e-6], len(draws))
            assert low < float(draws.square().sum()) < high
            assert kstest(draws.numpy(), "norm").pvalue > 1e-5
        elif isinstance(layer, nn.Linear):
            draws = layer.weight.detach().flatten() * layer.in_features**0.5
            low, high = chi2.ppf([1e-6, 1 - 1e-6], len(draws))
            assert low < float(draws.square().sum()) < high
            assert (layer.bias == 0).all()


def test_with_option_b_the_variance_is_2_by_fan_out():
    for layer in build("resnet-b-8", **CIFAR, dtype=torch.float64).modules():
        if isinstance(layer, nn.Conv2d):
            draws = layer.weight.detach().flatten() * (layer.kernel_size[0] ** 2 * layer.out_channels / 2) ** 0.5
            low, high = chi2.ppf([1e-6, 1 - 1e-6], len(draws))
            assert low < float(draws.square().sum()) < high
        elif isinstance(layer, nn.Linear):
            assert 0 < layer.bias.abs().max() <= layer.in_features**-0.5


@pytest.mark.parametrize("name", ["dense-4", "chain-40"])
def test_the_others_are_uniform_within_1_by_root_fan_in_as_torch_begins(name):
    shape = CIFAR if name == "dense-4" else {"channels": 1, "classes": 2, "size": 81}
    for layer in build(name, **shape, dtype=torch.float64).modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            bound = layer.weight[0].numel() ** -0.5
            theirs = type(layer)(*_arguments(layer))
            for ours, torchs in zip(layer.parameters(), theirs.parameters(), strict=True):
                assert ours.shape == torchs.shape
                assert ours.abs().max() <= bound
                assert torchs.abs().max() <= bound
                assert kstest(ours.detach().flatten().numpy() / bound, "uniform", args=(-1, 2)).pvalue > 1e-6


def _arguments(layer: nn.Module) -> tuple:
    if isinstance(layer, nn.Linear):
        return layer.in_features, layer.out_features
    return 1, 1, 3, 1, 0, 1, 1, False


@pytest.mark.gpu
@pytest.mark.parametrize("name", QUICK)
def test_the_device_does_not_matter(name):
    for one, other in zip(made(name).parameters(), made(name, device="cuda").parameters(), strict=True):
        assert other.is_cuda
        assert torch.equal(one, other.cpu())
