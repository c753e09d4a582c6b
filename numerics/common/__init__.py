"""What everything here uses: checks of input, the search for an edge, datasets as netCDF, the setting of cuBLAS."""

from __future__ import annotations

from numerics.common.determinism import full_precision, reproducible

__all__ = ["full_precision", "reproducible"]
