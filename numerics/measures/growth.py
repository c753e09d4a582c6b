r"""Is a last-bit difference of two runs amplified? The growth rate per iteration of their distance, and what law it follows.

Three laws are told apart. Rounding that is put in at every step, and neither amplified nor forgotten, adds up as a power
of the steps: :math:`t^{1/2}` if it is independent from step to step, t at most, if it always pulls one way (triangle
inequality). Amplified, the distance grows exponentially, from the level of rounding up to saturation; forgotten, it
levels off or decays. The exponential phase is looked for between the two levels (a ramp in the logarithm), a line is fitted
in it, and compared with a power law.

Two things make such a series hard: its logarithm walks at random where the factor of a step fluctuates, and it may rise
in one jump, where a ReLU switches. The error of a slope counts the walk (see `trend`); a jump shows in `jump`. A rise by a few
jumps has no rate, but it is amplified all the same if it goes beyond what the first steps' rounding, added up, could give.

>>> steps = np.arange(300.0)
>>> [growth(1e-8 * distance).verdict for distance in (np.exp(0.05 * steps), np.sqrt(steps), 1 + 0.1 * np.sin(steps))]
['amplified', 'accumulated', 'attenuated']
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from derive.errors import InputError
from numerics.measures.laws import RISE, Verdict, final, fits_of, judged
from numerics.measures.ramp import Ramp, ramp

FEWEST = 12
"""Points below which nothing is said."""

MOST = 1000
"""Records used: the first half so many, and the rest thinned evenly."""


@dataclass(frozen=True)
class Growth:
    """Growth of a distance.

    Attributes:
        verdict: "amplified": exponential growth, or faster than rounding could add up; "accumulated": grows as rounding adds
            up, as a power of the steps between 1/2 and 1; "attenuated": slower than that, level, or decaying; "undecided".
        reason: why, in a few words.
        rate: growth of the logarithm per iteration in the phase.
        low: lower end of its interval.
        high: upper end.
        level: confidence of the intervals.
        exponent: of a power law in the last three quarters of the steps.
        exponent_low: lower end of its interval.
        exponent_high: upper end.
        preference: AIC of the power law less that of the exponential; > 0 prefers the exponential.
        fit: R^2 of the line in the phase.
        start: first step of the phase.
        stop: last step of the phase.
        points: records in it.
        rise: growth of the logarithm over all the series, medians of its ends.
        jump: largest rise between two records in the phase, as a share of its rise; near 1 there is no rate to speak of.
        leap: largest factor between two records of the series, one after the other.
        leap_at: step of the second of these.
    """

    verdict: Verdict
    reason: str
    rate: float
    low: float
    high: float
    level: float
    exponent: float
    exponent_low: float
    exponent_high: float
    preference: float
    fit: float
    start: float
    stop: float
    points: int
    rise: float
    jump: float
    leap: float
    leap_at: float

    @property
    def has_rate(self) -> bool:
        """Whether the data give a rate: its interval does not hold 0."""
        return self.low > 0 or self.high < 0

    @property
    def total(self) -> float:
        """Factor by which the distance has grown over all the series."""
        return math.exp(min(self.rise, 700.0)) if self.rise == self.rise else math.nan

    @property
    def doubling(self) -> float:
        """Iterations in which the distance doubles; infinite unless it grows."""
        return math.log(2) / self.rate if self.rate > 0 else math.inf

    @property
    def sentence(self) -> str:
        """In words."""
        if not self.points:
            return f"Undecided: {self.reason}."
        jump = f" {100 * self.jump:.0f} % of the rise is one jump." if self.rise > RISE and self.jump > 0.5 else ""
        return (
            f"{self.verdict.capitalize()}: {self.reason}. {self.pace}; at the end as a power of the iterations, exponent "
            f"{self.exponent:.2f} ({self.exponent_low:.2f} to {self.exponent_high:.2f}).{jump}"
        )

    @property
    def pace(self) -> str:
        """The rate, or what can be said where the data give none."""
        interval = f"{100 * self.level:g} % interval {self.low:.3g} to {self.high:.3g}"
        where = f"over iterations {self.start:g} to {self.stop:g}"
        if not self.has_rate:
            leap = f"the largest step is one of {self.leap:.3g} times, at iteration {self.leap_at:g}"
            return f"No rate ({interval} {where}): {self.total:.3g} times in all, {leap}"
        doubling = f", doubling in {self.doubling:.3g} iterations" if self.low > 0 else ""
        return f"Rate {self.rate:.3g} per iteration ({interval}) {where}{doubling}; R^2 {self.fit:.2f}"


def growth(distance: ArrayLike, step: ArrayLike | None = None, *, roundoff: float = 2.0**-24, level: float = 0.95) -> Growth:
    """Growth rate of a distance over iterations, its law, and a verdict.

    At a level of 95 % the intervals cover the truth in 80 % (a weak random walk under white noise) to 100 % (white noise alone)
    of simulated series, for AR(1) noise, spikes and jumps too; that the phase is chosen by the same data is not counted.

    Args:
        distance: (n,) RelL1, >= 0. Zeros (no bit differs yet) are left out; so is all from the first NaN or infinity on.
        step: (n,) iterations since the two runs were equal, increasing, > 0; 1, 2, ... by default.
        roundoff: unit roundoff of the weights. A level that many steps of rounding cannot reach is not called attenuated.
        level: confidence of the intervals, in (0, 1).

    Raises:
        InputError: other shapes, negative distances, steps not increasing from above 0, a level outside (0, 1).

    Source: Section 4.2, Fig 3 right (amplified or attenuated); Burnham and Anderson, Model Selection (2002), ch. 2.
    """
    time, logs = _usable(distance, step, level)
    if len(time) < FEWEST:
        return _nothing(f"{len(time)} usable records above 0, {FEWEST} are needed", level)
    rising = ramp(time, logs)
    if rising.rise < RISE:  # no phase to be seen: the whole series is looked at
        rising = Ramp(0, len(time) - 1, rising.rise)
    fits = fits_of(time, logs, rising)
    verdict, reason = judged(time, logs, rising, fits, roundoff, level)
    phase = slice(rising.foot, rising.top + 1)
    return Growth(
        verdict, reason, fits.rate.slope, *fits.rate.interval(level), level, fits.power.slope, *fits.power.interval(level),
        fits.preference, _explained(time[phase], logs[phase]), float(time[rising.foot]), float(time[rising.top]),
        len(time[phase]), final(logs) - final(logs[::-1]), _jump(logs[phase]), *_leap(time, logs),
    )  # fmt: skip


def _usable(distance: ArrayLike, step: ArrayLike | None, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Steps and logarithms of what can be used, thinned to `MOST` records."""
    values = np.asarray(distance, dtype=float)
    time = np.arange(1.0, values.size + 1) if step is None else np.asarray(step, dtype=float)
    if values.ndim != 1 or time.shape != values.shape:
        raise InputError(f"expected distances and steps of one shape (n,), got {values.shape} and {time.shape}")
    if not 0 < level < 1:
        raise InputError(f"expected a confidence level between 0 and 1, got {level!r}")
    if (values < 0).any():
        raise InputError(f"expected distances of at least 0, got {values.min():g}")
    if not ((np.diff(time) > 0).all() and (time > 0).all()):
        raise InputError("expected steps that increase from above 0, counted from where the two runs were equal")
    finite = np.logical_and.accumulate(np.isfinite(values))
    kept = np.flatnonzero(finite & (values > 0))
    kept = np.concatenate([kept[: MOST // 2], kept[MOST // 2 :: max(1, -(-len(kept) // (MOST // 2)))]])
    return time[kept], np.log(values[kept])


def _nothing(reason: str, level: float) -> Growth:
    nan = math.nan
    return Growth("undecided", reason, nan, nan, nan, level, nan, nan, nan, nan, nan, nan, nan, 0, nan, nan, nan, nan)


def _explained(time: np.ndarray, logs: np.ndarray) -> float:
    """R^2 of the least-squares line; 0 for a level."""
    x, y = time - time.mean(), logs - logs.mean()
    return float((x @ y) ** 2 / (x @ x) / (y @ y)) if y @ y > 0 else 0.0


def _jump(logs: np.ndarray) -> float:
    rise = logs[-1] - logs[0]
    return float(np.diff(logs).max() / rise) if rise > 0 else math.nan


def _leap(time: np.ndarray, logs: np.ndarray) -> tuple[float, float]:
    at = int(np.argmax(np.diff(logs)))
    return math.exp(min(float(np.diff(logs)[at]), 700.0)), float(time[at + 1])
