r"""Is full-batch training stable, restrained or unstable? By whether its loss still rises.

Gradient descent below its edge lowers the loss at every step, however slowly it converges; so where the motion of the weights
cannot tell (training may speed up for thousands of steps), the loss can. Over the second half of a run:

    unstable      a loss is not finite, or the last quarter's mean lies above the third's by more than 10 % and above the start
    stable        no step raises the loss by more than rounding noise: 1000 eps of its size, or of 1 if it is smaller
    restrained    otherwise: it rises again and again, and stays bounded
"""

from __future__ import annotations

import numpy as np

GROWTH = 1.1
NOISE = 1000


def loss_verdict(losses: np.ndarray) -> np.ndarray:
    """The verdict of every run: (time, ...) losses at every step -> (...) of "stable", "restrained", "unstable"."""
    losses = np.asarray(losses)
    quarter = len(losses) // 4
    third, last = losses[-2 * quarter : -quarter], losses[-quarter:]
    late = losses[-2 * quarter - 1 :].astype(float)
    noise = NOISE * np.finfo(losses.dtype).eps * np.maximum(np.abs(late[:-1]), 1)
    with np.errstate(invalid="ignore", over="ignore"):
        rises = (np.diff(late, axis=0) > noise).any(0)
        grows = (last.mean(0) > GROWTH * third.mean(0)) & (last.mean(0) > losses[0])
    lost = ~np.isfinite(losses).all(0)
    return np.where(lost | grows, "unstable", np.where(rises, "restrained", "stable"))


def rises(losses: np.ndarray) -> np.ndarray:
    """Share of the steps of the second half that raise the loss: (time, ...) -> (...)."""
    late = np.asarray(losses)[-2 * (len(losses) // 4) - 1 :]
    with np.errstate(invalid="ignore"):
        return (np.diff(late, axis=0) > 0).mean(0)
