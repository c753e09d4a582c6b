"""The checkerboard setting of the nonlinear PDE, shared by Fig 5 and the phase diagram."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from numerics.pdes.active_mode import ModeEdge, checkerboard, mode_parameters, restrained_edge
from numerics.pdes.correlation import Correlation


@dataclass(frozen=True)
class NonlinearSetting:
    """Image and kernel size, parameters of the network, the seed of the initial kernel N(0, 1)."""

    image: int = 256
    kernel: int = 32
    beta: float = 1.0
    y: float = 1.0
    seed: int = 0

    def correlation(self, device: str) -> Correlation:
        """The operator on the checkerboard: boundary "valid", mean pooling, float64."""
        return Correlation(checkerboard(self.image).to(device), self.kernel, pooling="mean")

    def start(self, device: str) -> Tensor:
        """The initial kernel."""
        generator = torch.Generator().manual_seed(self.seed)
        return torch.randn(self.kernel, self.kernel, generator=generator, dtype=torch.float64).to(device)

    def edge(self, alpha: float) -> ModeEdge:
        """Predicted edges, from the mode the initial kernel excites."""
        amplitude = float((self.start("cpu") * checkerboard(self.kernel)).sum())
        return restrained_edge(alpha, self.beta, self.y, **mode_parameters(self.correlation("cpu")), start=amplitude)
