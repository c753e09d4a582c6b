r"""The unit c of a step: curvature times the whole step that momentum adds up to, over 2.

    SGD                          c = lr (1 - dampening) / (1 - b) * lambda_max(H) / 2
    RMSprop                      c = lr / (1 - b) * lambda_max(P^-1/2 H P^-1/2) / 2
    Adam, AdamW, NAdam, Adagrad  c = lr * lambda_max(P^-1/2 H P^-1/2) / 2

c = 1 is the edge of plain descent with that step, lr = 2 (1 - b) / h, where a mini-batch's curvature varies as much as it is
large; the noise-free edge of heavy ball lies at c = (1 + b) / (1 - b). Coupled weight decay joins H.

Source: `derive.mean_square_edge` with s = h, to the first order in 1 - b; Andreyev et al. (2026), arXiv:2604.14108.
"""

from __future__ import annotations

from torch.optim import Optimizer

from numerics.thresholds.kinds import unwrapped
from numerics.thresholds.optimizers import Group

SMALL, LARGE = 1.0, 2.0
"""The c that is kept to below, and from, `MANY` rows a step on."""

MANY = 64
"""Chosen, not derived: of c = 1, c = 2, both by rows, and shares of the mean-square edge that with the least worst case, over
batches of 16 to 1024, momenta 0 to 0.98 and step sizes up to 30 times too large.

Source: `python -m experiments.benchmarks caps`.
"""


def limit(rows: int) -> float:
    """The c to keep to, for so many rows a step."""
    return LARGE if rows >= MANY else SMALL


def gain(group: Group) -> float:
    """What one gradient adds up to over all steps, in units of lr."""
    momentum = float(group.get("momentum") or 0.0)
    return (1 - (float(group.get("dampening") or 0.0) if momentum else 0.0)) / (1 - momentum)


def rates(optimizer: Optimizer) -> list[float]:
    """lr times gain of each group."""
    return [float(group["lr"]) * gain(group) for group in unwrapped(optimizer).param_groups]


def highest(group: Group, known: float) -> float:
    """The lr that a schedule is measured by: what it has come to so far, or, of a one-cycle policy, will come to.

    Args:
        group: as it is now.
        known: the highest so far.
    """
    return float(group["max_lr"]) if "max_lr" in group else max(known, float(group["lr"]))
