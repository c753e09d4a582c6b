r"""The spread that a finite test set gives to runs of which none is better than another.

Let :math:`\varepsilon_i` be the chance, over runs, that image i is missed. The variance of the accuracy on n images is

.. math:: \frac{1}{n^2} \sum_{i,j} \operatorname{Cov}(e_i, e_j)
          = \frac{1}{n^2} \sum_i \varepsilon_i (1 - \varepsilon_i) + \frac{1}{n^2} \sum_{i \ne j} \operatorname{Cov}(e_i, e_j).

The first part, the floor squared, is there even if a run misses every image by a chance of its own. Averaged over test sets
drawn at random, the second part is :math:`(1 - 1/n)` times the variance of the runs' accuracies on all the images there
could be: differences that another test set would show again. So subtracting the floor from a spread, in squares, leaves the
spread of the runs' true accuracies (to 1/(2n) relative), which is an identity and no model.

With M runs :math:`\varepsilon(1 - \varepsilon)` is estimated without bias by
:math:`\frac{M}{M-1} \hat\varepsilon(1 - \hat\varepsilon)`: half the share of pairs of runs of which one is right and one wrong.

Source: Jordan, Calibrated Chaos: Variance Between Runs of Neural Network Training is Harmless and Inevitable (2023).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from derive.errors import InputError
from numerics.statistics.spread import Spread, spread


@dataclass(frozen=True)
class Floored:
    """A spread of accuracies without what the finite test set makes of it, in percent.

    Attributes:
        spread: as measured.
        floor: the finite test set's share.
        excess: square root of what is left of the variance; 0 if nothing is.
        low: lower end of its interval.
        high: upper end; the interval takes the floor as known.
    """

    spread: Spread
    floor: float
    excess: float
    low: float
    high: float

    @property
    def sentence(self) -> str:
        """In words."""
        percent, interval = f"{100 * self.spread.level:g} %", f"{self.low:.3g} to {self.high:.3g}"
        if self.high == 0:
            return f"{self.spread.sentence} That is less than the finite test set gives equally good runs, {self.floor:.3g}."
        seen = "Some of it differs from run to run on any test set" if self.low > 0 else "All of it may be the finite test set"
        return (
            f"{self.spread.sentence} The finite test set gives equally good runs {self.floor:.3g}. {seen}: the rest is "
            f"{self.excess:.3g} ({percent} interval {interval})."
        )


def finite_test_set_floor(correct: ArrayLike) -> float:
    """The floor in percent, without bias in its square.

    Args:
        correct: whether run m is right about image i, (M, n) booleans, M >= 2.

    Raises:
        InputError: another shape, or values that are neither true nor false.

    Example:
        >>> round(finite_test_set_floor([[True, True, False, True], [True, True, True, True]]), 3)
        17.678
    """
    right = np.asarray(correct)
    if right.ndim != 2 or right.shape[0] < 2 or right.shape[1] < 1 or not np.isin(right, (0, 1)).all():
        raise InputError(f"expected booleans (runs, images) of at least two runs, got {right.dtype} in shape {right.shape}")
    return 100 * math.sqrt(right.astype(np.float64).var(0, ddof=1).sum()) / right.shape[1]


def floor_bound(churn: ArrayLike, images: int) -> float:
    """The most that the floor can be, in percent, from how often pairs of runs disagree.

    A pair of which one is right and one wrong disagrees; so half the mean disagreement of pairs bounds the mean over images
    of what the floor adds up. Equal if no pair is wrong in two ways.

    Args:
        churn: fractions of images on which pairs of runs disagree, in [0, 1]; any shape, averaged.
        images: of the test set.

    Raises:
        InputError: fractions outside [0, 1], or no images.
    """
    rates = np.asarray(churn, dtype=np.float64)
    if rates.size == 0 or not ((rates >= 0) & (rates <= 1)).all() or images < 1:
        raise InputError(f"expected fractions in [0, 1] and at least one image, got {churn!r} and {images!r}")
    return 100 * math.sqrt(float(rates.mean()) / 2 / images)


def floored(accuracy: ArrayLike | Spread, floor: float, level: float = 0.95) -> Floored:
    """A spread of accuracies with the floor subtracted in squares, never below 0.

    Args:
        accuracy: (M,) percent, one per run; or their spread, as of `two_way`.
        floor: percent, >= 0: of `finite_test_set_floor`; of `floor_bound` it makes the excess too small, if anything.
        level: confidence, in (0, 1); a spread has its own.

    Raises:
        InputError: as of `spread`; a floor that is negative or not finite.
    """
    if not (math.isfinite(floor) and floor >= 0):
        raise InputError(f"expected a floor of at least 0 percent, got {floor!r}")
    measured = accuracy if isinstance(accuracy, Spread) else spread(accuracy, level)
    excess, low, high = (math.sqrt(max(0.0, std**2 - floor**2)) for std in (measured.std, measured.low, measured.high))
    return Floored(measured, floor, excess, low, high)
