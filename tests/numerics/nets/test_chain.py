"""The L-layer CNN of one channel against Eq 20-22 written out, and the dense net against matrix products."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy, cross_entropy

from numerics.layerwise.layers import Network
from numerics.nets import build
from tests.numerics.nets.cases import images, made
from tests.oracles import convolution_flow, correlate


def swish(x: torch.Tensor, beta: float) -> torch.Tensor:
    return x / (1 + torch.exp(-beta * x))


@pytest.mark.parametrize("layers", [1, 2, 5])
@pytest.mark.parametrize("beta", [1.0, 3.0])
def test_each_layer_is_a_correlation_and_swish(layers, beta):
    shape = {"channels": 1, "classes": 2, "size": 14}
    net = build(f"chain-{layers}", **shape, activation="swish", beta=beta, dtype=torch.float64, seed=3)
    pictures = images("chain-4", 3, torch.float64, size=14)
    for picture, logits in zip(pictures, net(pictures).detach(), strict=True):
        state = picture[0]
        for kernel in net.parameters():
            state = swish(correlate(kernel.detach()[0, 0], state, "valid"), beta)
        assert state.shape == (14 - 2 * layers, 14 - 2 * layers)
        assert logits[0] == 0
        assert float(logits[1]) == pytest.approx(float(state.mean()), rel=1e-12)


def test_cross_entropy_of_the_logits_is_the_papers():
    net, pictures = made("chain-4", dtype=torch.float64, activation="swish"), images("chain-4", 6, torch.float64)
    labels = torch.tensor([0, 1, 1, 0, 1, 0])
    logits = net(pictures).detach()
    prediction = logits[:, 1].sigmoid()  # yhat = s(z)
    papers = binary_cross_entropy(prediction, labels.double())
    assert float(cross_entropy(logits, labels)) == pytest.approx(float(papers), rel=1e-12)
    assert torch.allclose(logits.softmax(1)[:, 1], prediction, rtol=1e-12)


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("layers", [1, 3])
def test_loss_and_gradients_are_those_derived_for_the_theorem(layers, label):
    """Thm 5.7's gradients, from the symbolic pipeline, against autograd through the net that is trained."""
    net = build(f"chain-{layers}", channels=1, classes=2, size=11, activation="swish", beta=2.0, dtype=torch.float64)
    picture = images("chain-4", 1, torch.float64, size=11)
    loss = cross_entropy(net(picture), torch.tensor([label]))
    loss.backward()
    theory = Network(picture[0, 0], float(label), 2.0, "swish", "mean")
    kernels = [weight.detach()[0, 0] for weight in net.parameters()]
    assert float(loss.detach()) == pytest.approx(float(theory.loss(kernels)), rel=1e-12)
    for weight, derived in zip(net.parameters(), theory.gradients(kernels), strict=True):
        assert torch.allclose(weight.grad[0, 0], derived, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("label", [0, 1])
def test_one_layer_has_the_loss_and_gradient_of_eq_7(label):
    net = build("chain-1", channels=1, classes=2, size=9, activation="swish", beta=2.0, dtype=torch.float64)
    picture = images("chain-1", 1, torch.float64, size=9)
    cross_entropy(net(picture), torch.tensor([label])).backward()
    kernel = next(net.parameters())
    flow = convolution_flow(kernel.detach()[0, 0], picture[0, 0], 0.0, 2.0, float(label))
    assert torch.allclose(kernel.grad[0, 0], -flow, rtol=1e-11)


def test_the_smallest_image_leaves_one_pixel():
    net = build("chain-3", channels=1, classes=2, size=7)
    assert net.layers(torch.zeros(1, 1, 7, 7)).shape == (1, 1, 1, 1)


@pytest.mark.parametrize("activation", ["relu", "swish"])
def test_dense_nets_are_products_and_tanh_whatever_activation_is_asked_for(activation):
    net = made("dense-2", dtype=torch.float64, activation=activation)
    weights = [weight.detach().numpy() for weight in net.parameters()]
    pictures = images("dense-2", 3, torch.float64)
    state = pictures.numpy().reshape(3, -1)
    for matrix, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        state = np.tanh(state @ matrix.T + bias)
    assert np.allclose(net(pictures).detach(), state @ weights[-2].T + weights[-1], rtol=1e-12, atol=1e-13)
    assert sum(isinstance(layer, nn.Tanh) for layer in net.modules()) == 2
