"""A signal and an image to be denoised by the Beltrami flow, shared by Fig 2's panels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from derive import theorem
from numerics.pdes.flows import beltrami
from numerics.pdes.simulate import Flow

LEVELS = (0.0, 5.0, 2.0, 0.0)
"""Of the signal's steps; after them it rises along a ramp, and falls back."""


@dataclass(frozen=True)
class BeltramiSetting:
    """Points of the signal, side of the image, weight of the data, epsilon, standard deviation of the noise, its seed.

    The paper's own are lost. Grid spacing 1; no flux through the rim; float64.
    """

    points: int = 200
    side: int = 64
    fidelity: float = 1.0
    epsilon: float = 0.01
    noise: float = 0.5
    seed: int = 0

    def image(self, dims: int, device: str = "cpu") -> Tensor:
        """The noisy f: (points,) or (side, side)."""
        clean = _signal(self.points) if dims == 1 else _cartoon(self.side)
        noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(self.seed), dtype=torch.float64)
        return (clean + self.noise * noise).to(device)

    def flow(self, dims: int, device: str = "cpu", epsilon: float | None = None) -> Flow:
        """The Beltrami flow of that image."""
        return beltrami(self.image(dims, device), self.fidelity, epsilon or self.epsilon, dims=dims)

    def worst_step(self, dims: int, epsilon: float | None = None) -> float:
        """The worst-case stable step, derived."""
        return self._derived("eq-4", "largest_step", dims, epsilon=epsilon or self.epsilon, fidelity=self.fidelity)

    def blowup_multiple(self, dims: int, epsilon: float | None = None) -> float:
        """The multiple of it from which a run blows up, derived."""
        return self._derived("beltrami", "blowup_multiple", dims, epsilon=epsilon or self.epsilon, fidelity=self.fidelity)

    def residual(self, dims: int, multiple: float) -> float:
        """Amplitude of the chequered oscillation on flat ground at a multiple of the worst-case step, derived."""
        lr = multiple * self.worst_step(dims)
        return self._derived("beltrami", "residual", dims, epsilon=self.epsilon, fidelity=self.fidelity, lr=lr)

    @staticmethod
    def _derived(key: str, name: str, dims: int, **values: float) -> float:
        suffix = "" if dims == 1 else "_2d"
        return float(theorem(key).function("numpy", name + suffix)(dx=1.0, **values))


def critical_product(multiple: float, dims: int = 1) -> float:
    """The value of lambda epsilon dx^2 above which a multiple of the worst-case step blows up, derived."""
    suffix = "" if dims == 1 else "_2d"
    return float(theorem("beltrami").function("numpy", f"critical_product{suffix}")(multiple=multiple))


def _signal(points: int) -> Tensor:
    """Four steps, a ramp from 0 to 6, and 0 again."""
    x = np.arange(points) / points
    ramp = 6 * np.clip((x - 0.6) / 0.2, 0, 1) * (x < 0.8)
    steps = np.select([x < 0.2, x < 0.45, x < 0.6], LEVELS[:3], LEVELS[3])
    return torch.as_tensor(steps + ramp)


def _cartoon(side: int) -> Tensor:
    """A rectangle of height 5 and a disc of height 3 on a gentle slope."""
    y, x = np.mgrid[:side, :side] / side
    picture = 1.0 * x
    picture[(y > 0.15) & (y < 0.5) & (x > 0.12) & (x < 0.55)] = 5
    picture[(y - 0.68) ** 2 + (x - 0.66) ** 2 < 0.19**2] = 3
    return torch.as_tensor(picture)
