"""After Eq 9: descent of the weights of indicator functions is Eq 8 at their centres, up to the cell's area and O(h^2)."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor

import derive
from derive import theorem
from derive.paper.claim import Verdict
from paper_checks.claims import PRINTED

CLAIM = "indicators"
POINTS, CELLS = 90, (15, 9, 5, 3)  # fine grid on the unit square; sides of cells, odd, so that a centre is a point
LABEL, DECAY, BETA = 1.0, 0.3, 1.5


def fields() -> tuple[Tensor, Tensor]:
    """A smooth periodic kernel and image."""
    at = torch.arange(POINTS, dtype=torch.float64) / POINTS
    s, c = torch.sin(2 * np.pi * at), torch.cos(2 * np.pi * at)
    return s[:, None] * c + 0.5 * c[:, None] + 0.2 * s, 1 + c[:, None] * s + 0.7 * s[:, None] ** 2 + c


def correlate(kernel: Tensor, image: Tensor) -> Tensor:
    """Periodic correlation on the unit square."""
    return torch.fft.ifft2(torch.fft.fft2(kernel).conj() * torch.fft.fft2(image)).real / POINTS**2


def loss(kernel: Tensor, image: Tensor) -> Tensor:
    """Eq 7 with integrals over the unit square, by torch's own functions."""
    u = correlate(kernel, image)
    logit = (u * torch.sigmoid(BETA * u)).mean()
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(logit, torch.tensor(LABEL, dtype=torch.float64))
    return entropy + DECAY / 2 * (kernel**2).mean()


def flow() -> Tensor:
    """The right-hand side of Eq 8 on the fine grid, generated."""
    kernel, image = fields()
    return derive.flow("5.1")(
        kernel, correlate=lambda k: correlate(k, image), adjoint=lambda phi: correlate(phi, image), integral=lambda phi: phi.mean(),
        y=LABEL, alpha=DECAY, beta=BETA,
    )  # fmt: skip


def rates(side: int) -> Tensor:
    """Gradient descent of the weights of cells, by automatic differentiation, about the same kernel."""
    kernel, image = fields()
    weights = torch.zeros(POINTS // side, POINTS // side, dtype=torch.float64, requires_grad=True)
    spread = weights.repeat_interleave(side, 0).repeat_interleave(side, 1)
    return -torch.autograd.grad(loss(kernel + spread, image), weights)[0]


def area(side: int) -> float:
    """Of a cell."""
    return (side / POINTS) ** 2


def off_the_mean(side: int) -> float:
    """Rates over the area against the means of the flow over cells, relative."""
    means = flow().reshape(POINTS // side, side, -1, side).mean((1, 3))
    return float((rates(side) / area(side) - means).norm() / means.norm())


@cache
def off_the_centre(side: int) -> float:
    """The same against the flow at the centres."""
    centres = flow()[side // 2 :: side, side // 2 :: side]
    return float((rates(side) / area(side) - centres).norm() / centres.norm())


def order() -> float:
    """Power of h that the difference from the centre falls with; a cell of one point has none."""
    sides = np.sqrt(np.array(CELLS) ** 2 - 1.0)  # mean of squares over a row of points, in place of the integral's h^2/12
    return float(np.polyfit(np.log(sides), np.log([off_the_centre(side) for side in CELLS]), 1)[0])


def holds() -> bool:
    """Area times mean, exactly; the centre to second order; and at a single point the flow itself."""
    return max(map(off_the_mean, CELLS)) < 1e-10 and abs(order() - 2) < 0.1 and off_the_centre(1) < 1e-10


def verdict() -> Verdict:
    """The mean, the order at the centre, and the area."""
    return Verdict(
        CLAIM, "agrees" if holds() else "erratum", PRINTED[CLAIM].latex, theorem(CLAIM).latex(),
        f"A smooth kernel and image on {POINTS}^2 points of the periodic unit square, float64: by automatic differentiation the rate of a weight is the cell's area times the mean of Eq 8 over "
        f"the cell, to {max(map(off_the_mean, CELLS)):.0e}; at the centre it differs by {off_the_centre(CELLS[0]):.1e} for cells of {CELLS[0]} points a side and {off_the_centre(CELLS[-1]):.1e} for {CELLS[-1]}, "
        f"order {order():.2f} in h. The remark is silent of the area: with pixels of area 1 it is 1; as the resolution increases the weights need a step 1/h^2 as large "
        "(or an inner product that counts areas) to follow the PDE.",
        "python -m derive show indicators --steps; pytest paper_checks/test_indicators.py",
    )  # fmt: skip


def test_rate_of_a_weight_is_area_times_mean() -> None:
    assert max(map(off_the_mean, CELLS)) < 1e-10


def test_centre_to_second_order() -> None:
    assert abs(order() - 2) < 0.1


def test_discrete_gradient_is_the_continuum_one_at_the_points() -> None:
    assert off_the_centre(1) < 1e-10


def test_without_the_area_the_rate_would_be_another() -> None:
    """Negative control."""
    assert float((rates(9) - flow()[4::9, 4::9]).norm() / flow().norm()) > 0.05
