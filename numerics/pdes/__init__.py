"""The PDEs simulated: correlation with an image, spectra, time steps, verdicts, edges."""

from __future__ import annotations

from numerics.pdes.edge import growth_rate, linear_edges
from numerics.pdes.flows import beltrami, heat, linear, nonlinear, nonlinear_loss
from numerics.pdes.verdict import motion_observers, verdict_codes

__all__ = [
    "beltrami",
    "growth_rate",
    "heat",
    "linear",
    "linear_edges",
    "motion_observers",
    "nonlinear",
    "nonlinear_loss",
    "verdict_codes",
]
