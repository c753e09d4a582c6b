"""What would make a product with the Hessian wrong without a word, looked for on a few rows before the first product."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

import torch
from torch import Tensor, nn

from derive.errors import InputError
from derive.shown import message
from numerics.sharpness.batches import Piece, joined, rows_of, unlike
from numerics.sharpness.blame import at_fault
from numerics.sharpness.krylov import UnresolvedError
from numerics.sharpness.methods import explained, graph
from numerics.sharpness.nearby import chance
from numerics.sharpness.nested import UnlikeError, leaves
from numerics.sharpness.objective import Objective
from numerics.sharpness.quotients import nodes, product, refuted

ROWS = 32
"""Rows that are looked at."""

AGREEMENT = 0.05
"""A product in float32 may differ from that in float64 by this much, relative, beyond what the gradient does."""


def check_loss(objective: Objective, piece: Piece) -> float:
    """Loss of a piece, by one forward pass.

    Raises:
        InputError: model or loss do not take the data; the loss is no single number, or not finite.
    """
    loss = any_loss(objective, piece)
    if not isfinite(loss):
        raise InputError(f"expected a finite loss, got {loss}; training has diverged, or the data holds such numbers")
    return loss


def any_loss(objective: Objective, piece: Piece) -> float:
    """The same, finite or not.

    Raises:
        InputError: model or loss do not take the data, or the loss is no single number.
    """
    loss = _called(objective, piece)  # with gradients on: the model or the loss may differentiate by the inputs
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        got = f"shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else type(loss).__name__
        raise InputError(f"expected loss_fn to return a tensor of one number, got {got}; reduce it to the mean or the sum")
    return loss.item()


def _called(objective: Objective, piece: Piece) -> Any:
    try:
        return objective.loss(piece, objective.tensors)
    except torch.OutOfMemoryError:
        raise
    except (RuntimeError, TypeError, ValueError, LookupError, AttributeError) as error:
        types = unlike(piece, next(iter(objective.tensors)))
        reason = f"{message(error)}; {types}" if types else message(error)
        raise InputError(f"expected data that model(inputs) and loss_fn(output, targets) take, got {reason}") from None


def sample(objective: Objective) -> Piece:
    """A few rows, or more where those have no finite loss (all padding, say).

    Raises:
        InputError: no piece has one.
    """
    for piece in objective.pieces:
        for some in (rows_of(piece, 0, ROWS), piece):
            if isfinite(any_loss(objective, some)):
                return some
    check_loss(objective, objective.pieces[0])
    return objective.pieces[0]


def check_repeats(objective: Objective, piece: Piece) -> None:
    """Two forward passes give one loss.

    Raises:
        InputError: they do not; the module that differs is named.
    """
    for name, module in objective.model.named_modules():
        if isinstance(module, nn.modules.dropout._DropoutNd) and module.training and module.p > 0:
            raise InputError(_random(f"{objective.called(name)} ({type(module).__name__}, p = {module.p:g})"))
    first, second = any_loss(objective, piece), any_loss(objective, piece)
    if not abs(first - second) <= 1000 * _eps(objective) * (abs(first) + abs(second)):
        raise InputError(_random(_culprit(objective, piece)))


def _random(name: str) -> str:
    return (
        f"expected a forward pass that repeats itself, but {name} gives two outputs for one input; call model.eval(), or "
        "give a monitor still=[its name, or that of its class], to put it alone into evaluation mode while measuring"
    )


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
        def keep(module: nn.Module, taken: Any, given: Any) -> None:
            values = ([t.detach().clone() for t in leaves(value)] for value in (taken, given))
            seen.append((f"{objective.called(name)} ({type(module).__name__})", *values))

        return keep

    hooks = [module.register_forward_hook(hook(name)) for name, module in objective.model.named_modules()]
    try:
        any_loss(objective, piece)
    finally:
        for handle in hooks:
            handle.remove()
    return seen


def _equal(first: Sequence[Tensor], second: Sequence[Tensor]) -> bool:
    return len(first) == len(second) and all(map(torch.equal, first, second))


def check_rows(objective: Objective) -> None:
    """The model gives the rows of two chunks together what it gives those of each, so that the cut does not change the loss.

    Asked of a few rows of one pair of chunks; nothing is said of outputs that are not by rows.

    Raises:
        InputError: it does not.
    """
    pairs = zip(objective.pieces, objective.pieces[1:], strict=False)
    first, second = next(((a, b) for a, b in pairs if a.batch == b.batch), (None, None))
    if first is None or second is None:
        return
    try:
        some = rows_of(first, 0, ROWS), rows_of(second, 0, ROWS)
        apart = [_row_outputs(objective, piece) for piece in some]
        together = _row_outputs(objective, joined(*some))
        coupled = any(_unlike(both, torch.cat(parts)) for both, *parts in zip(together, *apart, strict=True))
    except torch.OutOfMemoryError:
        raise
    except (RuntimeError, TypeError, ValueError, LookupError, AttributeError):  # what cannot be put together is not by rows
        return
    if coupled:
        raise InputError(
            "expected no chunks with a model whose output of a row depends on the rows beside it (a batch norm of its own, "
            "say), they change the loss; use chunk=None"
        )


def _row_outputs(objective: Objective, piece: Piece) -> list[Tensor]:
    with torch.no_grad():
        outputs = [t for t in leaves(objective.output(piece, objective.tensors)) if t.is_floating_point() and t.ndim]
    if any(len(t) != piece.rows for t in outputs):
        raise UnlikeError("outputs that have no rows")
    return outputs


def _unlike(one: Tensor, other: Tensor) -> bool:
    """Beyond rounding, which depends on how many rows go through a kernel at once."""
    same = (one == other) | (one.isnan() & other.isnan())
    off = (one - other).masked_fill(same, 0.0).double().norm()
    return not bool(off <= torch.finfo(one.dtype).eps ** 0.5 * one.double().nan_to_num().norm())


def check_derivatives(objective: Objective, piece: Piece) -> None:
    """Every operation can be differentiated twice, and products agree with difference quotients of the gradient.

    Raises:
        InputError: an operation cannot, or they do not; it is named where it can be found.
        UnresolvedError: products in float32 are not those in float64.
    """
    vectors = chance(objective.tensors, 0)
    with explained("graph"):
        loss = objective.loss(piece, objective.tensors)
        _check_reached(objective, loss)
        custom = sorted({name for name in map(_custom, nodes(loss.grad_fn)) if name})
        graph(_loss(objective, piece), objective.tensors)(vectors, range(len(vectors)), False)
    if _refuted(objective, piece):
        raise InputError(
            f"expected custom functions that can be differentiated twice, but with {', '.join(custom)} the second derivative "
            "differs from the gradient's differences; write its backward in torch operations on saved tensors"
            if custom
            else "expected second derivatives that are those of the gradient, but they differ from its differences, and so "
            f"would the sharpness: {at_fault(objective, piece)}"
        )


def _check_reached(objective: Objective, loss: Tensor) -> None:
    """The loss takes the parameters from the model, where they are swapped, not from somewhere else.

    Raises:
        InputError: it does not.
    """
    own = {id(p): name for name, p in objective.model.named_parameters()}
    reached = {own.get(id(getattr(node, "variable", None))) for node in nodes(loss.grad_fn)} - {None}
    if reached:
        name = objective.called(sorted(filter(None, reached))[0])
        raise InputError(
            f"expected a loss that takes parameters from the model as it is called, got {name} kept from before, so that its "
            "part of the curvature would be missing; look it up as the loss is computed (model.parameters())"
        )


def _refuted(objective: Objective, piece: Piece) -> bool:
    """In float64, or where model or loss do not work in it, as they are."""
    try:
        double, same = objective.doubled(piece)
        wrong = refuted(_loss(double, same), double.tensors)
    except (RuntimeError, TypeError, ValueError, LookupError, AttributeError):
        return refuted(_loss(objective, piece), objective.tensors)
    if not wrong and _eps(objective) > _eps(double):
        _check_precision(objective, piece, product(_loss(double, same), double.tensors, chance(double.tensors, 0)))
    return wrong


def _check_precision(objective: Objective, piece: Piece, exact: tuple[Tensor, Tensor]) -> None:
    """Products in the model's own precision, up to what it makes of the gradient."""
    (slope, computed), (true_slope, true) = (
        product(_loss(objective, piece), objective.tensors, chance(objective.tensors, 0)),
        exact,
    )
    rounded = float((slope - true_slope).norm()) / max(float(true_slope.norm()), 1e-300)
    off = float((computed - true).norm()) / max(float(true.norm()), 1e-300)
    if off > AGREEMENT + 10 * rounded:
        raise UnresolvedError(
            f"expected products with the Hessian that float32 can resolve, got some off by {off:.0e} relative to float64: "
            "rounding errors hide the curvature, or an operation's second derivative is wrong in float32 alone; try float64"
        )


def _loss(objective: Objective, piece: Piece) -> Callable[[Sequence[Tensor]], Tensor]:
    return lambda tensors: objective.loss(piece, tensors)


def _custom(node: Any) -> str | None:
    """Name of the user's function that a node of the graph belongs to."""
    if isinstance(node, torch.autograd.function.BackwardCFunction):
        return type(node).__name__.removesuffix("Backward")
    return node.name() if "CppNode" in node.name() else None


def _eps(objective: Objective) -> float:
    return torch.finfo(objective.tensors[0].dtype).eps
