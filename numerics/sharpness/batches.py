"""The data of a measurement: cut into pieces that fit the memory, each with its weight in the loss."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from torch import Tensor

from derive.errors import InputError

REDUCTIONS = ("mean", "sum")
"""What the loss does over the rows of a batch."""


class Piece(NamedTuple):
    """Rows that go through the model together.

    Attributes:
        inputs: what the model takes: a tensor, or tensors in tuples, lists and mappings.
        targets: what the loss takes beside the output.
        rows: how many rows, >= 1.
        weight: of their loss in the loss of all.
    """

    inputs: Any
    targets: Any
    rows: int
    weight: float


def pieces(data: Any, chunk: int | None, reduction: str, like: Tensor) -> list[Piece]:
    """Cut and weigh the data.

    Args:
        data: a tuple (inputs, targets), or an iterable of such batches, which is gone through once.
        chunk: most rows at once, >= 1; None for whole batches.
        reduction: "mean" or "sum".
        like: a parameter of the model, for its device and type.

    Raises:
        InputError: no rows; a batch that is none; data elsewhere or of another type than the model; rows that cannot be cut.
    """
    if reduction not in REDUCTIONS:
        raise InputError(f"expected reduction 'mean' or 'sum' over the rows of a batch, got {reduction!r}")
    if chunk is not None and (isinstance(chunk, bool) or not isinstance(chunk, int) or chunk < 1):
        raise InputError(f"expected chunk >= 1, the most rows at once, or None, got {chunk!r}")
    found = [_piece(batch, like) for batch in _batches(data)]
    found = [part for piece in found if piece.rows for part in _cut(piece, chunk)]
    total = sum(piece.rows for piece in found)
    if not total:
        raise InputError("expected data with at least one row, got none; check the data set or the loader")
    return [piece._replace(weight=piece.rows / total if reduction == "mean" else 1.0) for piece in found]


def leaves(value: Any) -> Iterator[Tensor]:
    """The tensors in nested tuples, lists and mappings."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping | tuple | list):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from leaves(part)


def mapped(function: Callable[[Tensor], Tensor], value: Any) -> Any:
    """The same nesting, of the function's values."""
    if isinstance(value, Tensor):
        return function(value)
    if isinstance(value, Mapping):
        return {name: mapped(function, part) for name, part in value.items()}
    return tuple(mapped(function, part) for part in value) if isinstance(value, tuple | list) else value


def rows_of(piece: Piece, start: int, stop: int) -> Piece:
    """Some of the rows of a piece; all of them if something in it has no rows to cut."""
    if not _has_rows(piece):
        return piece
    inputs, targets = (mapped(lambda t: t[start:stop], part) for part in (piece.inputs, piece.targets))
    return Piece(inputs, targets, len(range(piece.rows)[start:stop]), piece.weight)


def _batches(data: Any) -> Iterable[Any]:
    """A tuple of two is one batch, and so is a list that starts with a tensor, as loaders give it."""
    if isinstance(data, Tensor | Mapping | str) or not isinstance(data, Iterable):
        raise InputError(
            f"expected data as a tuple (inputs, targets) or an iterable of such batches, got {type(data).__name__}"
        )
    if isinstance(data, tuple) and len(data) == 2:
        return [data]
    return [data] if isinstance(data, list) and len(data) == 2 and isinstance(data[0], Tensor) else data


def _piece(batch: Any, like: Tensor) -> Piece:
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        raise InputError(f"expected each batch as (inputs, targets), got {_described(batch)}")
    tensors = [tensor for tensor in leaves(batch[0]) if tensor.ndim]
    if not tensors:
        raise InputError(f"expected inputs with a first axis over the rows, got {_described(batch[0])}")
    for role, part in zip(("inputs", "targets"), batch, strict=True):
        _check_leaves(role, part, like)
    inputs, targets = (mapped(_usable, part) for part in batch)
    return Piece(inputs, targets, len(tensors[0]), 1.0)


def _usable(tensor: Tensor) -> Tensor:
    """Without history; a tensor made in inference mode cannot be differentiated through."""
    return tensor.clone() if tensor.is_inference() else tensor.detach()


def _check_leaves(role: str, part: Any, like: Tensor) -> None:
    for tensor in leaves(part):
        if tensor.device != like.device:
            raise InputError(f"expected {role} on {like.device}, where the model is, got {tensor.device}; move one of them")
        if tensor.is_floating_point() and tensor.dtype != like.dtype:
            raise InputError(
                f"expected {role} of {like.dtype}, as the model's parameters, got {tensor.dtype}; convert one of them"
            )


def _cut(piece: Piece, chunk: int | None) -> list[Piece]:
    if chunk is None or piece.rows <= chunk:
        return [piece]
    if not _has_rows(piece):
        shapes = ", ".join(str(tuple(t.shape)) for t in leaves((piece.inputs, piece.targets)))
        raise InputError(
            f"expected inputs and targets with as many rows to cut into chunks, got shapes {shapes}; use chunk=None"
        )
    return [rows_of(piece, start, start + chunk) for start in range(0, piece.rows, chunk)]


def _has_rows(piece: Piece) -> bool:
    return all(tensor.ndim and len(tensor) == piece.rows for tensor in leaves((piece.inputs, piece.targets)))


def _described(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    return f"{type(value).__name__} of {len(value)}" if isinstance(value, tuple | list) else type(value).__name__
