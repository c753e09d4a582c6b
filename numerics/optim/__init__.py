"""Optimisers perturbed in the last floating-point bit, and what is known about the perturbation."""

from numerics.optim.bias import applied, effective_step, separate, step_bias
from numerics.optim.bounds import difference_from_torch, update_error
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
    "applied",
    "build",
    "difference_from_torch",
    "effective_step",
    "nudge",
    "separate",
    "step_bias",
    "update_error",
]
