r"""Mini-batch sharpness: the curvature that a step of SGD meets, :math:`E[g^T H g / g^T g]` over batches.

g and H are those of a batch, so that it is larger, on average, than along the gradient of all data.

Source: Andreyev and Beneventano (2024), Edge of stochastic stability, for the quantity.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy.stats import t as student
from torch import Tensor, nn

from derive.errors import InputError
from numerics.sharpness.batches import leaves, mapped
from numerics.sharpness.hessian import Hessian
from numerics.sharpness.objective import BatchCoupledWarning, LossFn

FEWEST = 8
"""Batches before the interval may stop the sampling."""


class MinibatchSharpness(NamedTuple):
    """A mean over batches with its confidence interval.

    Attributes:
        value: mean of g^T H g / g^T g.
        interval: Student's t interval of the mean; it covers a little less than its confidence, as it decides when to stop.
        n: batches used; one product each.
        confidence: of the interval.
        samples: (n,) the quotients.
        converged: whether the interval's half width is within the tolerance.
    """

    value: float
    interval: tuple[float, float]
    n: int
    confidence: float
    samples: Tensor
    converged: bool


def minibatch_sharpness(
    model: nn.Module,
    loss_fn: LossFn,
    data: Any,
    batch: int | None = None,
    tolerance: float = 0.05,
    confidence: float = 0.95,
    parameters: Iterable[Tensor] | None = None,
    *,
    limit: int = 1000,
    method: str = "auto",
    seed: int = 0,
) -> MinibatchSharpness:
    """Average over batches until the mean is known well enough, or `limit` batches, or the data, are used up.

    Args:
        model: any module, in the mode that is meant; with batch norm in training mode its statistics are the batch's.
        loss_fn: (output, targets) -> scalar.
        data: (inputs, targets) to draw batches from, or an iterable of batches, which is used once.
        batch: rows of a batch drawn, without replacement within it; for data as a tuple only.
        tolerance: half width of the interval asked for, relative to the mean, > 0.
        confidence: of the interval, in (0, 1).
        parameters: those to differentiate by; all that require a gradient by default.
        limit: most batches, >= 2.
        method: of the products, see `Hessian`.
        seed: of the draw.

    Raises:
        InputError: as `Hessian`; fewer than two batches; options out of range; a gradient of 0.
    """
    if not (tolerance > 0 and 0 < confidence < 1 and limit >= 2):
        raise InputError(
            f"expected tolerance > 0, confidence in (0, 1), limit >= 2, got {tolerance!r}, {confidence!r}, {limit!r}"
        )
    chosen = None if parameters is None else list(parameters)
    values: list[float] = []
    for number, sample in enumerate(_batches(data, batch, seed)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", BatchCoupledWarning)  # here the batch is what is meant
            hessian = Hessian(model, loss_fn, sample, chosen, method=method, check=number == 0)
        values.append(_quotient(hessian))
        if len(values) >= limit or _known(values, tolerance, confidence):
            break
    if len(values) < 2:
        raise InputError(
            f"expected at least two batches for an interval, got {len(values)}; pass batch= or an iterable of batches"
        )
    mean, half = float(np.mean(values)), _half_width(values, confidence)
    samples = torch.tensor(values, dtype=torch.float64)
    return MinibatchSharpness(mean, (mean - half, mean + half), len(values), confidence, samples, half <= tolerance * abs(mean))


def _quotient(hessian: Hessian) -> float:
    slope = hessian.gradient()
    norm = slope.norm()
    if not float(norm) > 0:
        raise InputError(f"expected a gradient other than 0 to measure along, got one of norm {float(norm):g}")
    direction = slope / norm
    return float(direction @ (hessian @ direction))


def _known(values: list[float], tolerance: float, confidence: float) -> bool:
    return len(values) >= FEWEST and _half_width(values, confidence) <= tolerance * abs(float(np.mean(values)))


def _half_width(values: list[float], confidence: float) -> float:
    quantile = float(student.ppf((1 + confidence) / 2, len(values) - 1))
    return quantile * float(np.std(values, ddof=1)) / len(values) ** 0.5


def _batches(data: Any, batch: int | None, seed: int) -> Iterator[Any]:
    if batch is None:
        yield from [data] if isinstance(data, tuple) else data
        return
    if not isinstance(data, tuple) or len(data) != 2:
        raise InputError("expected data as (inputs, targets) to draw batches from, got an iterable; leave out batch=")
    rows = {len(tensor) for tensor in leaves(data) if tensor.ndim}
    if len(rows) != 1 or not 1 <= batch <= min(rows):
        raise InputError(f"expected a batch of 1 to {min(rows, default=0)} rows, as many of inputs and targets, got {batch!r}")
    generator = torch.Generator().manual_seed(seed)
    while True:
        drawn = torch.randperm(min(rows), generator=generator)[:batch]
        yield mapped(lambda tensor, drawn=drawn: tensor[drawn.to(tensor.device)], data)
