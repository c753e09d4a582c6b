"""A step of the nonlinear PDE against the same step by torch's convolution and autograd, and in a batch.

256x256 image, 32x32 kernel, float64, mean pooling over the valid outputs: the setting of Fig 5.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, conv2d

from experiments.benchmarks.timing import Result, best_seconds, seconds, threads
from numerics.pdes.active_mode import checkerboard
from numerics.pdes.correlation import Correlation
from numerics.pdes.flows import nonlinear
from numerics.pdes.simulate import simulate

ALPHA, BETA, LABEL, LR = 20.0, 1.0, 1.0, 0.02
IMAGE, KERNEL, BATCH, COMPARED = 256, 32, 32, 20


def by_convolution(kernel: Tensor, image: Tensor) -> Tensor:
    """Minus the gradient of the loss of Eq 7, the way one would write it down without this package."""
    kernel = kernel.detach().clone().requires_grad_()
    response = conv2d(image[None, None], kernel[None, None])
    logit = (response * torch.sigmoid(BETA * response)).mean()
    loss = binary_cross_entropy_with_logits(logit, torch.full_like(logit, LABEL)) + ALPHA / 2 * (kernel**2).sum()
    return -torch.autograd.grad(loss, kernel)[0]


def run() -> list[Result]:
    """Speed, agreement over the first steps, cost in a batch."""
    image = checkerboard(IMAGE)
    correlation = Correlation(image, KERNEL, pooling="mean")
    flow = nonlinear(correlation, ALPHA, BETA, LABEL)
    start = torch.randn(KERNEL, KERNEL, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    ours = best_seconds(lambda: flow(start), 200)
    theirs = best_seconds(lambda: by_convolution(start, image), 5)
    lrs = torch.linspace(0.01, 0.03, BATCH, dtype=torch.float64)[:, None, None]
    member = _per_step(flow, start, lrs) / BATCH
    return [
        Result("PDE step: times faster than conv2d + autograd", theirs / ours, "x", 150, True, _floor(correlation, ours)),
        Result("PDE step: distance over 20 steps", _distance(flow, start, image), "relative", 1e-9, False, "rounding"),
        Result("PDE step: member of a batch of 32 / alone", member / _per_step(flow, start, LR), "x", 1.5, False, "1"),
    ]


def _per_step(flow, start: Tensor, lr) -> float:
    steps = 10
    return seconds(lambda: simulate(flow, start, lr, steps), 7) / steps


def _floor(correlation: Correlation, ours: float) -> str:
    """Time of the four transforms that a step cannot do without, unpruned, as torch does them at best."""
    frequencies = torch.fft.rfft2(correlation.image)
    with threads(1):
        forth = seconds(lambda: torch.fft.rfft2(correlation.image), 200)
        back = seconds(lambda: torch.fft.irfft2(frequencies), 200)
    return f"{ours * 1e3:.2f} ms, of which two pairs of 2-D transforms alone take {2e3 * (forth + back):.2f} ms"


def _distance(flow, start: Tensor, image: Tensor) -> float:
    """Largest relative distance of two trajectories along their first steps."""
    path = {"state": lambda state, _: state}
    ours = simulate(flow, start, LR, COMPARED, observe=path).records["state"]
    theirs = simulate(lambda k: by_convolution(k, image), start, LR, COMPARED, observe=path).records["state"]
    norm = torch.linalg.vector_norm
    return float((norm(ours - theirs, dim=(-2, -1)) / norm(theirs, dim=(-2, -1))).max())
