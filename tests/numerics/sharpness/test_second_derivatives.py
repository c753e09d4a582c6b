"""Products against difference quotients of the gradient: wrong second derivatives are found, right ones pass."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch import _weight_norm as fused  # as torch has it, which measuring does not replace
from torch.nn.functional import cross_entropy, mse_loss

from derive.errors import InputError
from numerics.sharpness import Hessian, sharpness
from numerics.sharpness.substitutes import weight_norm
from tests.numerics.sharpness.models import convolutional, dense

NORMS = {"by a hook": nn.utils.weight_norm, "as a parametrization": nn.utils.parametrizations.weight_norm}

pytestmark = pytest.mark.filterwarnings("ignore:.*weight_norm.*is deprecated")


def by_differences(model: nn.Module, loss_fn, data, step: float = 1e-5) -> Tensor:
    """The Hessian from central differences of torch's gradient; good to about 1e-9."""
    parameters, columns = list(model.parameters()), []

    def gradient() -> Tensor:
        slopes = torch.autograd.grad(loss_fn(model(data[0]), data[1]), parameters)
        return torch.cat([s.flatten() for s in slopes])

    for p in parameters:
        entries = p.data.view(-1)
        for i in range(p.numel()):
            before, ends = entries[i].item(), []
            for sign in (1, -1):
                entries[i] = before + sign * step
                ends.append(gradient())
            entries[i] = before
            columns.append((ends[0] - ends[1]) / (2 * step))
    return torch.stack(columns, 1)


def eye(hessian: Hessian) -> Tensor:
    return torch.eye(hessian.size, dtype=hessian.dtype)


@pytest.mark.parametrize("dim", [0, 1, None])
@pytest.mark.parametrize("kind", NORMS)
def test_weight_norm(kind: str, dim: int | None) -> None:
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), NORMS[kind](nn.Linear(4, 1), dim=dim)).double()
    data = torch.randn(9, 3).double(), torch.randn(9, 1).double()
    exact = by_differences(model, mse_loss, data)
    for method in ("graph", "reverse-over-reverse"):
        hessian = Hessian(model, mse_loss, data, method=method)
        torch.testing.assert_close(hessian @ eye(hessian), exact, rtol=1e-7, atol=1e-8)
    assert float(sharpness(model, mse_loss, data)) == pytest.approx(float(torch.linalg.eigvalsh(exact)[-1]), rel=1e-3)


@pytest.mark.parametrize("dim", [0, 1, 2, -1])
def test_weight_norm_written_out_is_the_same_function(dim: int) -> None:
    torch.manual_seed(0)
    v = torch.randn(3, 4, 2).double()
    g = torch.rand([n if axis == dim else 1 for axis, n in enumerate(v.shape)] if dim >= 0 else []).double()
    torch.testing.assert_close(weight_norm(v, g, dim), fused(v, g, dim))


@pytest.mark.parametrize("kind", NORMS)
def test_a_temporal_convolution_in_float32_is_within_its_bound(kind: str) -> None:
    torch.manual_seed(0)
    norm = NORMS[kind]
    model = nn.Sequential(
        norm(nn.Conv1d(2, 8, 3, padding=2)), nn.ReLU(), norm(nn.Conv1d(8, 8, 3, padding=2, dilation=2)), nn.ReLU(),
        nn.Flatten(), nn.LazyLinear(4),
    )  # fmt: skip
    data = torch.randn(40, 2, 12), torch.randint(0, 4, (40,))
    model(data[0])
    found = sharpness(model, cross_entropy, data)
    model.double()
    hessian = Hessian(model, cross_entropy, (data[0].double(), data[1]))
    exact = torch.linalg.eigvalsh(hessian @ eye(hessian))[-1]
    assert abs(float(found) - exact) <= found.bounds[0]


class Through(nn.Module):
    def __init__(self, function) -> None:
        super().__init__()
        self.line, self.function = nn.Linear(4, 3, dtype=torch.float64), function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self.line(x))


class Fused(nn.Module):
    """Weight norm by torch's own kernel."""

    def __init__(self) -> None:
        super().__init__()
        self.v, self.g = nn.Parameter(torch.randn(3, 4).double()), nn.Parameter(torch.rand(3, 1).double())

    def forward(self, x: Tensor) -> Tensor:
        return x @ fused(self.v, self.g).T


WRONG = {
    "detached": (lambda: nn.Sequential(nn.Linear(4, 4).double(), Through(lambda h: h * h.detach())), r"'1' \(Through\)"),
    "weight norm": (lambda: nn.Sequential(Fused(), nn.Tanh()), r"'0' \(Fused\) by WeightNormInterface"),
    "spectral norm": (
        lambda: nn.Sequential(nn.utils.parametrizations.spectral_norm(nn.Linear(4, 3).double()), nn.Tanh()),
        r"'0.*' \(.*SpectralNorm\)",
    ),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_second_derivative_is_found_and_named(kind: str, dtype: torch.dtype) -> None:
    make, name = WRONG[kind]
    torch.manual_seed(0)
    model, data = make().to(dtype), (torch.randn(9, 4, dtype=dtype), torch.randn(9, 3, dtype=dtype))
    with pytest.raises(InputError, match=f"those of the gradient.*in {name}") as caught:
        sharpness(model, mse_loss, data)
    assert "\n" not in str(caught.value)


def test_one_in_the_loss_is_found() -> None:
    model = nn.Linear(4, 3).double()
    weighted = lambda output, target: ((output - target).detach().abs() * (output - target) ** 2).mean()  # noqa: E731
    with pytest.raises(InputError, match="in the loss"):
        sharpness(model, weighted, (torch.randn(9, 4).double(), torch.randn(9, 3).double()))


def relu_net(zeros: bool) -> nn.Module:
    net = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 20), nn.ReLU())
    net = nn.Sequential(net, nn.Linear(20, 4))
    if zeros:
        with torch.no_grad():
            for name, p in net.named_parameters():
                p.mul_(0 if "bias" in name else 1)
    return net


@pytest.mark.parametrize("zeros", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_kinks_are_no_wrong_derivatives(dtype: torch.dtype, zeros: bool) -> None:
    """Not even at them: biases and pixels of 0 put a ReLU at its kink."""
    for seed in range(5):
        torch.manual_seed(seed)
        model, (inputs, targets) = relu_net(zeros).to(dtype), convolutional(seed, dtype, rows=60)[1]
        inputs[:, :, :3] = 0
        sharpness(model, cross_entropy, (inputs, targets), tolerance=0.1)


def test_where_nothing_curves_nothing_is_refuted() -> None:
    line, data = nn.Linear(4, 3).double(), (torch.randn(9, 4).double(), None)
    assert float(sharpness(line, lambda output, _: output.mean(), data)) == 0
    model = nn.Sequential(nn.Linear(4, 3), nn.Sigmoid())
    with torch.no_grad():
        model[0].weight.mul_(1e4)  # saturated to the last bit
    sharpness(model, lambda output, _: output.mean(), (data[0].float(), None))


def test_a_model_that_works_in_its_own_precision_only() -> None:
    """The difference quotients are then as coarse, and still find what is wrong."""
    constant = torch.randn(3, 3)
    model = Through(lambda h: (h @ constant).tanh()).float()
    data = torch.randn(9, 4), torch.randn(9, 3)
    exact = torch.linalg.eigvalsh(dense(model, mse_loss, data).double())[-1]
    assert float(sharpness(model, mse_loss, data)) == pytest.approx(float(exact), rel=1e-2)
    model = Through(lambda h: ((h @ constant) * h.detach()).tanh()).float()
    with pytest.raises(InputError, match="those of the gradient"):
        sharpness(model, mse_loss, data)


def test_numbers_that_are_parameters() -> None:
    """Of no axis."""

    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale, self.shift = nn.Parameter(torch.tensor(0.7).double()), nn.Parameter(torch.tensor([0.1]).double())

        def forward(self, x: Tensor) -> Tensor:
            return (self.scale * x + self.shift).tanh()

    model, data = Scaled(), (torch.randn(9, 3).double(), torch.randn(9, 3).double())
    hessian = Hessian(model, mse_loss, data)
    torch.testing.assert_close(hessian @ eye(hessian), dense(model, mse_loss, data))


def test_a_gradient_that_is_none_of_a_function() -> None:
    """Scaled by how often a row occurs: its second derivative is not symmetric."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Embedding(7, 3, scale_grad_by_freq=True), nn.Flatten(), nn.Linear(6, 3)).double()
    data = torch.randint(0, 3, (20, 2)), torch.randint(0, 3, (20,))
    with pytest.raises(InputError, match=r"those of the gradient.*in '0' \(Embedding\)"):
        sharpness(model, cross_entropy, data)


@pytest.mark.parametrize("chunk", [None, 4])
def test_losses_that_look_at_the_weights(chunk: int | None) -> None:
    """A penalty of the user's own is part of the function; one on weights that were put aside cannot be."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 3)).double()
    data, kept = (torch.randn(9, 4).double(), torch.randint(0, 3, (9,))), list(model.parameters())

    def penalised(output: Tensor, target: Tensor, weights=model.parameters) -> Tensor:
        return cross_entropy(output, target) + 0.1 * sum(p.square().sum() for p in weights())

    exact = by_differences(model, penalised, data)
    hessian = Hessian(model, penalised, data, chunk=chunk)
    torch.testing.assert_close(hessian @ eye(hessian), exact, rtol=1e-7, atol=1e-8)
    with pytest.raises(InputError, match=r"'0\.bias' kept from before"):
        sharpness(model, lambda output, target: penalised(output, target, lambda: kept), data, chunk=chunk)
