"""A measurement leaves no trace: modes, gradients, buffers, hooks, random numbers, and the user's own graph."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from derive.errors import InputError
from numerics.sharpness import BatchCoupledWarning, layer_sharpness, minibatch_sharpness, sharpness
from tests.numerics.sharpness.models import classifier

METHODS = ["graph", "reverse-over-reverse", "forward-over-reverse"]


def model_and_data() -> tuple[nn.Module, tuple[torch.Tensor, torch.Tensor]]:
    model, data = classifier()
    norm = nn.BatchNorm1d(6, dtype=torch.float64)
    return nn.Sequential(model[0], norm, model[1], model[2], nn.Dropout(0.0)), data


@pytest.mark.exact
@pytest.mark.filterwarnings("ignore::numerics.sharpness.BatchCoupledWarning")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("training", [True, False])
def test_everything_is_as_before(method, training) -> None:
    model, data = model_and_data()
    model[0].train(training)
    model[1].train(training)
    cross_entropy(model(data[0]), data[1]).backward()
    calls = []
    for p in model.parameters():
        p.register_hook(lambda g: calls.append(1) or 2 * g)
    state = {name: value.clone() for name, value in model.state_dict().items()}
    slopes = [p.grad.clone() for p in model.parameters()]
    versions = [t._version for t in model.state_dict().values()]
    modes, chance = [m.training for m in model.modules()], torch.get_rng_state()

    sharpness(model, cross_entropy, data, method=method)
    layer_sharpness(model, cross_entropy, data, method=method)
    minibatch_sharpness(model, cross_entropy, data, 8, tolerance=0.5, method=method)

    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert all(torch.equal(p.grad, g) for p, g in zip(model.parameters(), slopes, strict=True))
    assert [t._version for t in model.state_dict().values()] == versions
    assert [m.training for m in model.modules()] == modes
    assert torch.equal(torch.get_rng_state(), chance)
    assert not calls


def test_after_an_error_too() -> None:
    model, data = classifier()

    class Noisy(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + torch.randn_like(x)

    model = nn.Sequential(model, Noisy())
    chance = torch.get_rng_state()
    with pytest.raises(InputError):
        sharpness(model, cross_entropy, data)
    assert torch.equal(torch.get_rng_state(), chance)
    assert not any(module._forward_hooks for module in model.modules())


def test_between_forward_and_backward() -> None:
    """The graph that the user holds stays usable."""
    model, data = model_and_data()
    loss = cross_entropy(model(data[0]), data[1])
    with pytest.warns(BatchCoupledWarning):
        sharpness(model, cross_entropy, data)
    loss.backward()


@pytest.mark.parametrize("method", METHODS)
def test_whatever_context_it_is_called_in(method) -> None:
    model, data = classifier(dtype=torch.float32)
    expected = sharpness(model, cross_entropy, data, method=method).values.tolist()
    with torch.no_grad():
        assert sharpness(model, cross_entropy, data, method=method).values.tolist() == expected
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert sharpness(model, cross_entropy, data, method=method).values.tolist() == expected
    with torch.inference_mode():
        inputs = data[0].clone()
        assert sharpness(model, cross_entropy, (inputs, data[1]), method=method).values.tolist() == expected


def test_float32_means_float32_while_it_is_measured(settings_put_back) -> None:
    """TF32 and bfloat16 would be off by more than the bounds count; the user's own choice is as before."""
    backends, spy = torch.backends, Mock()  # what the loss keeps itself is put back
    owners = (backends.cuda.matmul, backends.cudnn.conv, backends.cudnn.rnn, backends.mkldnn.matmul, backends.mkldnn.conv)

    def loss(output: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        spy({owner.fp32_precision for owner in owners})
        return cross_entropy(output, targets)

    torch.set_float32_matmul_precision("medium")
    before = [owner.fp32_precision for owner in owners]
    sharpness(classifier()[0], loss, classifier()[1])
    assert [owner.fp32_precision for owner in owners] == before
    assert torch.get_float32_matmul_precision() == "medium"
    assert "tf32" in before
    assert spy.called
    assert all(call.args == ({"ieee"},) for call in spy.call_args_list)


@pytest.mark.gpu
def test_bounds_hold_in_float32_on_a_gpu() -> None:
    """Under torch's defaults, which allow TF32 in convolutions."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.Conv2d(16, 16, 3), nn.Flatten(), nn.Linear(16 * 144, 10)).cuda()
    data = torch.randn(64, 3, 16, 16, device="cuda"), torch.randint(10, (64,), device="cuda")
    found = sharpness(model, cross_entropy, data)
    exact = float(sharpness(model.double(), cross_entropy, (data[0].double(), data[1]), tolerance=1e-7))
    assert abs(float(found) - exact) <= float(found.bounds[0])
