"""Ways to a product with the Hessian of a scalar function, or with a diagonal block of it.

    graph                 the gradient is computed once, its graph kept and differentiated again for every product
    reverse-over-reverse  the same without keeping anything
    forward-over-reverse  the gradient's directional derivative, in one forward and one backward pass with tangents
    compiled              that one, compiled

Source: Pearlmutter (1994), Fast exact multiplication by the Hessian; Dagreou et al. (2024), How to compute Hessian-vector
products, for their costs.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from time import perf_counter
from types import MappingProxyType

import torch
from torch import Tensor
from torch.func import grad, jvp, vmap

from derive.errors import InputError
from derive.shown import message

Loss = Callable[[Sequence[Tensor]], Tensor]

Product = Callable[[Sequence[Tensor], Sequence[int], bool], Sequence[Tensor]]
"""(vectors, numbers of the parameters they belong to, whether they have a leading axis over several) -> products."""

BACKEND = "inductor"
"""What compiles."""

EXPECTED = 6
"""Products that a measurement takes, about: how far a preparation may cost more than a product."""


def graph(loss: Loss, tensors: Sequence[Tensor]) -> Product:
    """Keeps the gradient's graph."""
    gradients = gradient(loss(tensors), tensors)

    def product(vectors: Sequence[Tensor], active: Sequence[int], several: bool) -> Sequence[Tensor]:
        chosen, leaves = [gradients[i] for i in active], [tensors[i] for i in active]
        return _differentiated(chosen, leaves, vectors, several, keep=True)

    return product


def reverse_over_reverse(loss: Loss, tensors: Sequence[Tensor]) -> Product:
    """Keeps nothing."""

    def product(vectors: Sequence[Tensor], active: Sequence[int], several: bool) -> Sequence[Tensor]:
        leaves = [tensors[i] for i in active]
        return _differentiated(gradient(loss(tensors), leaves), leaves, vectors, several, keep=False)

    return product


def forward_over_reverse(loss: Loss, tensors: Sequence[Tensor]) -> Product:
    """Keeps nothing, and no graph of a gradient either."""
    _load_forward_mode()
    values = [t.detach() for t in tensors]

    def product(vectors: Sequence[Tensor], active: Sequence[int], several: bool) -> Sequence[Tensor]:
        def at(*chosen: Tensor) -> Tensor:
            replaced = dict(zip(active, chosen, strict=True))
            return loss([replaced.get(i, value) for i, value in enumerate(values)])

        slope, point = grad(at, tuple(range(len(active)))), tuple(values[i] for i in active)
        one = lambda *direction: jvp(slope, point, direction)[1]  # noqa: E731
        return (vmap(one) if several else one)(*vectors)

    return product


@cache
def _load_forward_mode() -> None:
    """Torch's rules of forward mode, loaded at its first use, raise a warning about torch itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        jvp(torch.sin, (torch.zeros(1),), (torch.zeros(1),))


def compiled(loss: Loss, tensors: Sequence[Tensor]) -> Product:
    """Compiles at the first product, which pays for many."""
    plain = forward_over_reverse(loss, tensors)
    fast = torch.compile(lambda vectors, active: plain(vectors, active, False), backend=BACKEND, dynamic=False)

    def product(vectors: Sequence[Tensor], active: Sequence[int], several: bool) -> Sequence[Tensor]:
        return plain(vectors, active, True) if several else fast(tuple(vectors), tuple(active))

    return product


METHODS: Mapping[str, Callable[[Loss, Sequence[Tensor]], Product]] = MappingProxyType(
    {
        "graph": graph,
        "reverse-over-reverse": reverse_over_reverse,
        "forward-over-reverse": forward_over_reverse,
        "compiled": compiled,
    }
)


def gradient(value: Tensor, leaves: Sequence[Tensor]) -> Sequence[Tensor]:
    """Gradient that can be differentiated again; 0 where the value does not depend on a leaf."""
    return torch.autograd.grad(value, leaves, create_graph=True, materialize_grads=True)


def _differentiated(
    gradients: Sequence[Tensor], leaves: Sequence[Tensor], vectors: Sequence[Tensor], several: bool, keep: bool
) -> Sequence[Tensor]:
    # A constant gradient (of a linear loss) has no graph.
    pairs = [(g, v) for g, v in zip(gradients, vectors, strict=True) if g.requires_grad]
    if not pairs:
        return [torch.zeros_like(v) for v in vectors]
    outputs, cotangents = zip(*pairs, strict=True)
    return torch.autograd.grad(outputs, leaves, cotangents, retain_graph=keep, materialize_grads=True, is_grads_batched=several)


def fastest(loss: Loss, tensors: Sequence[Tensor], candidates: Sequence[str]) -> str:
    """The candidate with which a measurement takes least time, by its preparation and second product.

    Raises:
        InputError: none of them works.
    """
    vectors, active = [torch.ones_like(t) for t in tensors], range(len(tensors))
    times: dict[float, str] = {}
    refused = None
    for name in candidates:
        try:
            with explained(name):
                times[_seconds(METHODS[name], loss, tensors, vectors, active)] = name
        except InputError as error:
            refused = error
    if not times:
        raise refused or InputError("expected some method to choose from, got none")
    return times[min(times)]


def _seconds(method: Callable[..., Product], loss: Loss, tensors: Sequence[Tensor], vectors, active) -> float:
    start = now(tensors[0])
    product = method(loss, tensors)
    prepared = now(tensors[0])
    product(vectors, active, False)
    warm = now(tensors[0])
    product(vectors, active, False)
    return prepared - start + EXPECTED * (now(tensors[0]) - warm)


def now(tensor: Tensor) -> float:
    """Seconds, when all that was asked of the tensor's device is done."""
    if tensor.is_cuda:
        torch.cuda.synchronize(tensor.device)
    return perf_counter()


_KNOWN = (
    (
        r"derivative for '?(?:aten::)?_?(\w+?)(?:_backward)?'? is not implemented",
        "expected operations that can be differentiated twice, but torch has no second derivative of {0}; replace it",
    ),
    (
        r"forward AD with (\w+) that does not support it",
        "method {method!r} needs forward derivatives, and torch has none of {0}; use method='graph'",
    ),
    (
        r"(override the setup_context|don't yet support saved tensor hooks|Batching rule|vmap: |ZeroTensors are immutable)",
        "method {method!r} does not work with this model (torch.func: {0}); use method='graph'",
    ),
    (
        r"use_reentrant=True",
        "expected a checkpoint that can be differentiated twice; call torch.utils.checkpoint with use_reentrant=False",
    ),
    (
        r"aot_autograd does not currently support double backward",
        "expected a model without compiled parts, which cannot be differentiated twice; pass it as it is before torch.compile",
    ),
    (
        r"does not require grad and does not have a grad_fn|Cannot access data pointer of Tensor",
        "expected a loss that depends on the parameters by torch's operations, got one cut off from them (detach, item, numpy)",
    ),
)


@contextmanager
def explained(method: str) -> Iterator[None]:
    """Say in one line what torch's errors about derivatives mean; other errors pass.

    Raises:
        InputError: an operation has no derivative of the kind needed.
    """
    try:
        yield
    except (RuntimeError, NotImplementedError) as error:
        for pattern, text in _KNOWN:
            match = re.search(pattern, message(error))
            if match:
                raise InputError(text.format(*match.groups(), method=method)) from None
        if method == "compiled" and type(error).__module__.startswith("torch._"):
            raise InputError(
                f"torch.compile does not work here ({type(error).__name__}); use method='forward-over-reverse'"
            ) from None
        raise
