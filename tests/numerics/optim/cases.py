"""Random small trainings for hypothesis: parameters of awkward shapes, arguments of torch's optimisers, a few steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from hypothesis import strategies as st
from torch import Tensor

DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
BITS = {2: torch.int16, 4: torch.int32, 8: torch.int64}

# Vector registers hold up to 32 numbers: what is left over goes another way through the processor.
SHAPES = st.lists(
    st.sampled_from([(), (1,), (7,), (16,), (17,), (33,), (3, 5), (2, 3, 3, 3), (0,), (130,)]), min_size=1, max_size=4
)


@st.composite
def sgd_arguments(draw) -> dict[str, Any]:
    momentum = draw(st.sampled_from([0, 0.9, 0.5]))
    nesterov = momentum > 0 and draw(st.booleans())
    return {
        "lr": draw(st.floats(0.01, 1)),
        "momentum": momentum,
        "dampening": 0 if nesterov else draw(st.sampled_from([0, 0.3])),
        "weight_decay": draw(st.sampled_from([0, 5e-4, 0.1])),
        "nesterov": nesterov,
        "maximize": draw(st.booleans()),
        "foreach": draw(st.sampled_from([None, True, False])),
    }


@st.composite
def adam_arguments(draw) -> dict[str, Any]:
    return {
        "lr": draw(st.floats(0.01, 1)),
        "betas": draw(st.sampled_from([(0.9, 0.999), (0.5, 0.9), (0.0, 0.99)])),
        "eps": draw(st.sampled_from([1e-8, 1e-3])),
        "weight_decay": draw(st.sampled_from([0, 5e-4, 0.1])),
        "decoupled_weight_decay": draw(st.booleans()),
        "amsgrad": draw(st.booleans()),
        "maximize": draw(st.booleans()),
        "foreach": draw(st.sampled_from([None, True, False])),
    }


def parameters(shapes, dtype: torch.dtype, seed: int, device: str = "cpu") -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(s, generator=generator, dtype=torch.float64).to(dtype).to(device).requires_grad_() for s in shapes]


def train(
    make: Callable[[list[Tensor]], torch.optim.Optimizer], params: list[Tensor], seed: int, steps: int = 3
) -> list[Tensor]:
    """Step on random gradients of either sign and of sizes from 1/4 to 4; the last parameter gets none at first."""
    optimizer = make(params)
    for step in range(steps):
        give_gradients(params if step or len(params) == 1 else params[:-1], seed + step)
        optimizer.step()
    return [p.detach() for p in params]


def give_gradients(params: list[Tensor], seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    for p in params:
        size = 4 ** torch.empty(p.shape, dtype=torch.float64).uniform_(-1, 1, generator=generator)
        sign = torch.randint(0, 2, p.shape, generator=generator) * 2 - 1
        p.grad = (size * sign).to(p.dtype).to(p.device)


def directions(seed: int, dtype: torch.dtype, count: int = 4096) -> Tensor:
    """Numbers of such sizes, far from what is subnormal in float16."""
    holder = torch.nn.Parameter(torch.zeros(count, dtype=dtype))
    give_gradients([holder], seed)
    return holder.grad


def bits(tensors: list[Tensor]) -> list[list[int]]:
    """The numbers as integers: what bit for bit means, NaN and the sign of zero included."""
    return [t.detach().reshape(-1).view(BITS[t.element_size()]).tolist() for t in tensors]


def after_replays(make: Callable[[list[Tensor]], torch.optim.Optimizer], captured: bool) -> list[list[int]]:
    """Bits of parameters on a GPU after three steps, and four more that are replayed from a graph if it is captured."""
    params = parameters([(100,), (7,)], torch.float32, 0, "cuda")
    optimizer = make(params)
    give_gradients(params, 0)
    for _ in range(3):
        optimizer.step()
    graph = torch.cuda.CUDAGraph()
    if captured:
        torch.cuda.synchronize()
        with torch.cuda.graph(graph):
            optimizer.step()
    for _ in range(4):
        graph.replay() if captured else optimizer.step()
    return bits([p.cpu() for p in params])
