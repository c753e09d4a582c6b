"""Which law a growing distance follows, and whether rounding alone, added up, could have made it.

Source: Burnham and Anderson, Model Selection and Multimodel Inference (2002), ch. 2, for the comparison by AIC.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np

from numerics.measures.ramp import SHORTEST, Ramp
from numerics.measures.trend import Trend, trend, trends

RISE = math.log(30)
"""Rise of the ramp from which it is one, not noise about a level."""

DECISIVE = 10.0
"""Difference of AIC beyond which the worse law has essentially no support (Burnham and Anderson)."""

MARGIN = math.log(10)
"""Beyond rounding only if so far beyond: its size per step is taken from a few steps, and may vary."""

EARLY = 3
"""Records that show what one step's rounding puts in."""

INDEPENDENT = 0.5
"""Exponent with which roundings add up that are independent from step to step; 1 if they pull one way."""

SLACK = 0.25
"""How far an exponent's interval may reach past these two."""

TAIL = 0.75
"""Share of the steps in which the exponent is fitted, and which its error needs: a factor 4 of time."""

FEET = 12
"""Places tried for the beginning of a law's rise."""

Verdict = Literal["amplified", "accumulated", "attenuated", "undecided"]


class Fits(NamedTuple):
    """Lines through the logarithm.

    Attributes:
        rate: over the steps, in the phase.
        power: over the steps' logarithm, in the last `TAIL` of the steps: how it ends, whatever it started from.
        preference: AIC of the power law less that of the exponential, over the same records, each behind a level of its own.
    """

    rate: Trend
    power: Trend
    preference: float


def fits_of(time: np.ndarray, logs: np.ndarray, ramp: Ramp) -> Fits:
    """The fits of a series that rises by `ramp`; time (n,) > 0 and increasing, logs (n,)."""
    phase, before, tail = slice(ramp.foot, ramp.top + 1), slice(ramp.top + 1), _tail(time)
    rate = trend(time[phase], logs[phase], time[phase])
    laws = [_behind_a_level(law, time[before], logs[before]) for law in (time[before], np.log(time[before]))]
    power = trend(np.log(time[tail]), logs[tail], time[tail])
    return Fits(rate, power, 2 * (laws[0] - laws[1]))


def _tail(time: np.ndarray) -> slice:
    return slice(min(int(np.searchsorted(time, (1 - TAIL) * time[-1])), len(time) - SHORTEST - 1), None)


def _behind_a_level(law: np.ndarray, time: np.ndarray, logs: np.ndarray) -> float:
    """Largest likelihood of a line in `law` that begins anywhere in the series."""
    feet = np.unique(np.linspace(0, len(time) - SHORTEST - 1, FEET).round().astype(int))
    return max(fit.likelihood for fit in trends(np.array([np.maximum(law, law[foot]) for foot in feet]), logs, time))


def judged(time: np.ndarray, logs: np.ndarray, ramp: Ramp, fits: Fits, roundoff: float, level: float) -> tuple[Verdict, str]:
    """The verdict and its reason, in a few words."""
    rate, (low, high) = fits.rate.interval(level), fits.power.interval(level)
    end, elapsed = final(logs), math.log(time[-1])
    fresh = float((logs - np.log(time))[:EARLY].max())  # per step, from the first records
    if ramp.rise >= RISE and rate[0] > 0 and fits.preference > DECISIVE:
        return "amplified", "it grows exponentially"
    if ramp.rise >= RISE and low > 1:
        return "amplified", "it grows faster than rounding adds up"
    if end - elapsed - fresh > MARGIN:
        return "amplified", "it is beyond what the first steps' rounding could have added up to"
    if end - elapsed - math.log(roundoff) > MARGIN:
        return "undecided", "it is beyond what rounding could have added up to, but its growth was not seen"
    if high < INDEPENDENT and (ramp.rise < RISE or fits.preference < -DECISIVE):
        return "attenuated", "it grows more slowly than independent rounding adds up, or not at all"
    if low > INDEPENDENT - SLACK and high < 1 + SLACK and (ramp.rise < RISE or fits.preference < -DECISIVE):
        return "accumulated", "it grows as rounding adds up"
    return "undecided", "the intervals leave more than one law"


def final(logs: np.ndarray) -> float:
    """Level at the end of a series: median of its last tenth, of at least 3 records."""
    return float(np.median(logs[-max(3, len(logs) // 10) :]))
