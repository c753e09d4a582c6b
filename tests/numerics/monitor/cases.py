"""Small trainings, and a dense oracle of the normalised sharpness that shares no code with the monitor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer


def data(samples: int = 24, features: int = 6, classes: int = 3, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(samples, features, generator=generator, dtype=dtype)
    return inputs, torch.randint(classes, (samples,), generator=generator)


def net(*extra: nn.Module, dtype: torch.dtype = torch.float64) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), *extra, nn.Linear(5, 3)).to(dtype)


def train(model: nn.Module, optimizer: Optimizer, steps: int, after: Callable[[Tensor, Tensor], Any], **kwargs) -> None:
    device = next(model.parameters()).device
    inputs, targets = (part.to(device) for part in data(**kwargs))
    for _ in range(steps):
        optimizer.zero_grad()
        cross_entropy(model(inputs), targets).backward()
        optimizer.step()
        after(inputs, targets)


def dense_hessian(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    parameters = list(model.parameters())
    gradients = torch.autograd.grad(cross_entropy(model(inputs), targets), parameters, create_graph=True)
    flat = torch.cat([g.flatten() for g in gradients])
    rows = [torch.autograd.grad(g, parameters, retain_graph=True) for g in flat]
    return torch.stack([torch.cat([part.flatten() for part in row]) for row in rows])


def normalised(hessian: Tensor, scale: Tensor, decay: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues of S^-1/2 (H + W) S^-1/2, ascending, and eigenvectors."""
    root = scale.rsqrt()
    return torch.linalg.eigh(root[:, None] * (hessian + decay.diag()) * root)
