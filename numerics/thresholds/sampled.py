r"""The mean-square edge of a live optimiser: how far it is where each step's batch has a curvature of its own.

Along a direction x = S^-1/2 u a batch's normalised curvature is drawn with mean h and deviation s (`numerics.sharpness.noise`),
1 being the noise-free edge. In the recurrence's own unit these are c h and c s with c the largest stable curvature, and

    mean-square sharpness = h / (largest h that is stable in mean square, at the same s / h)

which is 1 at its edge, h without noise, and of degree one in (h, s): its logarithm has the derivatives 1 - e by log h and e by
log s, of which one more evaluation tells e. From these, and what h and s are without each of the batches, come the errors.

What joins the gradient as coupled weight decay is in every batch the same: it belongs to h.

What one scalar neglects: modes share their batches, and noise takes a mode's energy into others. `coupled` counts what leaves
the direction into the deviation, as the trace of second moments has it where all modes curve and deviate as this one does: then
it is exact. Modes are flatter than the top one, and give less of it back, mostly: the edge of a network is expected between the
two, and neither is a bound that is proven.
With s = h that of heavy ball is lr h = 1 - momentum^2, not 2 (1 - momentum), to which it tends as momentum does to 1.

Source: `derive.mean_square_edge`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import exp, inf, log, nan
from typing import NamedTuple

import numpy as np
from scipy.stats import t as student

from derive import mean_square_edge, optimizers
from derive.errors import InputError
from derive.schemes.grid import GridScheme
from numerics.sharpness.noise import CurvatureNoise, jackknife
from numerics.thresholds.threshold import Threshold

CONFIDENCE = 0.95
STEP = 1e-3
"""Relative change of s that tells the derivative by it; the edge is right to 1e-9."""

ALIKE = 0.01
"""By how much the edges of groups may differ, relative; the lowest counts then."""


class MeanSquare(NamedTuple):
    """How far a direction is from the mean-square edge.

    Attributes:
        normalised: mean-square sharpness; 1 is the edge. NaN where the mean curvature is not above 0: it has no such edge.
        low: lower end of its interval, of h and s as they were measured; 0 where h may be 0 as well.
        high: upper end; infinite there.
        factor: what all lrs may be multiplied by until the direction is at the edge; infinite where h may not be above 0.
    """

    normalised: float
    low: float
    high: float
    factor: float

    def largest_lr(self, thresholds: Sequence[Threshold]) -> dict[int, float]:
        """The lr of each group at the edge, all scaled together."""
        return {t.group: self.factor * t.values["lr"] for t in thresholds}


def mean_square(
    thresholds: Sequence[Threshold], noise: CurvatureNoise, coupled: bool = False, confidence: float = CONFIDENCE
) -> MeanSquare:
    """From the noise of the normalised curvature along a direction.

    Args:
        thresholds: of all parameters that move.
        noise: with the scales of `thresholds` as preconditioner, the coupled decay counted in.
        coupled: whether what leaves the direction counts too.
        confidence: of the interval, Student's t on the logarithm.

    Raises:
        InputError: nothing moves, or groups whose edges differ by more than a hundredth under this noise: no scalar condition
            is that of all then.
    """
    if not 0 < confidence < 1:
        raise InputError(f"expected a confidence between 0 and 1, got {confidence!r}")
    kinds = _kinds(thresholds)
    if not noise.mean > 0:
        return MeanSquare(nan, 0.0, inf, inf)
    spread = noise.total if coupled else noise.deviation
    values = [_normalised(t, noise.mean, spread) for t in kinds]
    if max(values) > (1 + ALIKE) * min(values):
        told = " and ".join(f"at {v:.3g} of its own by group {t.group}'s" for t, v in zip(kinds, values, strict=True))
        raise InputError(
            "expected groups of the same momentum (or betas) and decay, which have one mean-square edge, got groups that "
            f"differ: the direction measured would be {told}"
        )
    value, worst = max(zip(values, kinds, strict=True), key=lambda pair: pair[0])
    quantile = float(student.ppf((1 + confidence) / 2, noise.n - 1))
    factor = _factor(worst, value, noise.mean, spread)
    if not noise.mean > quantile * noise.mean_error or not all(h > 0 for h, _ in noise.without):
        return MeanSquare(value, 0.0, inf, factor)
    width = exp(min(quantile * _error(worst, value, noise, coupled), 700.0))  # beyond lies what no double holds
    return MeanSquare(value, value / width, value * width, factor)


def _kinds(thresholds: Sequence[Threshold]) -> list[Threshold]:
    """One of each kind: coupled decay is in h, and without a decoupled one lr and curvature come as a product alone."""
    moving = [t for t in thresholds if 0 < t.curvature < inf]
    if not moving:
        raise InputError("expected an lr above 0 for a mean-square edge, got none")
    kinds: dict[tuple, Threshold] = {}
    for t in moving:
        rest = {**t.values, "lr": 1.0, "weight_decay": t.values["lr"] * t.values["weight_decay"]}
        kinds.setdefault((t.live.recurrence, *sorted(rest.items())), t)
    return list(kinds.values())


def _normalised(t: Threshold, mean: float, deviation: float) -> float:
    curvature, spread = t.curvature * mean, t.curvature * deviation
    edge = _edge(t.live.recurrence, "curvature", {**t.values, "curvature": curvature, "deviation": spread})
    return curvature / edge if edge else inf


def _factor(t: Threshold, value: float, mean: float, deviation: float) -> float:
    """With a decoupled decay the edge is not quite like 1 / lr."""
    if not t.values["weight_decay"]:
        return 1 / value
    at = {**t.values, "curvature": t.curvature * mean, "deviation": t.curvature * deviation}
    return _edge(t.live.recurrence, "lr", at) / t.values["lr"]


def _error(t: Threshold, value: float, noise: CurvatureNoise, coupled: bool) -> float:
    """Standard error of the logarithm: the jackknife's, which sees h and s together, or a Gaussian's if that is more."""
    spread = noise.total if coupled else noise.deviation
    if not spread > 0:
        return 0.0
    by_s = log(_normalised(t, noise.mean, spread * (1 + STEP)) / value) / log(1 + STEP)
    by_h = 1 - by_s
    if coupled:
        return float(np.hypot(by_h * noise.mean_error / noise.mean, by_s * noise.total_error / spread))
    logs = [by_h * log(h) + by_s * log(s) if s else -inf for h, s in noise.without]
    gaussian = ((by_h * noise.mean_error / noise.mean) ** 2 + by_s**2 / (2 * (noise.n - 1))) ** 0.5
    return max(gaussian, jackknife(logs)) if min(logs) > -inf else inf


def _edge(name: str, parameter: str, values: Mapping[str, float]) -> float:
    """By a recurrence into which what is 0 or 1 (no decay, nesterov or not) is put: so it is derived in a tenth of the time."""
    plain = tuple(sorted((n, int(v)) for n, v in values.items() if v in (0, 1) and n not in ("lr", "curvature", "deviation")))
    scheme = _with(name, plain)
    needed = {*map(str, scheme.parameters), "deviation"}
    return mean_square_edge(scheme, parameter, {n: v for n, v in values.items() if n in needed})


@lru_cache(maxsize=64)
def _with(name: str, values: tuple[tuple[str, int], ...]) -> GridScheme:
    scheme, given = optimizers[name], dict(values)
    put = {symbol: given[str(symbol)] for symbol in scheme.parameters if str(symbol) in given}
    return GridScheme(*(residual.subs(put) for residual in scheme.residuals), assumptions=scheme.assumptions.subs(put))
