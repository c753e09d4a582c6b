r"""How far the eigenvalues at the ends of a spectrum may be from what a Krylov space says of them.

Of each Ritz value the residual says at once that an eigenvalue lies as near; but it is large long after the value has come to
rest. What is left of the operator couples to the Ritz vectors through the residuals alone, so all it can add to the largest
value is second order in them, over the gap to the rest (Kato and Temple). That there is such a gap is taken from the next
Ritz value: what the start has no part of is not seen, and bounded by nothing here; `seen` makes room for what lies close.

>>> one = Projection(np.diag([1.0, 0.0]), np.array([[1e-3, 0.0]]), 0.0)  # H = [[1, 0, e], [0, 0, 0], [e, 0, h]], h <= 0
>>> [bool(9e-7 < margin < 1.1e-6) for margin in margins(one, 1, 0.0)]  # e^2 over the gap, and not e
[True]

Source: Parlett, The Symmetric Eigenvalue Problem, ch. 10 and 11.
"""

from __future__ import annotations

import numpy as np

from numerics.sharpness.krylov import Projection


def bounds(projection: Projection, k: int, ends: tuple[int, int], seen: float) -> np.ndarray:
    """Of the k largest, of the k smallest, or of both in this order, absolute; infinite while there are too few.

    Args:
        projection: of the operator.
        k: eigenvalues at an end.
        ends: whether the lower and the upper end are meant.
        seen: see `margins`.
    """
    lower, upper = ends
    both = [margins(projection, k, seen)] if upper else []
    if lower:
        both.append(margins(projection._replace(matrix=-projection.matrix), k, seen))
    return np.concatenate(both)


def margins(projection: Projection, k: int, seen: float) -> np.ndarray:
    r"""How far above its Ritz value each of the k largest eigenvalues may lie, largest first.

    The residual bounds it: some eigenvalue lies that near. If all of H but the k Ritz vectors lies below :math:`\mu`, then H is
    bounded, in Loewner's order, by the Ritz values coupled to :math:`\mu I` through their residuals; the eigenvalues of that
    bound those of H one by one. It is quadratic in the residuals, and holds for clusters among the k: Kato and Temple's bound
    for k = 1. :math:`\mu` is taken at the next Ritz value, or at `seen` if that is more.

    Args:
        projection: of the operator.
        k: eigenvalues, >= 1.
        seen: lowest :math:`\mu` relative to the last of them; 1 leaves the residual alone.
    """
    values, residuals, vectors = projection.pairs()
    wanted, margin = values[::-1][:k], residuals[::-1][:k]
    if len(values) == k or not len(projection.coupling):
        return margin + projection.rounding
    below = max(wanted[-1] - (1 - seen) * abs(wanted[-1]), values[-k - 1])
    if below >= wanted[-1]:
        return margin + projection.rounding
    coupling = projection.coupling @ vectors[:, ::-1][:, :k]
    corner = below * np.eye(len(coupling))
    above = np.linalg.eigvalsh(np.block([[np.diag(wanted), coupling.T], [coupling, corner]]))[::-1][:k]
    return np.minimum(margin, (above - wanted).clip(0)) + projection.rounding
