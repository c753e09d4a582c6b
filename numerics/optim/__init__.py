"""Optimisers perturbed in the last floating-point bit."""

from numerics.optim.building import build
from numerics.optim.perturbation import Perturbation
from numerics.optim.rounding import RoundedAdam, RoundedSGD, StochasticRounding
from numerics.optim.scaling import PerturbedAdam, PerturbedSGD
from numerics.optim.ulp import nudge

__all__ = [
    "Perturbation",
    "PerturbedAdam",
    "PerturbedSGD",
    "RoundedAdam",
    "RoundedSGD",
    "StochasticRounding",
    "build",
    "nudge",
]
