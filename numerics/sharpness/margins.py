"""How far the eigenvalues at the ends of a spectrum may be from what a Krylov space says of them."""

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
    found = [margins(projection, k, seen)] if upper else []
    if lower:
        found.append(margins(projection._replace(matrix=-projection.matrix), k, seen))
    return np.concatenate(found)


def margins(projection: Projection, count: int, seen: float) -> np.ndarray:
    r"""How far above its Ritz value each of the `count` largest eigenvalues may lie, largest first.

    The residual bounds it: some eigenvalue lies that near. If what the space has not seen lies below :math:`\mu`, then H is
    bounded, in Loewner's order, by its projection coupled to :math:`\mu I`, whose eigenvalues bound those of H one by one.
    That is quadratic in the residual, and holds for clusters. :math:`\mu` is taken at the next Ritz value, or at `seen`.

    Args:
        projection: of the operator.
        count: eigenvalues, >= 1.
        seen: lowest :math:`\mu` relative to the last of them; 1 leaves the residual alone.
    """
    values, residuals, _ = projection.pairs()
    if len(values) < count:
        return np.full(count, np.inf)
    wanted, found = values[::-1][:count], residuals[::-1][:count]
    limit = wanted[-1] - (1 - seen) * abs(wanted[-1])
    below = max(limit, values[-count - 1]) if len(values) > count else limit
    if below >= wanted[-1] or not len(projection.coupling):
        return found + projection.rounding
    above = _coupled(projection, below)[::-1][:count] - wanted
    return np.minimum(found, above.clip(0)) + projection.rounding


def _coupled(projection: Projection, level: float) -> np.ndarray:
    corner = level * np.eye(len(projection.coupling))
    return np.linalg.eigvalsh(np.block([[projection.matrix, projection.coupling.T], [projection.coupling, corner]]))
