r"""Products with the Hessian held against difference quotients of the gradient, whose precision is part of the answer.

:math:`q(h) = (g(\theta + h v) - g(\theta - h v)) / 2h` is off by a third of :math:`|q(2h) - q(h)|`, what the step cuts off, and
by what rounding makes of the gradient over h, which is seen as the weights are moved by their last bit. Where both are small,
and the product is further away than they explain, autograd's second derivative is not that of the gradient. Nor is a gradient
one of a function where its second derivative is not symmetric.

It is done at a point near by, drawn at random: at the very weights, kinks are met more often than by chance (a ReLU at 0).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from numerics.sharpness.nearby import chance, moved

Loss = Callable[[Sequence[Tensor]], Tensor]

STEPS = (1e-6, 1e-9, 1e-4, 1e-3, 1e-2)
"""Relative to the weights: small ones pass few kinks, large ones are for a gradient that is rounded coarsely."""

FINE = 1e-6
"""Steps up to this are too short for kinks to matter."""

NEAR = 1e-3
"""How far away the point is, relative to the weights."""

SAFETY = 10
"""The errors of a quotient are known to this factor."""

DECISIVE = 0.1
"""A quotient decides if its errors, with this safety, are a smaller part of it."""

TRIES = 3
"""Directions, and points, in which a product has to be refuted: a single one may have met a kink."""

OTHER = 1000
"""Seed of the vector that symmetry is looked at with."""

KINKS = (
    "Relu",
    "Abs",
    "Max",
    "Min",
    "Clamp",
    "Hardtanh",
    "Hardshrink",
    "Softshrink",
    "Threshold",
    "Prelu",
    "Where",
    "Amax",
    "Amin",
)
"""In the names of operations whose gradient may jump."""


def refuted(loss: Loss, tensors: Sequence[Tensor]) -> bool:
    """Whether autograd's second derivatives of a loss are not those of its gradient."""
    return all(_refuted(loss, moved(tensors, NEAR, seed=2 * i), chance(tensors, 2 * i + 1)) for i in range(TRIES))


def product(loss: Loss, tensors: Sequence[Tensor], vectors: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Gradient and Hessian times a vector, flat, by reverse over reverse."""
    slopes = torch.autograd.grad(loss(tensors), tensors, create_graph=True, materialize_grads=True)
    pairs = [(s, v) for s, v in zip(slopes, vectors, strict=True) if s.requires_grad]
    if not pairs:
        return _flat(slopes), torch.zeros_like(_flat(slopes))
    outputs, cotangents = zip(*pairs, strict=True)
    return _flat(slopes), _flat(torch.autograd.grad(outputs, tensors, cotangents, materialize_grads=True))


def _refuted(loss: Loss, point: Sequence[Tensor], vectors: Sequence[Tensor]) -> bool:
    vectors = _past_padding(loss(point), point, vectors)
    slope, curved = product(loss, point, vectors)
    if not bool(curved.isfinite().all()):
        return False  # said elsewhere
    eps = torch.finfo(point[0].dtype).eps

    def gradient(step: float) -> Tensor:
        at = moved(point, step, vectors)
        return _flat(torch.autograd.grad(loss(at), at, materialize_grads=True))

    rounding = max(float((gradient(2 * eps) - slope).norm()), eps * float(slope.norm()))
    if _asymmetric(loss, point, vectors, curved, (rounding / (float(slope.norm()) or 1)) ** 0.5):
        return True
    told = False
    for step in STEPS:
        near, far = ((gradient(h) - gradient(-h)) / (2 * h) for h in (step, 2 * step))
        size = max(float(near.norm()), float(curved.norm()))
        slack = SAFETY * (float((far - near).norm()) / 3 + rounding / step)
        if not slack <= DECISIVE * size:
            continue
        if float((near - curved).norm()) <= slack + eps**0.5 * size:
            return False
        told = told or step <= FINE or not kinked(loss(point))
    return told


def _past_padding(loss: Tensor, point: Sequence[Tensor], vectors: Sequence[Tensor]) -> Sequence[Tensor]:
    """The vectors, 0 on rows of embeddings that stand for padding: torch defines their gradient as 0, whatever the loss.

    A row that has a gradient all the same, as where the weight is an output layer's too, moves, and counts.
    """
    rows = list(_padding(loss, point))
    if not rows:
        return vectors
    slopes = torch.autograd.grad(loss, point, materialize_grads=True)
    cut = [v.clone() for v in vectors]
    for number, row in rows:
        if not bool(slopes[number][row].any()):
            cut[number][row] = 0
    return cut


def _padding(loss: Tensor, point: Sequence[Tensor]) -> Iterator[tuple[int, int]]:
    """(number of the tensor, row)."""
    numbers = {id(t): i for i, t in enumerate(point)}
    for node in nodes(loss.grad_fn):
        if node.name().startswith("Embedding") and hasattr(node, "_saved_padding_idx"):
            number = numbers.get(id(getattr(node.next_functions[0][0], "variable", None)))
            if number is not None and 0 <= node._saved_padding_idx < len(point[number]):
                yield number, node._saved_padding_idx


def _asymmetric(loss: Loss, point: Sequence[Tensor], vectors: Sequence[Tensor], curved: Tensor, precision: float) -> bool:
    """Whether u H v is not v H u: then the gradient is none of a function."""
    others = chance(point, OTHER)
    (_, crossed), u, v = product(loss, point, others), _flat(others), _flat(vectors)
    size = float(u.norm() * curved.norm() + v.norm() * crossed.norm())
    return bool(crossed.isfinite().all()) and abs(float(u @ curved - v @ crossed)) > precision * size


def kinked(loss: Tensor) -> bool:
    """Whether the gradient of a loss may jump."""
    return any(part in node.name() for node in nodes(loss.grad_fn) for part in KINKS)


def nodes(root: Any) -> Iterator[Any]:
    """The operations that a tensor comes from."""
    seen, waiting = set(), [root]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in seen:
            seen.add(node)
            yield node
            waiting.extend(before for before, _ in node.next_functions)


def _flat(tensors: Sequence[Tensor]) -> Tensor:
    return torch.cat([t.detach().double().reshape(-1) for t in tensors])
