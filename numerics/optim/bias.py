r"""The constant part of what k does to a step, apart from the noise of rounding.

The step size is rounded once for all weights: the run with k takes steps of :math:`k\,\mathrm{fl}(\eta/k)` (paper) or
:math:`\mathrm{fl}(\eta k)/k` (code) instead of eta. This is a bias, the same for every weight at every step; it moves
the run like a slightly different learning rate, not like noise. It vanishes

- for the code's form when eta k fits into the significand: for every dyadic eta of few bits, 1/8 say;
- for the paper's form when eta/k is dyadic itself: the odd part of k divides the odd part of eta's numerator, as for
  eta = 3/32 and k = 3. A power of two as eta is always biased, for every k that is not one too.

For Adam the step size is divided by a bias correction before it is rounded, so its bias changes from step to step, within
the same bound; it is not covered here.

What is left, the noise, is at most a rounding of k d and one of the product. Its mean is zero for a step size without a
pattern in its bits, as far as thousands of weights show. For 0.1 (its bits repeat) or 1/24 it is not: some hundredths of the
unit roundoff. `separate` measures the mean beside the prediction, so that this shows.
"""

from __future__ import annotations

from fractions import Fraction
from math import sqrt
from typing import NamedTuple

import torch
from torch import Tensor

from derive.errors import InputError
from numerics.optim.base import check_lr
from numerics.optim.formats import coefficient_format, rounded
from numerics.optim.perturbation import Perturbation
from numerics.optim.scaling import PerturbedSGD


def effective_step(
    lr: float, k: int = 1, dtype: torch.dtype = torch.float32, form: str = "paper", *, device: str = "cpu"
) -> Fraction:
    """The step size that SGD really takes, exactly.

    Args:
        lr: step size, > 0.
        k: factor.
        dtype: format of the weights.
        form: "paper" or "code".
        device: "cpu" or "cuda"; they differ for 16-bit weights, see `coefficient_format`.

    Raises:
        InputError: lr, k or form is out of its range, or eta k out of the format's.
    """
    Perturbation("scaling", k, form)
    check_lr(lr)
    coefficient = coefficient_format(dtype, "sgd", device)
    if form == "paper":
        return rounded(lr / k, coefficient) * k
    if lr * k > torch.finfo(coefficient).max:
        raise InputError(f"expected lr k to be in the range of {coefficient}, got {lr * k:g}; take a smaller k or form='paper'")
    return rounded(lr * k, coefficient) / k


def step_bias(
    lr: float, k: int = 1, dtype: torch.dtype = torch.float32, form: str = "paper", *, device: str = "cpu"
) -> Fraction:
    """Relative distance of the effective step from `lr`, with its sign; arguments as for `effective_step`, lr > 0.

    >>> [f"{float(step_bias(lr, 3, form=form)):.2e}" for lr in (0.1, 0.125) for form in ("paper", "code")]
    ['5.22e-08', '3.97e-08', '2.98e-08', '0.00e+00']

    Raises:
        InputError: lr is 0, or an argument is out of its range.
    """
    if lr == 0:
        raise InputError("expected lr > 0, got 0; no step has no bias")
    return effective_step(lr, k, dtype, form, device=device) / Fraction(lr) - 1


class Separation(NamedTuple):
    """Relative error of an update against lr d: bias and noise, over the weights.

    Attributes:
        bias: predicted from lr and k alone, the same for every weight.
        mean: measured mean of the whole relative error; off `bias` by a few `error` unless the noise has a mean of its own.
        error: standard error of `mean`.
        noise: root mean square of what is left without the bias.
        largest: largest size of that.
        count: weights looked at.
    """

    bias: float
    mean: float
    error: float
    noise: float
    largest: float
    count: int


def separate(
    update: Tensor, direction: Tensor, lr: float, k: int = 1, form: str = "paper", *, sample: int = 4096
) -> Separation:
    """Split the relative error of an update into the bias of its step size and the noise of rounding.

    Args:
        update: what a step subtracts from the weights, as `applied` finds it.
        direction: d, of the same shape and format.
        lr: step size, > 0.
        k: factor.
        form: "paper" or "code".
        sample: at most so many weights, evenly spread, as the arithmetic is exact; those with d = 0 or no number are left out.

    Raises:
        InputError: shapes or formats differ, or fewer than two weights are left.
    """
    if update.shape != direction.shape or update.dtype != direction.dtype:
        raise InputError(
            f"expected update and direction alike, got {update.dtype} {tuple(update.shape)} and {direction.dtype}"
            f" {tuple(direction.shape)}"
        )
    bias = step_bias(lr, k, direction.dtype, form, device=direction.device.type)
    pairs = _chosen(update, direction, sample)
    # Scaled by 1 + bias, the noise is that of the rounded product alone.
    noise = [float(Fraction(u) / (Fraction(lr) * Fraction(d)) / (1 + bias) - 1) for u, d in pairs]
    count, squares = len(noise), sum(x * x for x in noise)
    drift = sum(noise) / count
    spread = sqrt(max(squares - count * drift**2, 0) / (count - 1))
    mean = float((1 + bias) * (1 + Fraction(drift)) - 1)
    return Separation(float(bias), mean, spread / sqrt(count), sqrt(squares / count), max(map(abs, noise)), count)


def _chosen(update: Tensor, direction: Tensor, sample: int) -> list[tuple[float, float]]:
    """Pairs of numbers with a relative error."""
    u, d = update.detach().reshape(-1), direction.detach().reshape(-1)
    usable = (d.isfinite() & u.isfinite() & (d != 0)).nonzero().reshape(-1)
    usable = usable[:: max(1, -(-len(usable) // sample))]
    if len(usable) < 2:
        raise InputError(f"expected at least 2 weights with a finite direction that is not 0, got {len(usable)}")
    return list(zip(u[usable].tolist(), d[usable].tolist(), strict=True))


def applied(direction: Tensor, lr: float, k: int = 1, form: str = "paper") -> Tensor:
    """The update that `PerturbedSGD` subtracts for a direction: its step from weights of zero.

    Args:
        direction: d, any shape, of floating point.
        lr: step size.
        k: factor.
        form: "paper" or "code".

    Raises:
        InputError: an argument is out of its range.
    """
    weight = torch.nn.Parameter(torch.zeros_like(direction))
    weight.grad = direction.detach().clone()
    PerturbedSGD([weight], lr=lr, k=k, form=form).step()
    return -weight.detach()
