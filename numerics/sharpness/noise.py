r"""Curvature along one direction from batch to batch: its mean and its deviation, with their errors.

For a unit vector v, as the top vector that a measurement has left, and batches b that it was not made from,

.. math:: a_b = v^T S^{-1/2} H_b S^{-1/2} v, \qquad h = \frac{\sum w_b a_b}{\sum w_b}, \qquad
    s^2 = \frac{\sum w_b (a_b - h)^2}{n-1}

at one product a batch. The deviation is that of a single step's batch, of as many rows as the largest has: w_b is b's share of
these. Where a batch's curvature is a mean over independent rows its variance goes like 1 / rows, and h and s^2 are unbiased
for any sizes, the smaller last batch of an epoch too; where rows share something (batch norm in training, a mean over tokens)
that is so for batches of one size alone. s itself is the root of an unbiased number: about 1 / (4 n) too low.

Batches of an epoch are drawn without replacement. Each deviates a little less, and any two of them a little apart (covariance
-var / N for N rows); in the sum over (a_b - h)^2 both cancel, and s^2 is that of batches drawn independently.

What a batch moves out of the direction is told beside, as `across`: the part of S^-1/2 H_b S^-1/2 v at right angles to v.

A batch that v was found on does not belong to the batches: there v is the direction that curves most, by chance too.

Source: Cochran, Sampling Techniques (1977), for samples without replacement; Efron, The jackknife (1982).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor, nn

from derive.errors import InputError
from numerics.sharpness.hessian import Hessian
from numerics.sharpness.measure import scaled
from numerics.sharpness.objective import LossFn

FEWEST = 3
"""Batches, so that the deviation without one of them is there too."""


class CurvatureNoise(NamedTuple):
    """Curvature along a direction, over batches.

    Attributes:
        mean: h; of which sign it may be.
        deviation: s, of a batch of `rows` rows.
        mean_error: standard error of h, s / sqrt(n) where batches are of one size.
        deviation_error: standard error of s: by the jackknife, and no less than a Gaussian's s / sqrt(2 (n - 1)). Tails heavier
            than the batches show make it larger.
        across: deviation of S^-1/2 H_b S^-1/2 v at right angles to v, a norm: what a batch moves into other modes.
        across_error: standard error of it, as of a vector whose mean is small beside it.
        rows: of the largest batch.
        samples: (n,) float64, a_b.
        weights: (n,) rows of each batch over `rows`.
    """

    mean: float
    deviation: float
    mean_error: float
    deviation_error: float
    across: float
    across_error: float
    rows: int
    samples: np.ndarray
    weights: np.ndarray

    @property
    def n(self) -> int:
        """Batches; one product each."""
        return len(self.samples)

    @property
    def total(self) -> float:
        """Deviation of S^-1/2 H_b S^-1/2 v as a vector: along and across."""
        return float(np.hypot(self.deviation, self.across))

    @property
    def total_error(self) -> float:
        """Standard error of `total`, to first order in those of its two parts; 0 where there is no noise."""
        if not self.total > 0:
            return 0.0
        return float(np.hypot(self.deviation * self.deviation_error, self.across * self.across_error)) / self.total

    @property
    def without(self) -> list[tuple[float, float]]:
        """(h, s) without the first batch, the second, ...: what the jackknife asks for."""
        masks = ~np.eye(self.n, dtype=bool)
        return [_moments(self.samples[mask], self.weights[mask]) for mask in masks]


def curvature_noise(
    model: nn.Module,
    loss_fn: LossFn,
    batches: Iterable[Any],
    vector: Tensor,
    preconditioner: Iterable[Tensor] | None = None,
    parameters: Iterable[Tensor] | None = None,
    *,
    method: str = "auto",
    limit: int = 64,
) -> CurvatureNoise:
    """Along a vector, a product for each batch.

    Args:
        model: any module, in the mode that is meant.
        loss_fn: (output, targets) -> scalar, the mean over the rows.
        batches: (inputs, targets) each, drawn as the training draws them; none that the vector comes from.
        vector: (n,), as in `Spectrum.vectors`; only its direction counts.
        preconditioner: diagonal of S, > 0, one tensor per parameter, as for `sharpness`.
        parameters: those to differentiate by; all that require a gradient by default.
        method: of the products, see `Hessian`.
        limit: most batches, the first ones.

    Raises:
        InputError: fewer than three batches; a vector or preconditioner that does not fit; as `Hessian`.
    """
    chosen = None if parameters is None else list(parameters)
    scales = None if preconditioner is None else list(preconditioner)
    seen = Products()
    for number, batch in enumerate(islice(_several(batches), limit)):
        hessian = Hessian(model, loss_fn, [batch], chosen, method=method, check=not number)
        unit = _unit(vector, hessian)
        seen.add(unit, scaled(hessian, scales)(unit[None])[0], hessian.data_rows)
    return seen.noise()


class Products:
    """Products of a direction with the Hessians of batches, as far as the noise needs them: two vectors' worth of memory."""

    def __init__(self) -> None:
        self.samples: list[float] = []
        self.rows: list[int] = []
        self.squares: list[float] = []
        self.total: Tensor | None = None

    def add(self, unit: Tensor, product: Tensor, rows: int) -> None:
        """S^-1/2 H_b S^-1/2 v of a unit vector v, of a batch of so many rows."""
        product = product.double()
        self.samples.append(float(unit.double() @ product))
        self.rows.append(rows)
        self.squares.append(float(product @ product))
        self.total = rows * product if self.total is None else self.total + rows * product

    def noise(self) -> CurvatureNoise:
        """Of all so far.

        Raises:
            InputError: fewer than three.
        """
        along = noise_of(self.samples, self.rows)
        assert self.total is not None
        squares = np.asarray(self.squares)
        spread = (squares @ self.rows - float(self.total @ self.total) / sum(self.rows)) / along.rows / (along.n - 1)
        across = float(np.sqrt(max(spread - along.deviation**2, 0.0)))
        sides = along.weights * (squares - along.samples**2)
        relative = float(np.std(sides, ddof=1) / np.mean(sides)) / along.n**0.5 if np.mean(sides) > 0 else 0.0
        return along._replace(across=across, across_error=across * relative / 2)


def noise_of(samples: Sequence[float], rows: Sequence[int]) -> CurvatureNoise:
    """From curvatures of batches of so many rows, as if they moved nothing across.

    Args:
        samples: a curvature per batch.
        rows: of each batch, in the same order.

    Raises:
        InputError: fewer than three.
    """
    if len(samples) < FEWEST:
        raise InputError(f"expected at least {FEWEST} batches to measure a deviation over, got {len(samples)}")
    values, sizes = np.asarray(samples, dtype=float), np.asarray(rows, dtype=float)
    weights = sizes / sizes.max()
    mean, deviation = _moments(values, weights)
    noise = CurvatureNoise(mean, deviation, deviation / weights.sum() ** 0.5, 0.0, 0.0, 0.0, int(sizes.max()), values, weights)
    gaussian = deviation / (2 * (noise.n - 1)) ** 0.5
    return noise._replace(deviation_error=max(gaussian, jackknife([s for _, s in noise.without])))


def jackknife(without: Sequence[float]) -> float:
    """Standard error of an estimate, from what it is without each of the samples."""
    return float(np.sqrt((len(without) - 1) * np.var(without)))


def _moments(samples: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    mean = float(np.average(samples, weights=weights))
    return mean, float(np.sqrt((weights * (samples - mean) ** 2).sum() / (len(samples) - 1)))


def _several(batches: Any) -> Iterable[Any]:
    """A tuple of two is one batch, as everywhere."""
    if isinstance(batches, Tensor | str | tuple) or not isinstance(batches, Iterable):
        raise InputError(f"expected an iterable of batches (inputs, targets), got {type(batches).__name__}; put them in a list")
    return batches


def _unit(vector: Tensor, hessian: Hessian) -> Tensor:
    if not isinstance(vector, Tensor) or vector.shape != (hessian.size,) or not 0 < float(vector.norm()) < float("inf"):
        got = tuple(vector.shape) if isinstance(vector, Tensor) else type(vector).__name__
        raise InputError(f"expected a direction of {hessian.size} finite numbers, not all 0, got {got}")
    return (vector / vector.norm()).to(hessian.device, hessian.dtype)
