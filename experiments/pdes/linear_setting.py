"""The checkerboard setting of the linear PDE, shared by Fig 4 and Tab 2."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from derive import theorem
from numerics.pdes.active_mode import checkerboard
from numerics.pdes.correlation import Correlation


@dataclass(frozen=True)
class LinearSetting:
    """Image size, parameters of the linear PDE, and the seed of the initial kernel."""

    image: int = 256
    a: float = -0.5
    beta: float = 1.0
    lr: float = 1e-8
    seed: int = 0

    def correlation(self, kernel: int, device: str) -> Correlation:
        """The operator on the checkerboard, boundary "valid", sum pooling, float64."""
        return Correlation(checkerboard(self.image).to(device), kernel)

    def start(self, kernel: int, device: str) -> Tensor:
        """A kernel with independent standard normal entries."""
        generator = torch.Generator().manual_seed(self.seed)
        return torch.randn(kernel, kernel, generator=generator, dtype=torch.float64).to(device)

    def limit_bounds(self) -> tuple[float, float]:
        """(alpha_min, alpha_max) of Thm 5.4 without a window, with the exact extremes of |Ihat|^2 on the grid."""
        power = torch.fft.fft2(checkerboard(self.image)).abs() ** 2
        bounds = theorem("5.4").function("numpy", "alpha_bounds")
        extremes = {"power_min": float(power.min()), "power_max": float(power.max())}
        low, high = bounds(a=self.a, beta=self.beta, lr=self.lr, **extremes)
        return float(low), float(high)
