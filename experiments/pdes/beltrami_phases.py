"""Stable, restrained, unstable in the plane of multiple and lambda epsilon dx^2, with the theory's lines.

In units of epsilon dx for the image and of epsilon dx^2 for time this one number, beside f, is all that the flow depends on.
Here epsilon varies, in one dimension.

Source: explains Fig 2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from experiments.pdes.beltrami_setting import BeltramiSetting
from experiments.running.progress import Report, part
from numerics.pdes.simulate import Flow, simulate
from numerics.pdes.verdict import NAMES, RESTRAINED, STABLE, UNSTABLE, motion_observers, verdict_codes


@dataclass(frozen=True)
class PhaseConfig:
    """Points of the signal, ranges (least, greatest, number) of lambda epsilon dx^2 and of the multiple; length of the runs.

    A run lasts until the slowest decay, exp(-lambda t), of the smallest step has come to exp(-decay).
    """

    points: int = 64
    products: tuple[float, float, int] = (1e-3, 1.0, 16)
    multiples: tuple[float, float, int] = (0.7, 3000, 32)
    decay: float = 15


def phases(setting: BeltramiSetting, config: PhaseConfig, device: str, report: Report) -> xr.Dataset:
    """Verdicts row by row, and per row the edge at the minimiser and the blow-up."""
    signal = replace(setting, points=config.points)
    products, multiples = np.geomspace(*config.products), np.geomspace(*config.multiples)
    rows = []
    for i, product in enumerate(products):
        rows.append(_row(signal, product / setting.fidelity, multiples, config.decay, device, part(report, i, len(products))))
    edges = np.array([edge for _, edge in rows])
    blowups = np.array([signal.blowup_multiple(1, product / setting.fidelity) for product in products])
    return xr.Dataset(
        {
            "simulated": (("product", "phase_multiple"), np.stack([codes for codes, _ in rows]), {"meaning": _MEANING}),
            "predicted": (("product", "phase_multiple"), _predicted(multiples, edges, blowups), {"meaning": _MEANING}),
            "edge_at_minimiser": (("product",), edges, {"units": "1"}),
            "blowup": (("product",), blowups, {"units": "1"}),
        },
        {"product": ("product", products, {"units": "1"}), "phase_multiple": ("phase_multiple", multiples, {"units": "1"})},
    )


_MEANING = ", ".join(f"{i} {n}" for i, n in enumerate(NAMES))


def _row(
    setting: BeltramiSetting, epsilon: float, multiples: np.ndarray, decay: float, device: str, report: Report
) -> tuple[np.ndarray, float]:
    """Verdicts at one epsilon, and the multiple at which its minimiser turns unstable."""
    worst, image = setting.worst_step(1, epsilon), setting.image(1, device)
    flow = setting.flow(1, device, epsilon)
    lrs = torch.as_tensor(multiples * worst, device=device)[:, None]
    steps = ceil(decay / (setting.fidelity * float(lrs[0])))
    path = simulate(flow, image.expand(len(multiples), -1), lrs, steps, observe=motion_observers(1), progress=report)
    return verdict_codes(path.records).cpu().numpy(), 2 / _sharpness(flow, path.final[0]) / worst


def _sharpness(flow: Flow, state: Tensor) -> float:
    """Greatest eigenvalue of the loss's Hessian, dense."""
    jacobian = torch.autograd.functional.jacobian(flow, state)
    return float(-torch.linalg.eigvalsh(jacobian).min())


def _predicted(multiples: np.ndarray, edges: np.ndarray, blowups: np.ndarray) -> np.ndarray:
    codes = np.where(multiples[None] > edges[:, None], RESTRAINED, STABLE)
    return np.where(multiples[None] >= blowups[:, None], UNSTABLE, codes)
