"""What would make a product with the Hessian wrong without a word, looked for on a few rows before the first product."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from math import isfinite
from typing import Any

import torch
from torch import Tensor, nn

from derive.errors import InputError
from numerics.optim.stateless import centred
from numerics.sharpness.batches import Piece, leaves, rows_of
from numerics.sharpness.methods import explained, gradient, graph
from numerics.sharpness.objective import Objective

ROWS = 32
"""Rows that are looked at."""

AGREEMENT = 0.05
"""A product may differ from the gradient's difference quotient by this much, relative: what kinks of ReLU take."""

STEPS = (1e-2, 1e-3, 1e-4)
"""Lengths of the difference quotient's step relative to the parameters'; the best counts."""


def check_loss(objective: Objective, piece: Piece) -> float:
    """Loss of a piece, by one forward pass without gradients.

    Raises:
        InputError: model or loss do not take the data; the loss is no single number, or not finite.
    """
    with torch.no_grad():
        loss = _called(objective, piece)
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        got = f"shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else type(loss).__name__
        raise InputError(f"expected loss_fn to return a tensor of one number, got {got}; reduce it to the mean or the sum")
    if not isfinite(float(loss)):
        raise InputError(f"expected a finite loss, got {float(loss)}; training has diverged, or the data holds such numbers")
    return float(loss)


def _called(objective: Objective, piece: Piece) -> Any:
    try:
        return objective.loss(piece, objective.tensors)
    except torch.OutOfMemoryError:
        raise
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"expected data that model(inputs) and loss_fn(output, targets) take, got {reason}") from None


def check_repeats(objective: Objective) -> None:
    """Two forward passes give one loss.

    Raises:
        InputError: they do not; the module that differs is named.
    """
    for name, module in objective.model.named_modules():
        if isinstance(module, nn.modules.dropout._DropoutNd) and module.training and module.p > 0:
            raise InputError(_random(f"{name!r} ({type(module).__name__}, p = {module.p:g})"))
    piece = rows_of(objective.pieces[0], 0, ROWS)
    first, second = check_loss(objective, piece), check_loss(objective, piece)
    if abs(first - second) > 1000 * _eps(objective) * (abs(first) + abs(second)):
        raise InputError(_random(_culprit(objective, piece)))


def _random(name: str) -> str:
    return f"expected a forward pass that repeats itself, but {name} gives two outputs for one input; call model.eval()"


def _culprit(objective: Objective, piece: Piece) -> str:
    """The first module whose outputs differ on equal inputs."""
    passes = [_recorded(objective, piece) for _ in range(2)]
    for (name, taken, given), (_, taken_again, given_again) in zip(*passes, strict=False):
        if _equal(taken, taken_again) and not _equal(given, given_again):
            return name
    return "the loss function"


def _recorded(objective: Objective, piece: Piece) -> list[tuple[str, list[Tensor], list[Tensor]]]:
    """(name, inputs, outputs) of all modules in the order in which they finish."""
    seen: list[tuple[str, list[Tensor], list[Tensor]]] = []

    def hook(name: str):
        return lambda module, taken, given: seen.append(
            (f"{name!r} ({type(module).__name__})", *([t.detach().clone() for t in leaves(v)] for v in (taken, given)))
        )

    hooks = [module.register_forward_hook(hook(name)) for name, module in objective.model.named_modules()]
    try:
        check_loss(objective, piece)
    finally:
        for handle in hooks:
            handle.remove()
    return seen


def _equal(first: Sequence[Tensor], second: Sequence[Tensor]) -> bool:
    return len(first) == len(second) and all(map(torch.equal, first, second))


def check_reduction(objective: Objective) -> None:
    """The loss of some rows is the mean, or the sum, of the losses of its parts; needed only where there are several pieces.

    Raises:
        InputError: it is not, so that the pieces would not add up to the loss meant.
    """
    piece = rows_of(objective.pieces[0], 0, ROWS)
    cut = max(piece.rows // 3, 1)
    parts = rows_of(piece, 0, cut), rows_of(piece, cut, piece.rows)
    if len(objective.pieces) == 1 or objective.coupled or cut == piece.rows or parts[0].rows != cut:
        return
    whole, first, second = (check_loss(objective, p) for p in (piece, *parts))
    share, slack = cut / piece.rows, 1e4 * _eps(objective) * (abs(first) + abs(second))
    fits = {
        "mean": abs(share * first + (1 - share) * second - whole) <= slack,
        "sum": abs(first + second - whole) <= slack,
    }
    if not fits[objective.reduction]:
        other = [name for name, fit in fits.items() if fit]
        hint = f"pass reduction={other[0]!r}" if other else "pass the data as one batch without chunks"
        raise InputError(
            f"expected loss_fn to take the {objective.reduction} over rows, so that batches add up, but it does not; {hint}"
        )


def check_derivatives(objective: Objective) -> None:
    """Every operation can be differentiated twice, and custom ones agree with a difference quotient of the gradient.

    Raises:
        InputError: one cannot or does not; it is named.
    """
    piece = rows_of(objective.pieces[0], 0, ROWS)
    with explained("graph"):
        loss = objective.loss(piece, objective.tensors)
        custom = sorted({name for name in map(_custom, _nodes(loss.grad_fn)) if name})
        product = graph(lambda tensors: objective.loss(piece, tensors), objective.tensors)
        vectors = [centred(t.numel(), 0, n, t.device).view(t.shape).to(t.dtype) for n, t in enumerate(objective.tensors)]
        found = product(vectors, range(len(vectors)), False)
    if custom and not any(_agrees(objective, piece, vectors, found, step) for step in STEPS):
        raise InputError(
            f"expected custom functions that can be differentiated twice, but with {', '.join(custom)} the second derivative "
            "differs from the gradient's differences; write its backward in torch operations on saved tensors"
        )


def _nodes(root: Any) -> Iterator[Any]:
    seen, waiting = set(), [root]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in seen:
            seen.add(node)
            yield node
            waiting.extend(before for before, _ in node.next_functions)


def _custom(node: Any) -> str | None:
    """Name of the user's function that a node of the graph belongs to."""
    if isinstance(node, torch.autograd.function.BackwardCFunction):
        return type(node).__name__.removesuffix("Backward")
    return node.name() if "CppNode" in node.name() else None


def _agrees(objective: Objective, piece: Piece, vectors: list[Tensor], found: Sequence[Tensor], step: float) -> bool:
    length = step * float(_norm(objective.tensors) / _norm(vectors)) or step
    ends = []
    for sign in (1, -1):
        moved = [(t + sign * length * v).detach().requires_grad_() for t, v in zip(objective.tensors, vectors, strict=True)]
        ends.append(gradient(objective.loss(piece, moved), moved))
    quotient = [(a - b) / (2 * length) for a, b in zip(*ends, strict=True)]
    distance = _norm([q - f for q, f in zip(quotient, found, strict=True)])
    noise = 100 * _eps(objective) * _norm(ends[0]) / length
    return bool(distance <= AGREEMENT * torch.maximum(_norm(quotient), _norm(found)) + noise)


def _norm(tensors: Sequence[Tensor]) -> Tensor:
    return torch.cat([t.detach().flatten() for t in chain(tensors)]).norm()


def _eps(objective: Objective) -> float:
    return torch.finfo(objective.tensors[0].dtype).eps
