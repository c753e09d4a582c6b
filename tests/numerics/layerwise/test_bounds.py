from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from derive import theorem
from derive.errors import InputError
from numerics.layerwise.bounds import equivalent_beta, joint_curvature, layer_bounds, layer_curvature
from numerics.layerwise.edge import largest_stable_lr, layer_flow, settle
from numerics.layerwise.layers import Network
from tests.examples import thoroughly
from tests.numerics.cases import normal
from tests.oracles import dense_operator

seeds = st.integers(0, 2**31)


def test_one_layer_is_theorem_5_4():
    """With the eigenvalues of the dense operator for |Ihat|^2."""
    network, kernel = Network(normal(0, (8, 8)), beta=1.3, pooling="mean"), normal(1, (3, 3))
    (found,) = layer_bounds(network, [kernel], 0.1)
    operator = dense_operator(network.image, (3, 3), "valid")
    driven = float(network.fields([kernel]).error) * 1.3 / 2 * torch.linalg.eigvalsh(operator.T @ operator)
    assert (found.alpha_min, found.alpha_max) == pytest.approx((-float(driven.min()), 20 - float(driven.max())), rel=1e-7)
    assert (found.constant, found.least, found.greatest) == (1, 1, 1)
    assert (found.strict_alpha_min, found.strict_alpha_max) == (found.alpha_min, found.alpha_max)


@thoroughly(max_examples=20)
@given(seeds, st.sampled_from([0.0, 1.0]), st.sampled_from(["swish", "softplus", "gelu"]))
def test_strict_bounds_enclose_the_part_kept(seed, y, activation):
    """First layer at zero, so r'' is constant: the range of g_l and the extremes of the operator bound the eigenvalues."""
    network = Network(normal(seed, (9, 9)), y, 0.8, activation, "mean")
    kernels = [torch.zeros(3, 3, dtype=torch.float64), normal(seed + 1, (3, 3))]
    found, kept = layer_bounds(network, kernels, 0.1)[0], layer_curvature(network, kernels, 1).kept
    slack = 1e-7 * (abs(kept[0]) + abs(kept[1]))
    assert -found.strict_alpha_min <= kept[0] + slack
    assert 2 / 0.1 - found.strict_alpha_max >= kept[1] - slack
    assert found.strict_alpha_min >= found.alpha_min - slack
    assert found.strict_alpha_max <= found.alpha_max + slack


@thoroughly(max_examples=20)
@given(seeds)
def test_both_bounds_meet_at_the_largest_step(seed):
    network, kernels = Network(normal(seed, (9, 9)), pooling="mean"), [normal(seed + n, (3, 3)) / 5 for n in (1, 2)]
    alpha = 1.0 + max(b.alpha_min for b in layer_bounds(network, kernels, 0.1))
    for bound in layer_bounds(network, kernels, 0.1, alpha):
        assert layer_bounds(network, kernels, bound.lr_max, alpha)[bound.layer - 1].alpha_max == pytest.approx(alpha, rel=1e-9)


def test_no_step_is_stable_below_the_least_weight_decay():
    network, kernels = Network(normal(0, (9, 9)), pooling="mean"), [normal(n, (3, 3)) for n in (1, 2)]
    last = layer_bounds(network, kernels, 0.1, alpha=-10.0)[-1]
    assert last.alpha_min > -10
    assert math.isnan(last.lr_max)


def test_stands_for_beta():
    image = normal(0, (5, 5))
    assert equivalent_beta(Network(image, beta=1.7)) == pytest.approx(1.7)
    assert equivalent_beta(Network(image, activation="softplus")) == pytest.approx(0.5)
    assert equivalent_beta(Network(image, activation="tanh")) == 0


def test_joint_curvature_is_that_of_the_loss():
    network, kernels = Network(normal(0, (8, 8)), pooling="mean"), [normal(n, (2, 2)) / 2 for n in (1, 2, 3)]
    hessian = torch.autograd.functional.hessian(lambda flat: network.loss(list(flat)), torch.stack(kernels)).reshape(12, 12)
    values = torch.linalg.eigvalsh(hessian)
    assert joint_curvature(network, kernels) == pytest.approx((float(values[0]), float(values[-1])), rel=1e-9)


def test_two_layers_at_zero_have_the_derived_coupling():
    """Every window sees the whole image; the blocks vanish, and all curvature lies between the layers."""
    network = Network(torch.nn.functional.pad(normal(0, (5, 5)), (4, 4, 4, 4)))
    zeros = [torch.zeros(3, 3, dtype=torch.float64)] * 2
    strength = theorem("coupling").function("numpy", "strength")
    c = float(strength(a=-0.5, area_1=9, area_2=9, image_integral=float(network.image.sum()), slope=0.5))
    assert joint_curvature(network, zeros) == pytest.approx((-c, c), rel=1e-10)
    assert layer_curvature(network, zeros, 1).whole == pytest.approx((0, 0), abs=1e-12)
    assert layer_curvature(network, zeros, 2).whole == pytest.approx((0, 0), abs=1e-12)


def test_bounds_on_every_device(device):
    image, kernels = normal(0, (9, 9)), [normal(n, (3, 3)) / 3 for n in (1, 2)]
    here = layer_bounds(Network(image.to(device)), [k.to(device) for k in kernels], 0.1, 5.0)
    there = layer_bounds(Network(image), kernels, 0.1, 5.0)
    assert all(h == pytest.approx(t, rel=1e-7, nan_ok=True) for h, t in zip(here, there, strict=True))


def test_training_finds_the_edge_of_the_hessian():
    """All layers, and one alone: 2 over the greatest eigenvalue of what moves, at a minimum where that is known."""
    network, alpha = Network(normal(2, (8, 8)), activation="softplus", pooling="mean"), 0.5
    rest = settle(network, normal(3, (2, 3, 3)), alpha, 0.3, 300)
    assert float(layer_flow(network, alpha)(rest).norm()) < 1e-10
    whole = 2 / (alpha + joint_curvature(network, list(rest))[1])
    assert largest_stable_lr(network, rest, alpha, whole, steps=300, rtol=5e-3).middle == pytest.approx(whole, rel=1e-2)
    alone = 2 / (alpha + layer_curvature(network, list(rest), 2).whole[1])
    found = largest_stable_lr(network, rest, alpha, whole, layer=2, steps=300, rtol=5e-3).middle
    assert found == pytest.approx(alone, rel=1e-2)
    assert alone >= whole  # the eigenvalues of a block lie within those of the whole


def test_only_the_layer_named_moves():
    network, kernels = Network(normal(0, (8, 8))), normal(1, (3, 2, 2))
    moved = layer_flow(network, 0.1, layer=2)(kernels)
    assert float(moved[0].norm()) == float(moved[2].norm()) == 0
    assert torch.equal(moved[1], layer_flow(network, 0.1)(kernels)[1])


def test_bad_input():
    network, kernels = Network(normal(0, (8, 8))), [normal(1, (3, 3))]
    with pytest.raises(InputError, match=r"kernels of shape \(h, w\)"):
        layer_bounds(network, [normal(1, (2, 3, 3))], 0.1)
    with pytest.raises(InputError, match="lr finite and above 0"):
        layer_bounds(network, kernels, 0.0)
    with pytest.raises(InputError, match="activation 'relu' has no derivative of order"):
        layer_bounds(Network(network.image, activation="relu"), kernels, 0.1)
    with pytest.raises(InputError, match="around"):
        largest_stable_lr(network, torch.stack(kernels), 0.1, -1.0)
