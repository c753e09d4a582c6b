"""What each piece of the data weighs in the loss of all, asked of the loss itself.

A mean divides by what it counts: rows, tokens that are not padding, the sum of class weights. With pieces a and b that it
counts as A and B, the loss of both is (A loss(a) + B loss(b)) / (A + B), and so are its gradients: their shares are A / (A + B)
and B / (A + B). Of a sum both shares are 1. Each piece is held against one and the same, so that no more than two are in memory
at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple

import torch
from torch import Tensor

from derive.errors import InputError
from numerics.sharpness.batches import Piece, concatenated, joined
from numerics.sharpness.methods import gradient
from numerics.sharpness.nearby import moved
from numerics.sharpness.nested import UnlikeError, leaves, lent, mapped
from numerics.sharpness.objective import Objective

EXACT = 1e3
"""Rounding of a share taken from gradients by the outputs, in units of the last place; by parameters, ten times that."""

APART = 1e-2
"""How far the weights are moved, relative, where the loss has no slope to tell by."""

HINT = "pass the data as one batch without chunks"


class Slope(NamedTuple):
    """A loss and its gradient, in parts that compare."""

    loss: float
    parts: tuple[Tensor, ...]

    @property
    def finite(self) -> bool:
        """Not the loss of padding alone, say, which is 0 / 0."""
        return abs(self.loss) < float("inf") and all(bool(p.isfinite().all()) for p in self.parts)

    def dot(self, other: Slope) -> float:
        """Inner product of the gradients."""
        return sum(float((a.double() * b.double()).sum()) for a, b in zip(self.parts, other.parts, strict=True))


class Pair(NamedTuple):
    """Two pieces by themselves, and together."""

    first: Slope
    second: Slope
    both: Slope


def weighed(objective: Objective) -> list[Piece]:
    """The pieces with their weights; call it inside `undisturbed`.

    Raises:
        InputError: a loss that is neither a mean nor a sum over the pieces, or not the one that was said.
    """
    if objective.reduction != "batches":
        return _group(objective, objective.pieces, objective.reduction)
    batches = [_group(objective, list(group), None) for _, group in groupby(objective.pieces, lambda piece: piece.batch)]
    return [piece._replace(weight=piece.weight / len(batches)) for group in batches for piece in group]


def _group(objective: Objective, pieces: Sequence[Piece], reduction: str | None) -> list[Piece]:
    if len(pieces) == 1:
        return [pieces[0]._replace(weight=1.0)]
    counts, summed = _counts(objective, pieces)
    reduced = "sum" if summed else "mean"
    if reduction is not None and summed is not None and reduction != reduced:
        raise InputError(
            f"expected loss_fn to take the {reduction} over rows, so that batches add up, but it takes the {reduced}; "
            f"pass reduction={reduced!r}"
        )
    if summed or (summed is None and reduction == "sum"):
        return [piece._replace(weight=1.0) for piece in pieces]
    total = sum(counts)
    return [piece._replace(weight=count / total) for piece, count in zip(pieces, counts, strict=True) if count]


def _counts(objective: Objective, pieces: Sequence[Piece]) -> tuple[list[float], bool | None]:
    """What the loss counts each piece as, by rows if it does, and whether it is a sum; None where nothing tells."""
    ask, exact = _asked(objective, pieces, objective.tensors)
    slopes = [ask.alone(piece) for piece in pieces]
    if any(slope.finite and not slope.dot(slope) for slope in slopes):  # a perfect fit, say, tells nothing: ask beside it
        ask, exact = _asked(objective, pieces, moved(objective.tensors, APART))
        slopes = [ask.alone(piece) for piece in pieces]
    reference = next((p for p, slope in zip(pieces, slopes, strict=True) if slope.finite and slope.dot(slope) > 0), None)
    if reference is None:
        return [float(piece.rows) for piece in pieces], None
    counted = [(1.0, None) if piece is reference else _ratio(ask(reference, piece), exact) for piece in pieces]
    kinds = {summed for _, summed in counted if summed is not None}
    if len(kinds) > 1:
        raise _neither()
    by_rows = [piece.rows / reference.rows for piece in pieces]
    ratios = [
        rows if ratio is None or abs(ratio - rows) <= exact * rows else ratio
        for (ratio, _), rows in zip(counted, by_rows, strict=True)
    ]
    counts = [float(p.rows) for p in pieces] if ratios == by_rows else ratios
    return counts, next(iter(kinds), None)


def _ratio(pair: Pair, exact: float) -> tuple[float | None, bool | None]:
    """The second piece's count in units of the first one's, and whether they are summed; None where nothing tells."""
    first, second, both = pair
    if not both.finite:
        raise InputError(f"expected a finite loss, got {both.loss:g}; training has diverged, or the data holds such numbers")
    if not second.finite:  # nothing in it counts; were it broken, the loss of both would be too
        second = Slope(0.0, tuple(torch.zeros_like(p) for p in first.parts))
    apart = _combined((1.0, first), (-1.0, second))
    size = apart.dot(apart)
    share = _combined((1.0, both), (-1.0, second)).dot(apart) / size if size else None
    summed = _is(both, exact, (1.0, first), (1.0, second))
    if not _is(both, exact, (0.5 if share is None else share, first), (0.5 if share is None else 1 - share, second)):
        if not summed:
            raise _neither()
        return 1.0, True
    if share is None:
        return None, None
    return max((1 - share) / share, 0.0) if share > 0 else None, None if summed else False


def _combined(*terms: tuple[float, Slope]) -> Slope:
    """Sum of multiples."""
    parts = zip(*(slope.parts for _, slope in terms), strict=True)
    factors = [factor for factor, _ in terms]
    added = tuple(sum(f * p.double() for f, p in zip(factors, places, strict=True)) for places in parts)
    return Slope(sum(factor * slope.loss for factor, slope in terms), added)  # pyright: ignore[reportArgumentType]


def _is(both: Slope, exact: float, *terms: tuple[float, Slope]) -> bool:
    """Whether loss and gradient are that sum, number by number."""
    rest = _combined((1.0, both), *((-factor, slope) for factor, slope in terms))
    size = sum(abs(slope.loss) for _, slope in (*terms, (1.0, both)))
    return abs(rest.loss) <= exact * size and rest.dot(rest) <= exact**2 * max(s.dot(s) for _, s in (*terms, (1.0, both)))


def _neither() -> InputError:
    return InputError(
        f"expected a loss that is a mean or a sum over its pieces, so that they add up, but it is neither; {HINT}"
    )


def _asked(
    objective: Objective, pieces: Sequence[Piece], tensors: Sequence[Tensor]
) -> tuple[_ByOutputs | _ByParameters, float]:
    """How to ask, and how exact it is: by the outputs, or else (where a model makes its own loss, say) by the parameters."""
    eps, by_outputs = torch.finfo(tensors[0].dtype).eps, _ByOutputs(objective, tensors)
    try:
        by_outputs(pieces[0], pieces[1])
    except torch.OutOfMemoryError:
        raise
    except (RuntimeError, TypeError, ValueError, IndexError, KeyError, AttributeError):
        return _ByParameters(objective, tensors), 10 * EXACT * eps
    return by_outputs, EXACT * eps


class _ByOutputs:
    """Gradients of the loss by the outputs of the model, which is run on each piece by itself."""

    def __init__(self, objective: Objective, tensors: Sequence[Tensor]) -> None:
        self.objective, self.tensors = objective, tensors
        self._known: tuple[Piece, Any, Slope] | None = None

    def alone(self, piece: Piece) -> Slope:
        """Of one piece."""
        return self._slope(self._output(piece), piece.targets)

    def __call__(self, first: Piece, second: Piece) -> Pair:
        if self._known is None or self._known[0] is not first:  # the one that all are held against
            self._known = first, self._output(first), self.alone(first)
        (_, one, alone), other = self._known, self._output(second)
        if not _by_rows(one, first) or not _by_rows(other, second):
            raise UnlikeError("outputs that have no rows")
        with torch.no_grad():
            outputs, targets = concatenated(one, other), concatenated(first.targets, second.targets)
        both, beside = self._slope(outputs, targets), self._slope(other, second.targets)
        left, right = (tuple(torch.zeros_like(p) for p in s.parts) for s in (alone, beside))
        return Pair(Slope(alone.loss, alone.parts + right), Slope(beside.loss, left + beside.parts), _split(both, first.rows))

    def _output(self, piece: Piece) -> Any:
        with torch.no_grad():
            return self.objective.output(piece, self.tensors)

    def _slope(self, outputs: Any, targets: Any) -> Slope:
        outputs = mapped(lambda t: t.detach().requires_grad_() if t.is_floating_point() and t.ndim else t, outputs)
        taken = [t for t in leaves(outputs) if t.requires_grad]
        loss = self.objective.loss_fn(outputs, lent(targets))
        slopes = torch.autograd.grad(loss, taken, materialize_grads=True)
        return Slope(loss.item(), tuple(s.detach() for s in slopes))


def _by_rows(outputs: Any, piece: Piece) -> bool:
    """Whether there are outputs for each row; numbers that are no outputs of any (a penalty) may stand beside."""
    floats = [t for t in leaves(outputs) if t.is_floating_point() and t.ndim]
    return bool(floats) and all(len(t) == piece.rows for t in floats)


def _split(slope: Slope, rows: int) -> Slope:
    parts = [torch.split(p, [rows, len(p) - rows]) for p in slope.parts]
    return Slope(slope.loss, tuple(a for a, _ in parts) + tuple(b for _, b in parts))


class _ByParameters:
    """Gradients of the loss by the parameters, of each piece and of the rows of two put together."""

    def __init__(self, objective: Objective, tensors: Sequence[Tensor]) -> None:
        self.objective, self.tensors = objective, tensors

    def alone(self, piece: Piece) -> Slope:
        """Of one piece."""
        loss = self.objective.loss(piece, self.tensors)
        return Slope(loss.item(), tuple(s.detach() for s in gradient(loss, self.tensors)))

    def __call__(self, first: Piece, second: Piece) -> Pair:
        try:
            both = joined(first, second)
        except UnlikeError as error:
            raise InputError(
                f"expected pieces that can be put together, to ask the loss what it divides by, got {error}; {HINT}, or pad "
                "them to one length"
            ) from None
        return Pair(self.alone(first), self.alone(second), self.alone(both))
