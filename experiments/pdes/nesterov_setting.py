"""The checkerboard setting of the linear PDE under Nesterov's scheme, shared by Fig 11 and Tab 9."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from derive import theorem
from derive.fields.symbols import a, beta, lr, power_max, power_min
from derive.paper.claim import claims
from experiments.pdes.linear_setting import LinearSetting
from numerics.pdes.active_mode import checkerboard
from numerics.pdes.nesterov import TorchParameters, damping_for, torch_parameters
from numerics.pdes.spectrum import Bounds, windowed_bounds


@dataclass(frozen=True)
class NesterovSetting(LinearSetting):
    """As for Fig 4, with the time step of Nesterov's flow for `lr` and its momentum coefficient (2 - d dt)/(2 + d dt)."""

    lr: float = 1e-4
    momentum: float = 0.9

    @property
    def damping(self) -> float:
        """The damping d that gives the momentum coefficient."""
        return damping_for(self.lr, self.momentum)

    @property
    def torch(self) -> TorchParameters:
        """The (lr, momentum) of torch that run the same scheme; its lr is 2 dt^2/(2 + d dt), not dt."""
        return torch_parameters(self.lr, self.damping)

    def bounds(self, kernel: int) -> Bounds:
        """From the spectrum of the windowed operator."""
        image = checkerboard(self.image)
        return windowed_bounds(image, kernel, self.a, self.beta, self.torch.lr, momentum=self.torch.momentum)

    def limit_bounds(self) -> tuple[float, float]:
        """(alpha_min, alpha_max) of Thm 5.6 as derived, without a window."""
        bounds = theorem("5.6").function("numpy", "alpha_bounds")
        low, high = bounds(a=self.a, beta=self.beta, lr=self.lr, damping=self.damping, **self._extremes())
        return float(low), float(high)

    def printed_bounds(self) -> tuple[float, float] | None:
        """(alpha_min, alpha_max) of Thm 5.6 as printed, where the print is registered."""
        printed = claims().get("5.6")
        if printed is None:
            return None
        ends = self._extremes()
        values = {a: self.a, beta: self.beta, lr: self.lr, power_min: ends["power_min"], power_max: ends["power_max"]}
        low, high = (float(printed.values[side].subs(values)) for side in ("alpha_min", "alpha_max"))
        return low, high

    def _extremes(self) -> dict[str, float]:
        power = torch.fft.fft2(checkerboard(self.image)).abs() ** 2
        return {"power_min": float(power.min()), "power_max": float(power.max())}
