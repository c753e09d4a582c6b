"""Models whose Hessians are known, and slow references for the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

Data = tuple[Tensor, Tensor]


class Quadratic(nn.Module):
    """Loss w.A w / 2 at a random w: the Hessian is A."""

    def __init__(self, matrix: Tensor) -> None:
        super().__init__()
        self.register_buffer("matrix", matrix)
        self.w = nn.Parameter(
            torch.randn(len(matrix), dtype=matrix.dtype, generator=torch.Generator().manual_seed(9)).to(matrix)
        )

    def forward(self, inputs: Tensor) -> Tensor:
        return self.w @ self.matrix @ self.w / 2 + 0 * inputs.mean()


def itself(output: Tensor, target: Tensor) -> Tensor:
    """The loss of a model that gives it."""
    return output


def one_row(device: Any = "cpu", dtype: torch.dtype = torch.float64) -> Data:
    return torch.zeros(1, 1, dtype=dtype, device=device), torch.zeros(1, dtype=dtype, device=device)


def quadratic(eigenvalues: list[float] | Tensor, seed: int = 0, dtype: torch.dtype = torch.float64) -> Quadratic:
    """In a random basis."""
    values = torch.as_tensor(eigenvalues, dtype=torch.float64)
    generator = torch.Generator().manual_seed(seed)
    basis = torch.linalg.qr(torch.randn(len(values), len(values), dtype=torch.float64, generator=generator))[0]
    matrix = basis @ torch.diag(values) @ basis.T
    return Quadratic(((matrix + matrix.T) / 2).to(dtype))


def classifier(
    seed: int = 0, dtype: torch.dtype = torch.float64, rows: int = 30, device: Any = "cpu"
) -> tuple[nn.Module, Data]:
    """A small smooth net with 3 classes."""
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3)).to(device=device, dtype=dtype)
    inputs = torch.randn(rows, 4, generator=generator, dtype=torch.float64).to(device=device, dtype=dtype)
    return model, (inputs, torch.randint(0, 3, (rows,), generator=generator).to(device))


def convolutional(
    seed: int = 0, dtype: torch.dtype = torch.float64, rows: int = 10, device: Any = "cpu"
) -> tuple[nn.Module, Data]:
    """With kinks, pooling and tied weights."""
    torch.manual_seed(seed)
    first = nn.Conv2d(1, 3, 3, padding=1)
    model = nn.Sequential(first, nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(27, 4)).to(device=device, dtype=dtype)
    inputs = torch.randn(rows, 1, 6, 6, dtype=torch.float64).to(device=device, dtype=dtype)
    return model, (inputs, torch.randint(0, 4, (rows,)).to(device))


def dense(model: nn.Module, loss_fn: Callable[..., Tensor], data: Data) -> Tensor:
    """The Hessian, written out by reverse over reverse on one flat vector: independent of the package."""
    names, shapes = zip(*((name, p.shape) for name, p in model.named_parameters() if p.requires_grad), strict=True)

    def loss(vector: Tensor) -> Tensor:
        parts = vector.split([shape.numel() for shape in shapes])
        swapped = {name: part.view(shape) for name, part, shape in zip(names, parts, shapes, strict=True)}
        return loss_fn(functional_call(model, swapped, (data[0],)), data[1])

    start = torch.cat([p.detach().flatten() for p in model.parameters() if p.requires_grad])
    return torch.autograd.functional.hessian(loss, start)
