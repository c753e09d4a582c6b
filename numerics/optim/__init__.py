"""Optimisers perturbed in the last floating-point bit."""

from numerics.optim.perturbation import Perturbation
from numerics.optim.scaling import PerturbedAdam, PerturbedSGD

__all__ = ["Perturbation", "PerturbedAdam", "PerturbedSGD"]
