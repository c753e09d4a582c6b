from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import InputError
from numerics.layerwise.layers import Network, convolve, correlate
from tests import oracles
from tests.examples import thoroughly
from tests.numerics.cases import normal

seeds = st.integers(0, 2**31)
sizes = st.tuples(st.integers(1, 3), st.integers(1, 3))


@st.composite
def networks(draw, activations: tuple[str, ...] = ("swish", "softplus", "tanh", "gelu")) -> tuple[Network, list[torch.Tensor]]:
    shapes = draw(st.lists(sizes, min_size=1, max_size=4))
    seed, y, beta = draw(seeds), draw(st.sampled_from([0.0, 1.0])), draw(st.floats(0.3, 2))
    extra = [sum(shape[axis] - 1 for shape in shapes) for axis in (0, 1)]
    image = normal(seed, (draw(st.integers(1, 5)) + extra[0], draw(st.integers(1, 5)) + extra[1]))
    network = Network(image, y, beta, draw(st.sampled_from(activations)), draw(st.sampled_from(["sum", "mean"])))
    return network, [normal(seed + n, shape) / 2 for n, shape in enumerate(shapes, 1)]


@thoroughly()
@given(sizes, st.integers(0, 6), st.integers(0, 6), seeds)
def test_operators_by_definition_and_as_adjoints(size, rows, columns, seed):
    kernel, image = normal(seed, size), normal(seed + 1, (size[0] + rows, size[1] + columns))
    response = correlate(kernel, image)
    assert torch.allclose(response, oracles.correlate(kernel, image, "valid"), rtol=1e-12, atol=1e-12)
    field = normal(seed + 2, response.shape)
    scale = 1e-12 * float(kernel.norm() * image.norm() * field.norm() + 1)
    dot = float((field * response).sum())
    assert abs(dot - float((correlate(field, image) * kernel).sum())) < scale
    assert abs(dot - float((convolve(kernel, field) * image).sum())) < scale


@thoroughly(max_examples=30)
@given(networks(), st.floats(0, 2))
def test_gradients_are_those_of_the_loss(case, alpha):
    network, kernels = case
    leaves = [kernel.clone().requires_grad_() for kernel in kernels]
    reference = torch.autograd.grad(network.loss(leaves, alpha), leaves)
    for ours, theirs in zip(network.gradients(kernels, alpha), reference, strict=True):
        assert (ours - theirs).norm() <= 1e-10 * theirs.norm() + 1e-13


@thoroughly(max_examples=25)
@given(networks())
def test_parts_of_a_block_sum_to_the_hessian(case):
    network, kernels = case
    for layer, own in enumerate(kernels, 1):
        others = lambda k, n=layer: [k if i == n else other for i, other in enumerate(kernels, 1)]  # noqa: E731
        hessian = torch.autograd.functional.hessian(lambda k, w=others: network.loss(w(k)), own).reshape(own.numel(), -1)
        parts = network.blocks(kernels, layer)
        assert (sum(parts) - hessian).norm() <= 1e-9 * hessian.norm() + 1e-12
        assert all((part - part.mT).norm() <= 1e-9 * part.norm() + 1e-12 for part in parts)


def test_g_is_the_gradient_of_the_pooled_output_in_the_field():
    """By training nothing: the outputs above layer l as a function of I_l alone."""
    network, kernels = Network(normal(0, (9, 9))), [normal(n, (3, 3)) / 2 for n in (1, 2, 3)]
    fields = network.fields(kernels)
    for layer in (1, 2, 3):
        start = fields.inputs[layer].clone().requires_grad_()
        above = start
        for kernel in kernels[layer:]:
            argument = oracles.correlate(kernel, above, "valid")
            above = argument * torch.sigmoid(argument)
        (reference,) = torch.autograd.grad(above.sum(), start)
        assert torch.allclose(fields.downstream[layer - 1], reference, rtol=1e-11, atol=1e-12)


def test_batch_equals_solo_runs(device):
    network = Network(normal(0, (8, 8)).to(device))
    kernels = [normal(n, (5, 3, 3)).to(device) / 3 for n in (1, 2)]
    together = network.gradients(kernels, 0.3)
    for member in range(5):
        solo = network.gradients([k[member] for k in kernels], 0.3)
        assert all(torch.allclose(t[member], s, rtol=1e-11, atol=1e-12) for t, s in zip(together, solo, strict=True))
    assert network.loss(kernels).shape == (5,)


def test_devices_agree(device):
    """One code path: the same numbers as on the CPU."""
    image, kernels = normal(3, (10, 10)), [normal(n, (3, 3)) / 3 for n in (4, 5, 6)]
    here = Network(image.to(device), activation="softplus")
    reference = Network(image, activation="softplus").blocks(kernels, 1)
    for ours, theirs in zip(here.blocks([k.to(device) for k in kernels], 1), reference, strict=True):
        assert ours.device.type == device
        assert torch.allclose(ours.cpu(), theirs, rtol=1e-9, atol=1e-11)


def test_single_precision_stays_single():
    network = Network(normal(0, (8, 8), torch.float32))
    kernels = [normal(n, (3, 3), torch.float32) / 3 for n in (1, 2)]
    double = Network(network.image.double()).gradients([k.double() for k in kernels])
    for ours, theirs in zip(network.gradients(kernels), double, strict=True):
        assert ours.dtype == torch.float32
        assert (ours - theirs).norm() < 1e-4 * theirs.norm()


def test_last_layer_has_no_part_through_g():
    network, kernels = Network(normal(0, (8, 8)), pooling="mean"), [normal(n, (3, 3)) for n in (1, 2)]
    assert float(network.blocks(kernels, 2)[1].norm()) == 0
    assert float(network.blocks(kernels, 1)[1].norm()) > 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda n: n.loss([]), "at least one kernel"),
        (lambda n: n.loss([torch.ones(3, 3)]), "kernel 1 of shape .* torch.float64, got .* torch.float32"),
        (lambda n: n.gradients([normal(0, (3, 3)), normal(1, (4, 2))]), "kernel 2 of shape .* 3x3 input"),
        (lambda n: n.blocks([normal(0, (3, 3))], 2), "layer from 1 to 1, got 2"),
        (lambda n: Network(n.image, pooling="max"), "unknown pooling 'max'"),
        (lambda n: Network(n.image, activation="swich"), "unknown activation 'swich'"),
        (lambda n: Network(n.image * float("nan")), "finite image"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(InputError, match=message):
        call(Network(normal(0, (5, 5))))
