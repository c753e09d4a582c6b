"""Check the derived bounds numerically: operators, spectra, simulations."""

from __future__ import annotations

from numerics.correlation import Correlation
from numerics.cublas import announce
from numerics.distance import relative_l1
from numerics.simulate import simulate
from numerics.spectrum import windowed_bounds

__all__ = ["Correlation", "relative_l1", "simulate", "windowed_bounds"]

announce()
