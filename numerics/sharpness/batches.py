"""The data of a measurement: cut into pieces that fit the memory. What each weighs in the loss is asked in `weights`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from derive.errors import InputError
from numerics.sharpness.nested import UnlikeError, detached, leaves, mapped, merged, sequences

REDUCTIONS = ("mean", "sum", "batches", None)
"""What the loss does over the rows of a batch; the mean of the batches' losses; or whichever of mean and sum it is."""


class Piece(NamedTuple):
    """Rows that go through the model together.

    Attributes:
        inputs: what the model takes: a tensor, or tensors in whatever holds them.
        targets: what the loss takes beside the output.
        rows: how many rows, >= 1.
        weight: of their loss in the loss of all.
        batch: number of the batch that they are of.
    """

    inputs: Any
    targets: Any
    rows: int
    weight: float
    batch: int = 0


def pieces(data: Any, chunk: int | None, reduction: str | None, like: Tensor) -> list[Piece]:
    """Cut the data; the weights are by rows as yet.

    Args:
        data: a tuple (inputs, targets), or an iterable of such batches, which is gone through once.
        chunk: most rows at once, >= 1; None for whole batches.
        reduction: of `REDUCTIONS`.
        like: a parameter of the model, for its device and type.

    Raises:
        InputError: no rows; a batch that is none; data elsewhere or of another type than the model; rows that cannot be cut.
    """
    if reduction not in REDUCTIONS:
        raise InputError(f"expected reduction 'mean' or 'sum' over the rows of a batch, got {reduction!r}")
    if chunk is not None and (isinstance(chunk, bool) or not isinstance(chunk, int) or chunk < 1):
        raise InputError(f"expected chunk >= 1, the most rows at once, or None, got {chunk!r}")
    parts = [_piece(batch, like, number) for number, batch in enumerate(_batches(data))]
    parts = [part for piece in parts if piece.rows for part in _cut(piece, chunk)]
    total = sum(piece.rows for piece in parts)
    if not total:
        raise InputError("expected data with at least one row, got none; check the data set or the loader")
    return [piece._replace(weight=piece.rows / total) for piece in parts]


def rows_of(piece: Piece, start: int, stop: int) -> Piece:
    """Some of the rows of a piece; all of them if something in it has no rows to cut."""
    if not _has_rows(piece):
        return piece
    with torch.set_grad_enabled(any(t.requires_grad for t in leaves((piece.inputs, piece.targets)))):
        cut = mapped(lambda t: t[start:stop] if t.ndim else t, (piece.inputs, piece.targets))
    return piece._replace(inputs=cut[0], targets=cut[1], rows=len(range(piece.rows)[start:stop]))


def joined(first: Piece, second: Piece) -> Piece:
    """The rows of both.

    Raises:
        UnlikeError: they do not fit together.
    """
    inputs, targets = concatenated(*((piece.inputs, piece.targets) for piece in (first, second)))
    return first._replace(inputs=inputs, targets=targets, rows=first.rows + second.rows)


def concatenated(first: Any, second: Any) -> Any:
    """Nested tensors one after the other along their rows; those that have none have to be equal. What is twice in both is one.

    Raises:
        UnlikeError: they do not fit together.
    """
    known: dict[tuple[int, int], Tensor] = {}

    def once(a: Tensor, b: Tensor) -> Tensor:
        if (id(a), id(b)) not in known:
            known[id(a), id(b)] = one(a, b)
        return known[id(a), id(b)]

    def one(a: Tensor, b: Tensor) -> Tensor:
        if a.ndim and a.shape[1:] == b.shape[1:]:
            return torch.cat([a, b])
        if a.shape != b.shape or not torch.equal(a, b):
            raise UnlikeError(f"shapes {tuple(a.shape)}, {tuple(b.shape)}")
        return a

    return merged(once, first, second)


def _batches(data: Any) -> Iterable[Any]:
    """A tuple of two is one batch, and so is a list that starts with a tensor, as loaders give it."""
    if isinstance(data, Tensor | Mapping | str) or not isinstance(data, Iterable):
        raise InputError(
            f"expected data as a tuple (inputs, targets) or an iterable of such batches, got {type(data).__name__}"
        )
    if isinstance(data, tuple) and len(data) == 2:
        return [data]
    return [data] if isinstance(data, list) and len(data) == 2 and isinstance(data[0], Tensor) else data


def _piece(batch: Any, like: Tensor, number: int) -> Piece:
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        raise InputError(f"expected each batch as (inputs, targets), got {_described(batch)}")
    rows = _rows(batch[0])
    if not rows and not any(True for _ in leaves(batch[0])):
        rows = _rows(batch[1])  # inputs of a type of the user's own, or texts
    if not rows:
        raise InputError(f"expected inputs with a first axis over the rows, got {_described(batch[0])}")
    for role, part in zip(("inputs", "targets"), batch, strict=True):
        _check_leaves(role, part, like)
    inputs, targets = mapped(detached, tuple(batch))
    return Piece(inputs, targets, rows[0], 1.0, number)


def _rows(value: Any) -> list[int]:
    """Length of the first axis of each tensor; of packed sequences how many there are."""
    if isinstance(value, PackedSequence):
        return [sequences(value)]
    return [len(tensor) for tensor in leaves(value) if tensor.ndim]


def _check_leaves(role: str, part: Any, like: Tensor) -> None:
    for tensor in leaves(part):
        if tensor.device != like.device:
            raise InputError(f"expected {role} on {like.device}, where the model is, got {tensor.device}; move one of them")


def unlike(piece: Piece, like: Tensor) -> str:
    """What is of another type than the parameters, in words; a model or a loss may convert it, and then it does no harm."""
    for role, part in (("inputs", piece.inputs), ("targets", piece.targets)):
        for tensor in leaves(part):
            if tensor.is_floating_point() and tensor.ndim and tensor.dtype != like.dtype:  # single numbers take any type on
                return f"parameters are of {like.dtype} and {role} of {tensor.dtype}; convert one of them"
    return ""


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
    """Whether all can be cut; single numbers go with every piece."""
    if any(isinstance(value, PackedSequence) for value in (piece.inputs, piece.targets)):
        return False
    return all(not tensor.ndim or len(tensor) == piece.rows for tensor in leaves((piece.inputs, piece.targets)))


def _described(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    return f"{type(value).__name__} of {len(value)}" if isinstance(value, tuple | list) else type(value).__name__
