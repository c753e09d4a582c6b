r"""The slope of a noisy line and its error, where the noise may be white, remember itself for a while, or walk at random.

The logarithm of a distance that is multiplied at every step by a fluctuating factor walks at random about its line; one that
is held at a level by the dynamics is drawn back to it; what is read off at each step (a weight passing zero, the batch at
hand) adds white noise. The usual least-squares error knows the last only, and is too small by orders where the others are
there. So

.. math:: y(t) = a + b\, x(t) + s(t) + \text{white}, \qquad ds = -\kappa s\, dt + \text{white noise},

with the memory :math:`1/\kappa` (infinite: a random walk) and the share of s unknown. Both are averaged over by their
restricted likelihood, so that the error of the slope counts the doubt about them too.

Source: Harvey, Forecasting, Structural Time Series Models and the Kalman Filter (1989), ch. 3.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import t as student

MEMORIES = 9
SHARES = 9
"""Values tried of either; the likelihood hardly changes from one to the next."""

LONG = 100.0
"""Longest memory tried, in lengths of the series: a random walk."""

RESOLUTION = 1e-9
"""Smallest noise believed in; keeps exact lines finite."""


class Trend(NamedTuple):
    """A slope and how well it is known.

    Attributes:
        slope: b.
        error: its standard error.
        freedom: degrees of freedom of the error.
        likelihood: largest log-likelihood, to compare lines in other x of the same y.
    """

    slope: float
    error: float
    freedom: int
    likelihood: float

    def interval(self, level: float) -> tuple[float, float]:
        """Confidence interval of the slope, by Student's t."""
        half = float(student.ppf((1 + level) / 2, self.freedom)) * self.error
        return self.slope - half, self.slope + half


def trend(x: np.ndarray, y: np.ndarray, time: np.ndarray) -> Trend:
    """Slope of y over x.

    Args:
        x: (n,) what y is linear in, n >= 4, not constant.
        y: (n,).
        time: (n,) increasing.
    """
    return trends(x[None], y, time)[0]


def trends(x: np.ndarray, y: np.ndarray, time: np.ndarray) -> list[Trend]:
    """Slopes of y over each of several x, (c, n), at the price of one."""
    centred = x - x.mean(1, keepdims=True)
    columns = np.column_stack([np.ones(len(y)), y - y.mean(), *centred])
    white, log_volume = _whitened(columns, time)
    return [_averaged(white[..., [0, 2 + i]], white[..., 1], log_volume) for i in range(len(x))]


def _whitened(columns: np.ndarray, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns (n, c) -> innovations (G, n, c) and log determinants (G,) under G kinds of noise, by Kalman's filter."""
    lag = np.append(0.0, np.diff(time)) / np.diff(time).mean()
    rate, process, white = _noises(len(time))
    mean, variance = np.zeros((len(rate), columns.shape[1])), process / (2 * rate)
    surprises, log_volume = np.empty((len(time), *mean.shape)), np.zeros(len(rate))
    for i, row in enumerate(columns):
        kept = np.exp(-rate * lag[i])
        variance = kept**2 * variance + process / (2 * rate) * -np.expm1(-2 * rate * lag[i])
        total = variance + white
        surprise = row - kept[:, None] * mean
        mean = kept[:, None] * mean + (variance / total)[:, None] * surprise
        variance = variance * white / total
        surprises[i], log_volume = surprise / np.sqrt(total)[:, None], log_volume + np.log(total)
    return surprises.swapaxes(0, 1), log_volume


def _noises(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kinds of noise tried: 1/memory, what drives s per record, white variance; each (G,), per record."""
    rates = np.geomspace(1 / (LONG * count), 1.0, MEMORIES)
    driven = np.append(np.geomspace(count**-2.0, 30.0, SHARES - 1), np.inf)
    rate, ratio = (grid.ravel() for grid in np.meshgrid(rates, driven, indexing="ij"))
    return rate, np.where(np.isinf(ratio), 1.0, ratio), np.where(np.isinf(ratio), 0.0, 1.0)


def _averaged(x: np.ndarray, y: np.ndarray, log_volume: np.ndarray) -> Trend:
    """Least squares of y (G, n) on the level and the slope's column x (G, n, 2), averaged over the kinds of noise."""
    count = y.shape[1]
    products = np.swapaxes(x, 1, 2) @ x
    fit = np.linalg.solve(products, np.swapaxes(x, 1, 2) @ y[..., None])
    squares = ((y - (x @ fit)[..., 0]) ** 2).sum(1).clip(min=count * RESOLUTION**2)
    restricted = -0.5 * ((count - 2) * np.log(squares) + log_volume + np.linalg.slogdet(products)[1])
    share = np.exp(restricted - restricted.max())
    share /= share.sum()
    slopes, variances = fit[:, 1, 0], squares / (count - 2) * np.linalg.inv(products)[:, 1, 1]
    slope = float(share @ slopes)
    error = float(np.sqrt(share @ (variances + (slopes - slope) ** 2)))
    likelihood = -0.5 * (count * np.log(squares / count) + log_volume)
    return Trend(slope, error, count - 3, float(likelihood.max()))
