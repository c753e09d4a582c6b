"""Sharpness: the extreme eigenvalues of the loss' Hessian, measured once or followed through a training run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from derive.errors import InputError, choose
from numerics.sharpness.hessian import Hessian, flat
from numerics.sharpness.krylov import Apply, Space
from numerics.sharpness.margins import bounds
from numerics.sharpness.objective import LossFn
from numerics.sharpness.warm import Before, Spectrum

WHICH = {"largest": (0, 1), "smallest": (1, 0), "both": (1, 1)}
"""Name -> whether the lower and the upper end are meant."""

LIMIT = 1000
"""Most products."""

ROOM = 64
"""Basis vectors held at most, beyond what several eigenvalues at once need."""

SPARE = 4
"""Ritz vectors kept at a restart beyond those asked for, at either end."""

FLOOR = 0.01
"""An eigenvalue smaller than this part of the largest magnitude is determined to the tolerance of that part."""

SEEN = 0.99
"""How near to an eigenvalue, relative, another may lie that the space has not seen, with the bounds still holding."""


def sharpness(
    model: nn.Module,
    loss_fn: LossFn,
    data: Any,
    k: int = 1,
    which: str = "largest",
    tolerance: float = 1e-3,
    warm: Spectrum | Tensor | None = None,
    preconditioner: Tensor | Iterable[Tensor] | None = None,
    parameters: Iterable[Tensor] | None = None,
    *,
    method: str = "auto",
    chunk: int | None = None,
    reduction: str = "mean",
    limit: int = LIMIT,
    seed: int = 0,
) -> Spectrum:
    r"""Extreme eigenvalues of the Hessian H of a loss, or of :math:`P^{-1/2} H P^{-1/2}`, without forming it.

    Args:
        model: any module, in the mode that is meant.
        loss_fn: (output, targets) -> scalar.
        data: (inputs, targets) or an iterable of such batches.
        k: eigenvalues at each end, >= 1.
        which: "largest" (algebraically), "smallest" or "both".
        tolerance: error asked for, relative to the value, or to a hundredth of the largest magnitude where that is more.
        warm: the last measurement, or its vectors (p, n), to start from; most checks are made at a cold start only.
        preconditioner: diagonal of P, > 0, flat or one tensor per parameter, as an adaptive optimiser divides by.
        parameters: those to differentiate by; all that require a gradient by default.
        method: of the products, see `Hessian`.
        chunk: most rows at once.
        reduction: "mean" or "sum", what loss_fn does.
        limit: most products; then what was found is given with its bounds, and `converged` is False.
        seed: of the random start.

    Raises:
        InputError: see `Hessian`; k, which, tolerance or limit out of range; a warm start or preconditioner that does not fit.

    Warns:
        BatchCoupledWarning: batch norm in training mode.
    """
    if method == "measured" and isinstance(warm, Spectrum):
        method = warm.method
    options = {"method": method, "chunk": chunk, "reduction": reduction, "check": warm is None}
    hessian = Hessian(model, loss_fn, data, parameters, **options)
    return spectrum(hessian, k, which, tolerance, warm, preconditioner, limit, seed)


def spectrum(
    hessian: Hessian,
    k: int = 1,
    which: str = "largest",
    tolerance: float = 1e-3,
    warm: Spectrum | Tensor | None = None,
    preconditioner: Tensor | Iterable[Tensor] | None = None,
    limit: int = LIMIT,
    seed: int = 0,
) -> Spectrum:
    """As `sharpness`, of a Hessian at hand."""
    ends = choose("which", which, WHICH)
    _check(hessian, k * sum(ends), tolerance, limit)
    spent = hessian.products
    with hessian.undisturbed():  # autocast would round the vectors
        before = Before(warm, k, ends, hessian)
        converged = _converged(
            scaled(hessian, preconditioner), before, tolerance, lambda: hessian.products - spent >= limit, seed
        )
    products, done = hessian.products - spent, converged.within(tolerance)
    values, margin, residuals = (torch.from_numpy(a.copy()) for a in (converged.values, converged.bounds, converged.residuals))
    return Spectrum(
        values, margin, converged.vectors, converged.following, products, done, residuals, before.measured + 1, hessian.method
    )


def _converged(apply: Apply, before: Before, tolerance: float, spent: Callable[[], bool], seed: int) -> Found:
    """Grow a space until it tells the values well enough, or the products are spent."""
    k, ends = before.k, before.ends
    space = Space(before.start(seed + before.measured), seed + before.measured, max(ROOM, 12 * k))
    while True:
        space.grow(apply)
        pairs = _found(space, k, ends)
        if pairs.within(tolerance) or space.full or spent():
            return pairs
        if space.size + k > space.room:
            space.restart((k + SPARE) * ends[0], (k + SPARE) * ends[1])


class Found(NamedTuple):
    """The Ritz pairs asked for, as they are known so far."""

    values: np.ndarray
    residuals: np.ndarray
    bounds: np.ndarray
    vectors: Tensor
    following: Tensor
    radius: float
    rounding: float

    def within(self, tolerance: float) -> bool:
        """Whether all are determined to the tolerance, or to rounding."""
        room = tolerance * np.maximum(np.abs(self.values), FLOOR * self.radius)
        return bool((self.bounds <= np.maximum(room, 2 * self.rounding)).all())


def _found(space: Space, k: int, ends: tuple[int, int]) -> Found:
    projection = space.projection()
    values, residuals, coefficients = projection.pairs()
    rising = np.arange(len(values))
    picked = np.concatenate([rising[::-1][: k * ends[1]], rising[: k * ends[0]]])
    after = [*rising[::-1][k : k + ends[1]], *rising[k : k + ends[0]]]
    vectors, following = space.vectors(coefficients[:, picked]), space.vectors(coefficients[:, after])
    margin = np.full(k * sum(ends), np.inf) if len(values) < k * sum(ends) else bounds(projection, k, ends, SEEN)
    radius = float(np.abs(values).max())
    return Found(
        values[picked], residuals[picked], margin[: max(len(picked), 1)], vectors, following, radius, projection.rounding
    )


def scaled(hessian: Hessian, preconditioner: Tensor | Iterable[Tensor] | None) -> Apply:
    """Products with the Hessian, with the root of P divided out on both sides.

    Raises:
        InputError: a preconditioner that does not fit, or is not finite and above 0.
    """
    if preconditioner is None:
        return hessian.rows
    parts = [preconditioner] if isinstance(preconditioner, Tensor) else list(preconditioner)
    diagonal = flat(parts).detach()
    if diagonal.numel() != hessian.size or diagonal.device != hessian.device:
        got = f"{diagonal.numel()} on {diagonal.device}"
        raise InputError(
            f"expected a preconditioner of {hessian.size} numbers on {hessian.device}, one per parameter, got {got}"
        )
    if not bool((diagonal.isfinite() & (diagonal > 0)).all()):
        raise InputError(
            f"expected a preconditioner finite and above 0, got {float(diagonal.min()):g}; add the optimiser's eps"
        )
    scale = diagonal.rsqrt().to(hessian.dtype)
    return lambda vectors: scale * hessian.rows(scale * vectors)


def _check(hessian: Hessian, count: int, tolerance: float, limit: int) -> None:
    if not 1 <= count <= hessian.size:
        raise InputError(f"expected 1 to {hessian.size} eigenvalues of as many parameters, got {count} in all; change k")
    if not tolerance > 0:
        raise InputError(f"expected a tolerance > 0, got {tolerance!r}")
    if limit < count:
        raise InputError(f"expected a limit of at least {count} products, got {limit!r}")
