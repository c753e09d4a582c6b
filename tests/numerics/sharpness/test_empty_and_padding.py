"""What does not move, or is not there: rows of padding, and parameters without elements. And rows that are not alone."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, embedding
from torch.optim import SGD

from derive.errors import InputError
from numerics.monitor import StabilityMonitor
from numerics.sharpness import Hessian, layer_sharpness, sharpness
from tests.numerics.sharpness.models import classifier


def dense(model: nn.Module, inputs: Tensor, targets: Tensor, without: tuple[int, int]) -> Tensor:
    """By differences of the gradient; the first parameter's row of padding has none and is not moved."""
    parameters = list(model.parameters())
    sizes = [p.numel() for p in parameters]

    def gradient() -> Tensor:
        return torch.cat([g.flatten() for g in torch.autograd.grad(cross_entropy(model(inputs), targets), parameters)])

    columns = []
    for number in range(sum(sizes)):
        step = torch.zeros(sum(sizes), dtype=torch.float64)
        step[number] = 0.0 if without[0] <= number < without[1] else 1e-5
        slopes = []
        for sign in (1.0, -1.0):
            with torch.no_grad():
                for p, part in zip(parameters, step.split(sizes), strict=True):
                    p.add_(sign * part.view_as(p))
            slopes.append(gradient())
            with torch.no_grad():
                for p, part in zip(parameters, step.split(sizes), strict=True):
                    p.sub_(sign * part.view_as(p))
        columns.append((slopes[0] - slopes[1]) / 2e-5)
    return torch.stack(columns, 1)


class Functional(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(5, 3))

    def forward(self, x: Tensor) -> Tensor:
        return embedding(x, self.weight, padding_idx=1)


@pytest.mark.parametrize("made", [lambda: nn.Embedding(5, 3, padding_idx=1), Functional])
def test_padding_stays_where_it_is(made) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(made(), nn.Flatten(), nn.Linear(6, 3), nn.Tanh(), nn.Linear(3, 3)).double()
    inputs, targets = torch.randint(0, 5, (20, 2)), torch.randint(0, 3, (20,))
    assert bool((inputs == 1).any())
    hessian = Hessian(model, cross_entropy, (inputs, targets))
    exact = dense(model, inputs, targets, (3, 6))
    assert torch.allclose(hessian @ torch.eye(hessian.size, dtype=torch.float64), exact, atol=1e-8)


class Tied(nn.Module):
    """The row of padding is an output's, and moves."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(5, 3, padding_idx=1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.embedding(x)).sum(1) @ self.embedding.weight.T


def test_padding_that_moves_is_refused() -> None:
    torch.manual_seed(0)
    model = Tied().double()
    nn.init.normal_(model.embedding.weight)
    with pytest.raises(InputError, match="expected second derivatives that are those of the gradient"):
        sharpness(model, cross_entropy, (torch.randint(0, 5, (20, 2)), torch.randint(0, 5, (20,))))


class Normed(nn.Module):
    """A batch norm that is not torch's."""

    def forward(self, x: Tensor) -> Tensor:
        return (x - x.mean(0)) / x.std(0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("chunk", [1, 4])
def test_chunks_of_rows_that_are_coupled(chunk: int, dtype: torch.dtype) -> None:
    model, data = classifier(dtype=dtype)
    coupled = nn.Sequential(model[0], Normed(), *model[1:])
    if chunk > 1:
        with pytest.raises(InputError, match="output of a row depends on the rows beside it"):
            sharpness(coupled, cross_entropy, data, chunk=chunk)
    else:  # its standard deviation is that of one number
        with pytest.warns(UserWarning, match="degrees of freedom"), pytest.raises(InputError):
            sharpness(coupled, cross_entropy, data, chunk=chunk)
    whole = sharpness(model, cross_entropy, data, tolerance=1e-3)
    assert float(sharpness(model, cross_entropy, data, chunk=chunk)) == pytest.approx(float(whole), rel=1e-2)


class Hollow(nn.Module):
    def __init__(self, inside: nn.Module) -> None:
        super().__init__()
        self.inside, self.hollow = inside, nn.Parameter(torch.zeros(0, 3, dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        return self.inside(x) + self.hollow.sum()


def test_parameters_without_elements() -> None:
    model, data = classifier()
    hollow = Hollow(model)
    whole, layers = sharpness(model, cross_entropy, data), layer_sharpness(model, cross_entropy, data)
    assert float(sharpness(hollow, cross_entropy, data)) == pytest.approx(float(whole), rel=1e-2)
    assert list(layer_sharpness(hollow, cross_entropy, data)) == [f"inside.{name}" for name in layers]
    with pytest.raises(InputError, match="expected parameters with at least one element"):
        sharpness(hollow, cross_entropy, data, parameters=[hollow.hollow])
    optimizer = SGD(hollow.parameters(), 0.1)
    with StabilityMonitor(hollow, optimizer, cross_entropy, shadow=1.0, window=12, budget=100.0) as watching:
        for _ in range(14):
            optimizer.zero_grad()
            cross_entropy(hollow(data[0]), data[1]).backward()
            optimizer.step()
            watching.step(*data)
        results = watching.dataset()
    assert int(results.rel_l1.count()) >= 12
    assert not results.attrs["remarks"]
    assert float(watching.latest["normalised"]) > 0
