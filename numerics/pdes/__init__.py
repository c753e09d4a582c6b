"""The PDEs simulated: correlation with an image, spectra, time steps, verdicts, edges."""

from __future__ import annotations

from numerics.pdes.active_mode import ModeEdge, mode_parameters, restrained_edge
from numerics.pdes.edge import Bracket, bisect, growth_rate, linear_edges
from numerics.pdes.flows import beltrami, beltrami_energy, heat, linear, nonlinear, nonlinear_loss
from numerics.pdes.simulate import Trajectory
from numerics.pdes.spectrum import Bounds, bounds_of, extreme_eigenvalues
from numerics.pdes.verdict import motion_observers, verdict_codes

__all__ = [
    "Bounds",
    "Bracket",
    "ModeEdge",
    "Trajectory",
    "beltrami",
    "beltrami_energy",
    "bisect",
    "bounds_of",
    "extreme_eigenvalues",
    "growth_rate",
    "heat",
    "linear",
    "linear_edges",
    "mode_parameters",
    "motion_observers",
    "nonlinear",
    "nonlinear_loss",
    "restrained_edge",
    "verdict_codes",
]
