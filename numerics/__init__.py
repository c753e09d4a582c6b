"""Check the derived bounds numerically: operators, spectra, simulations."""

from __future__ import annotations

from numerics.common.cublas import announce
from numerics.measures.distance import relative_l1
from numerics.pdes.active_mode import checkerboard
from numerics.pdes.correlation import Correlation
from numerics.pdes.simulate import simulate
from numerics.pdes.spectrum import windowed_bounds

__all__ = ["Correlation", "checkerboard", "relative_l1", "simulate", "windowed_bounds"]

announce()
