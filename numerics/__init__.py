"""Check the derived bounds numerically: operators, spectra, simulations."""

from __future__ import annotations

from importlib.util import find_spec

if find_spec("torch") is None:
    raise ModuleNotFoundError("numerics needs torch, which cannot be found; pip install 'gradcfl[train]'", name="torch")

from numerics.common.cublas import announce
from numerics.measures.distance import Distances, distances, relative_l1
from numerics.pdes.active_mode import ModeEdge, checkerboard, mode_parameters, restrained_edge
from numerics.pdes.correlation import Correlation
from numerics.pdes.simulate import Trajectory, simulate
from numerics.pdes.spectrum import Bounds, bounds_of, extreme_eigenvalues, windowed_bounds

__all__ = [
    "Bounds",
    "Correlation",
    "Distances",
    "ModeEdge",
    "Trajectory",
    "bounds_of",
    "checkerboard",
    "distances",
    "extreme_eigenvalues",
    "mode_parameters",
    "relative_l1",
    "restrained_edge",
    "simulate",
    "windowed_bounds",
]

announce()
