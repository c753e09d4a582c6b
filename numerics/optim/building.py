"""From a perturbation and the name of an optimiser to a torch optimiser."""

from __future__ import annotations

from typing import Any

from torch.optim.optimizer import Optimizer

from derive.errors import choose
from numerics.optim.perturbation import Perturbation
from numerics.optim.rounding import RoundedAdam, RoundedSGD
from numerics.optim.scaling import PerturbedAdam, PerturbedSGD
from numerics.optim.stateless import key
from numerics.optim.ulp import nudge

OPTIMIZERS = {"sgd": (PerturbedSGD, RoundedSGD), "adam": (PerturbedAdam, RoundedAdam)}


def build(
    perturbation: Perturbation, parameters: Any, *, name: str = "sgd", seed: int = 0, **torch_arguments: Any
) -> Optimizer:
    """An optimiser that trains with a perturbation.

    Args:
        perturbation: its kind, number and form.
        parameters: tensors, named tensors or groups, as torch takes them.
        name: "sgd" or "adam".
        seed: of stochastic rounding, mixed with the perturbation's number; >= 0.
        **torch_arguments: of the torch optimiser.

    The kind "ulp" changes a weight here and now. Whoever resumes loads the weights afterwards, over this change, which they
    hold already.

    Raises:
        InputError: an unknown name, or what the optimiser or `nudge` refuses.

    >>> import torch
    >>> weight = torch.nn.Parameter(torch.ones(3))
    >>> optimizer = build(Perturbation("ulp", 2), [weight], lr=0.1, momentum=0.9)
    >>> (weight.detach() - 1).tolist()
    [0.0, 1.1920928955078125e-07, 0.0]
    """
    scaled, rounded = choose("optimizer", name, OPTIMIZERS)
    if perturbation.kind == "stochastic-rounding" and not perturbation.neutral:
        return rounded(parameters, seed=key(seed, perturbation.k) % 2**63, **torch_arguments)
    if perturbation.kind == "scaling":
        return scaled(parameters, k=perturbation.k, form=perturbation.form, **torch_arguments)
    optimizer = scaled(parameters, **torch_arguments)
    if not perturbation.neutral:
        nudge([p for group in optimizer.param_groups for p in group["params"]], perturbation.k)
    return optimizer
