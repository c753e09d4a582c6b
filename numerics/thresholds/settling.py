r"""Whether the denominators of an adaptive optimiser are means of enough gradients to say where its edge is.

After t steps Adam divides by the root of a weighted mean of squares, :math:`v = \sum_i w_i g_i^2` with
:math:`w_i \propto \beta_2^{t-i}`, which is worth

.. math:: n(t) = \frac{(\sum w_i)^2}{\sum w_i^2} = \frac{(1 - \beta_2^t)(1 + \beta_2)}{(1 + \beta_2^t)(1 - \beta_2)}

gradients: one at the first step, about t at first, :math:`(1 + \beta_2) / (1 - \beta_2)` in the end. The root of a mean of n
squares of a Gaussian is off by :math:`1/\sqrt{2n}`. At the first step a weight whose one gradient happens to be small
has a small denominator, and the edge seems hundreds of times lower than it is a few steps later. The denominators have settled
once that error is below `PRECISION`, or once the start is forgotten as far, where the memory never holds that many.

Source: Kish, Survey Sampling (1965), for the effective number; torch.optim for the recurrences.
"""

from __future__ import annotations

from math import ceil, inf, sqrt

from torch.optim import Optimizer

from numerics.thresholds.kinds import live_of, trained, unwrapped

PRECISION = 0.2
"""Relative error of the denominators: the width of the band, from 0.9 to 1.1, that is called "at the edge"."""


def effective(steps: float, memory: float) -> float:
    """How many gradients the mean of squares is worth.

    >>> [round(effective(t, 0.999), 2) for t in (1, 10, 10**6)]
    [1.0, 10.0, 1999.0]
    >>> effective(7, 1.0)
    7
    """
    if memory >= 1:
        return steps
    left = memory**steps
    return (1 - left) / (1 + left) * (1 + memory) / (1 - memory)


def is_settled(steps: float, memory: float) -> bool:
    """Whether the roots are as exact as they get, or within `PRECISION`."""
    known = effective(steps, memory)
    return known > 0 and (1 / sqrt(2 * known) <= PRECISION or (steps > 0 and memory**steps <= PRECISION))


def steps_to_settle(memory: float) -> int:
    """The first step at which they have settled.

    >>> [steps_to_settle(memory) for memory in (0.0, 0.9, 0.99, 0.999, 1.0)]
    [1, 15, 13, 13, 13]
    """
    least = ceil(1 / (2 * PRECISION**2))  # never fewer gradients than that, unless the memory is shorter
    return next(step for step in range(1, 10 * least) if is_settled(step, memory))


def unsettled(optimizer: Optimizer) -> str:
    """Why the denominators tell no edge yet; empty where they do, or where there are none.

    Raises:
        InputError: as `numerics.thresholds.kinds.live_of`.
    """
    optimizer = unwrapped(optimizer)
    done, wanted = inf, 0
    for _, group, parameter in trained(optimizer):
        live, state = live_of(optimizer, group), optimizer.state.get(parameter)
        if live.memory and state:
            memory, steps = live.memory(group), float(state.get("step", inf))
            if not is_settled(steps, memory):
                done, wanted = min(done, steps), max(wanted, steps_to_settle(memory))
    if not wanted:
        return ""
    return f"the denominators are means of {done:.0f} squared gradients, and settle to {PRECISION:.0%} at step {wanted}"
