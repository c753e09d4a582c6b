"""What a controller did at each step: bounded, however long the training is, and told to sinks as it happens."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from derive.shown import message
from numerics.control.given import ControlWarning
from numerics.monitor.options import Sink
from numerics.monitor.records import Records

UNITS = {
    "wanted": "lr of the first group that the user, or a scheduler, wants",
    "applied": "lr of the first group that the step was taken with",
    "edge": "lr of the first group at c = 1; NaN where it is not known",
    "products": "with the Hessian, so far",
}
"""Variable -> meaning."""

PREFIX = "control/"


class Log:
    """Rows by step; of a long training the older half is thinned, as `numerics.monitor.records.Records` does.

    Args:
        sinks: each is told every row, as `control/NAME`; one that fails is said, and told no more.
        limit: most rows kept.
    """

    def __init__(self, sinks: Sequence[Sink] = (), limit: int = 4096) -> None:
        self.records, self._sinks = Records(limit), list(sinks)

    def add(self, step: int, row: Mapping[str, float]) -> None:
        """What was done at a step."""
        self.records.add(step, row)
        for sink in list(self._sinks):
            self._tried(sink, lambda to: to.write(step, named(row)))

    def close(self) -> None:
        """Close the sinks; the rows stay."""
        sinks, self._sinks = self._sinks, []
        for sink in sinks:
            self._tried(sink, lambda to: to.close())

    def dataset(self, attributes: Mapping[str, Any]) -> xr.Dataset:
        """The rows that are kept, dim step."""
        rows = list(self.records)
        columns = {
            n: ("step", np.array([row[n] for row in rows], dtype=float), {"long_name": told}) for n, told in UNITS.items()
        }
        return xr.Dataset(columns, {"step": np.array([row["step"] for row in rows], dtype=np.int64)}, dict(attributes))

    def _tried(self, sink: Sink, call: Any) -> None:
        try:
            call(sink)
        except Exception as error:  # it is not worth the training
            self._sinks = [one for one in self._sinks if one is not sink]
            told = f"{type(sink).__name__} is told no more: {message(error)}"
            warnings.warn(told, ControlWarning, stacklevel=5)


def named(row: Mapping[str, float]) -> dict[str, float]:
    """As sinks and loggers have them.

    >>> named({"wanted": 0.1, "step": 3})
    {'control/wanted': 0.1}
    """
    return {PREFIX + name: float(row[name]) for name in UNITS if name in row}
