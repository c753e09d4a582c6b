"""What the record says of the mean-square edge: where the training is of it now, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, isfinite
from typing import Any, NamedTuple

MARGIN = 0.1
"""Distance from 1 within which training is at an edge."""


class Noisy(NamedTuple):
    """Mean-square sharpness now: along the direction measured, and with what leaves it counted in.

    Beyond the edge along a direction it grows. Below both it does not; between them is where networks are expected to turn.

    Attributes:
        value: 1 is the edge.
        low: of its interval.
        high: of its interval.
        coupled: the same with what goes across.
        coupled_high: upper end of its interval.
        step: of the measurement whose batches told it.
        now: whether that is the newest measurement; from an older one it goes on as the normalised sharpness does.
    """

    value: float
    low: float
    high: float
    coupled: float
    coupled_high: float
    step: int
    now: bool

    @property
    def near(self) -> bool:
        """At the edge, and that sure."""
        return self.low >= 1 - MARGIN and self.coupled_high <= 1 + MARGIN

    @property
    def below(self) -> bool:
        """Below the edge for sure."""
        return self.coupled_high < 1

    @property
    def beyond(self) -> bool:
        """Beyond the edge for sure."""
        return self.low > 1

    def __str__(self) -> str:
        since = "" if self.now else f", by the batches after step {self.step}"
        ends = f"{self.low:.3g} to {self.high:.3g}; {self.coupled:.3g}, up to {self.coupled_high:.3g}, with what goes across"
        return f"{self.value:.3g} ({ends}{since}) of the mean-square edge"


def noisy(rows: Sequence[Mapping[str, Any]]) -> Noisy | None:
    """Of the newest row; None before any was measured, and where the curvature is not positive.

    Args:
        rows: as for `verdict`; those with `mean_square` have its interval, `coupled` and `normalised` too.
    """
    known = next((row for row in reversed(rows) if isfinite(row.get("mean_square", inf))), None)
    if known is None or not known.get("normalised", 0.0) > 0 or not rows[-1]["normalised"] > 0:
        return None
    # As deviation and mean scale with the step size, and with the loss.
    times = rows[-1]["normalised"] / known["normalised"]
    names = ("mean_square", "mean_square_low", "mean_square_high", "coupled", "coupled_high")
    ends = (times * known[name] for name in names)
    return Noisy(*ends, int(known["step"]), known is rows[-1] or known["step"] == rows[-1]["step"])
