"""What everything here uses: checks of input, the search for an edge, datasets as netCDF, the setting of cuBLAS."""

from __future__ import annotations

from numerics.common.bracketing import Bracket, bisect, close_in
from numerics.common.determinism import full_precision, reproducible

__all__ = ["Bracket", "bisect", "close_in", "full_precision", "reproducible"]
