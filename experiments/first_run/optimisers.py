"""Last bits of the optimisers on a device: against torch's own there, and against the CPU where it is claimed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim import SGD, Adam, Optimizer

from experiments.first_run.log import Log
from numerics.optim import PerturbedAdam, PerturbedSGD, RoundedSGD
from numerics.optim.stateless import uniform

DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
BITS = {2: torch.int16, 4: torch.int32, 8: torch.int64}
"""Compared are bits: NaNs too, which Adam makes in float16 as its eps underflows."""

OF_SGD = {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 5e-4}
OF_ADAM = {"lr": 0.01, "weight_decay": 5e-4}
SHAPES = ((1000,), (33,), (16, 3, 3, 3))
Make = Callable[[Iterable[Tensor]], Optimizer]


def trained(make: Make, dtype: torch.dtype, device: str, steps: int = 4) -> list[Tensor]:
    """Weights after a few steps on gradients drawn on the CPU."""
    generator = torch.Generator().manual_seed(0)

    def drawn(shape: tuple[int, ...]) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype).to(device)

    weights = [drawn(shape).requires_grad_() for shape in SHAPES]
    optimizer = make(weights)
    for _ in range(steps):
        for weight in weights:
            weight.grad = drawn(tuple(weight.shape))
        optimizer.step()
    return [weight.detach().cpu() for weight in weights]


def differing(first: Sequence[Tensor], second: Sequence[Tensor]) -> int:
    """Numbers whose bits differ."""
    pairs = zip(first, second, strict=True)
    return sum(int((a.view(BITS[a.element_size()]) != b.view(BITS[b.element_size()])).sum()) for a, b in pairs)


def against_torch(log: Log) -> None:
    """Those of k = 1 and 4 have the bits of torch's optimiser on the same device, k = 3 has not."""
    kinds: list[tuple[str, type[Optimizer], type[Optimizer], dict[str, Any]]]
    kinds = [("SGD", PerturbedSGD, SGD, OF_SGD), ("Adam", PerturbedAdam, Adam, OF_ADAM)]
    if log.gpu:
        kinds.append(("Adam (capturable)", PerturbedAdam, Adam, OF_ADAM | {"capturable": True}))
    for name, ours, theirs, options in kinds:
        for dtype in DTYPES:
            reference = trained(lambda p, c=theirs, o=options: c(p, **o), dtype, log.device)
            off = {
                (k, form): differing(
                    reference, trained(lambda p, c=ours, o=options, k=k, f=form: c(p, **o, k=k, form=f), dtype, log.device)
                )
                for k in (1, 4, 3)
                for form in ("paper", "code")
            }
            exact = all((number == 0) == (k != 3) for (k, _), number in off.items())
            told = f"differing weights of {sum(w.numel() for w in reference)}: " + ", ".join(
                f"k = {k} {f}: {n}" for (k, f), n in off.items()
            )
            log.say(exact, f"{name} against torch's, {str(dtype).removeprefix('torch.')}", told)


def against_the_cpu(log: Log) -> None:
    """What is claimed to be the same on every device: stateless numbers, stochastic rounding of plain SGD, subnormals."""

    def numbers(device: str) -> Tensor:
        return uniform([5, 9], [torch.tensor(float(s), device=device) for s in (3, 4)], [6000, 800]).cpu()

    log.say(torch.equal(numbers(log.device), numbers("cpu")), "stateless random numbers equal the CPU's")
    off = {t: differing(*(trained(lambda p: RoundedSGD(p, lr=0.1, seed=3), t, d) for d in (log.device, "cpu"))) for t in DTYPES}
    told = ", ".join(f"{str(t).removeprefix('torch.')}: {n} differ" for t, n in off.items())
    log.say(not any(off.values()), "stochastic rounding equals the CPU's", told)
    small = torch.tensor([1e-40, 1.5e-45, -3e-42], device=log.device)
    kept = torch.add(small, small, alpha=2.0).cpu()
    log.say(torch.equal(kept, 3 * small.cpu()) and bool((kept != 0).all()), "subnormal numbers survive")
