r"""Is a run stable, restrained or unstable? By how its increments and its size develop over the second half.

With size :math:`s_n = \|K_n\|` and motion :math:`m_n = \|K_n - K_{n-1}\|`; M3, M4 (S3, S4) the greatest motion (size) in the
third and the fourth quarter of the run, and E1 to E4 the greatest motion in each eighth of its second half:

    unstable      something is not finite, or M4 > 1.1 M3 and S4 > 1.1 S3: it moves ever more and grows
    stable        E1, E2, E3, E4 fall by 5 % each: the increments die out; or M4 is rounding noise,
                  M4 <= max(100, N) eps S4
    restrained    otherwise: it keeps moving, but stays bounded

An amplification factor A sustains rounding noise of a few eps/(1 - |A|). A run of N steps that came down to its noise has
1 - |A| > 20/N or so, the others are seen to decay; hence the N. In float32, N = 1000, oscillations below 1e-4 of the state
count as noise. Rates that change the motion by less than 5 % per eighth of the run are not told apart from a lasting
oscillation: a run of N steps resolves amplification factors to about 0.4/N.
A lasting oscillation under a transient shows once the transient has fallen to a few times its size; the run must be that long.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from derive.errors import InputError
from numerics.pdes.simulate import Observer

DECAY, GROWTH, ROUNDING = 0.95, 1.1, 100.0
NAMES = ("stable", "restrained", "unstable")
STABLE, RESTRAINED, UNSTABLE = range(3)
LEAST_STEPS = 16


def motion_observers(dims: int = 2) -> dict[str, Observer]:
    """Observers of what the verdict needs; a state has `dims` trailing axes."""
    axes = tuple(range(-dims, 0))

    def size(state: Tensor, _: Tensor) -> Tensor:
        return torch.linalg.vector_norm(state, dim=axes)

    def motion(state: Tensor, previous: Tensor) -> Tensor:
        return torch.linalg.vector_norm(state - previous, dim=axes)

    return {"size": size, "motion": motion}


def verdict_codes(records: Mapping[str, Tensor]) -> Tensor:
    """Verdict of every run as 0 (stable), 1 (restrained) or 2 (unstable).

    Args:
        records: `"size"` and `"motion"`, each (time, ...), as `motion_observers` records them at every iteration.

    Returns:
        int64 tensor over the trailing axes.

    Raises:
        InputError: fewer than 16 records.
    """
    size, motion = records["size"], records["motion"]
    if size.shape[0] < LEAST_STEPS:
        raise InputError(f"expected at least {LEAST_STEPS} recorded iterations for a verdict, got {size.shape[0]}")
    (motion_3, motion_4), (size_3, size_4) = _last(motion, 2, 4), _last(size, 2, 4)
    eighths = _last(motion, 4, 8)
    finite = torch.isfinite(size).all(0) & torch.isfinite(motion).all(0)
    noise = motion_4 <= max(ROUNDING, size.shape[0]) * torch.finfo(size.dtype).eps * size_4
    codes = torch.full(size.shape[1:], RESTRAINED, device=size.device)
    codes[(eighths[1:] < DECAY * eighths[:-1]).all(0) | noise] = STABLE
    codes[(motion_4 > GROWTH * motion_3) & (size_4 > GROWTH * size_3) | ~finite] = UNSTABLE
    return codes


def verdict(records: Mapping[str, Tensor]) -> np.ndarray:
    """Verdict of every run as "stable", "restrained" or "unstable"; see `verdict_codes`."""
    return np.array(NAMES)[verdict_codes(records).cpu().numpy()]


def _last(record: Tensor, count: int, parts: int) -> Tensor:
    """Greatest value in each of the last `count` of `parts` equal parts of a run: (count, ...)."""
    length = record.shape[0] // parts
    return record[-count * length :].unflatten(0, (count, length)).amax(1)
