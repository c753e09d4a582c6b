"""The edge that the thresholds predict for a real network, against bisection on runs of the real torch.optim classes.

The network's loss is expanded to second order at a minimum, in float64. Each optimiser first sees gradients of real
mini-batches, so that its denominators are those of training; then it descends the quadratic from 1e-120, where squared
gradients are nothing beside them, with the count of steps and the second moments put back before every step: so the
denominators are frozen without touching the optimiser's code. The lr at which it begins to diverge is bisected.

    .venv/bin/python -m experiments.benchmarks.optimizer_edges
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import Parameter
from torch.nn.functional import cross_entropy
from torch.optim import SGD, Adagrad, Adam, AdamW, NAdam, Optimizer, RMSprop

from experiments.benchmarks.timing import Result
from numerics.common.bracketing import bisect
from numerics.thresholds import Mode, Threshold, largest_factor, maximizes, mode, thresholds
from numerics.thresholds.kinds import live_of
from numerics.thresholds.optimizers import Group, Live, State

IMAGES, HIDDEN, PENALTY = 300, 6, 0.02
WARM_UP, BATCH = 20, 32
STEPS, WINDOW = 400, 40
START, ESCAPED, VANISHED = 1e-120, 1e-60, 1e-290
RANGE, RESOLUTION = (1e-4, 1e4), 1e-3

Make = Callable[[list[Parameter]], Optimizer]


@dataclass(frozen=True)
class Quadratic:
    """A network's loss about a minimum.

    Attributes:
        shapes: of the parameter tensors.
        hessian: (n, n), positive definite.
        gradients: (batches, n), of mini-batches at the minimum.
    """

    shapes: tuple[torch.Size, ...]
    hessian: Tensor
    gradients: Tensor

    def split(self, flat: Tensor) -> list[Tensor]:
        """A vector (n,) as tensors shaped like the parameters."""
        parts = flat.split([shape.numel() for shape in self.shapes])
        return [part.view(shape) for part, shape in zip(parts, self.shapes, strict=True)]


@cache
def quadratic() -> Quadratic:
    """Of a tanh network on scikit-learn's digits, with a squared penalty in the loss that makes the minimum a strict one."""
    images, labels = (torch.as_tensor(a[:IMAGES]) for a in load_digits(return_X_y=True))
    images = images.double() / 16
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(64, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, 10)).double()
    start, shapes = nn.utils.parameters_to_vector(net.parameters()).detach(), tuple(p.shape for p in net.parameters())
    names = [name for name, _ in net.named_parameters()]

    def loss(flat: Tensor, inputs: Tensor = images, targets: Tensor = labels) -> Tensor:
        parts = (p.view(s) for p, s in zip(flat.split([s.numel() for s in shapes]), shapes, strict=True))
        outputs = torch.func.functional_call(net, dict(zip(names, parts, strict=True)), inputs)
        return cross_entropy(outputs, targets) + PENALTY / 2 * flat.square().sum()

    minimum = _minimise(loss, start)
    batches = zip(images.split(BATCH), labels.split(BATCH), strict=True)
    gradients = torch.stack([torch.func.grad(loss)(minimum, *batch) for batch in batches])
    return Quadratic(shapes, torch.autograd.functional.hessian(loss, minimum), gradients)


def _minimise(loss: Callable[[Tensor], Tensor], start: Tensor) -> Tensor:
    theta = start.clone().requires_grad_()
    search = torch.optim.LBFGS([theta], max_iter=2000, tolerance_grad=1e-10, tolerance_change=0, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        theta.grad = None
        value = loss(theta)
        value.backward()
        return value

    search.step(closure)
    return theta.detach()


def two_groups(kind: Callable[..., Optimizer], first: Mapping[str, Any], second: Mapping[str, Any]) -> Make:
    """Weights in one group, biases in another."""

    def make(parameters: list[Parameter]) -> Optimizer:
        weights, biases = ([p for p in parameters if (p.ndim > 1) is flag] for flag in (True, False))
        return kind([{"params": weights, **first}, {"params": biases, **second}], lr=0.1)

    return make


CASES: Mapping[str, Make] = {
    "SGD": partial(SGD, lr=0.1),
    "SGD, momentum": partial(SGD, lr=torch.tensor(0.1, dtype=torch.float64), momentum=0.9),
    "SGD, nesterov": partial(SGD, lr=0.1, momentum=0.8, nesterov=True),
    "SGD, dampening, decay": partial(SGD, lr=0.1, momentum=0.7, dampening=0.4, weight_decay=0.5),
    "SGD, dampening alone": partial(SGD, lr=0.1, dampening=0.4),
    "SGD, maximize": partial(SGD, lr=0.1, momentum=0.5, maximize=True),
    "SGD, two groups": two_groups(SGD, {"momentum": 0.9, "weight_decay": 0.3}, {"lr": 0.7, "momentum": 0.5, "nesterov": True}),
    "Adam": partial(Adam, lr=1e-3),
    "Adam, decay, amsgrad": partial(Adam, lr=1e-3, weight_decay=0.1, eps=1e-2, amsgrad=True),
    "AdamW": partial(AdamW, lr=1e-2, weight_decay=20.0, betas=(0.8, 0.95)),
    "AdamW, two groups": two_groups(AdamW, {"lr": 1e-3, "weight_decay": 0.1}, {"lr": 3e-2, "betas": (0.7, 0.99)}),
    "NAdam": partial(NAdam, lr=1e-3, weight_decay=0.01, eps=1e-3),
    "RMSprop": partial(RMSprop, lr=1e-3, momentum=0.6, weight_decay=0.01, eps=1e-3),
    "RMSprop, centred": partial(RMSprop, lr=1e-3, centered=True),
    "Adagrad": partial(Adagrad, lr=1e-2, lr_decay=0.05, weight_decay=0.01),
}


COUNTS = ("step", "mu_product")


@dataclass(frozen=True)
class Prepared:
    """An optimiser after its warm-up, its parameters not moved, and the state that freezes its denominators.

    Attributes:
        optimizer: as after `WARM_UP` steps.
        parameters: its parameters, in the network's order.
        held: for each parameter the entries of the state to be put back before every step.
    """

    optimizer: Optimizer
    parameters: list[Parameter]
    held: list[dict[str, Tensor]]


def prepare(make: Make, at: Quadratic) -> Prepared:
    """Feed an optimiser gradients of mini-batches."""
    parameters = [Parameter(torch.zeros(shape, dtype=torch.float64)) for shape in at.shapes]
    optimizer, held = make(parameters), []
    for n in range(WARM_UP):
        held = [{k: torch.as_tensor(v).clone() for k, v in optimizer.state[p].items() if k in COUNTS} for p in parameters]
        _step(optimizer, parameters, at.split(at.gradients[n % len(at.gradients)]))
    groups = {p: group for group in optimizer.param_groups for p in group["params"]}
    for p, kept in zip(parameters, held, strict=True):
        kept |= _before(live_of(optimizer, groups[p]), groups[p], optimizer.state[p])
    return Prepared(optimizer, parameters, held)


def _before(live: Live, group: Group, state: State) -> dict[str, Tensor]:
    """The moments before a step that brings them where they are: divided by what it multiplies them by."""
    return {name: state[name] / live.memory(group) for name in live.second if name in state} if live.memory else {}


def _step(optimizer: Optimizer, parameters: list[Parameter], gradients: list[Tensor]) -> None:
    for p, gradient in zip(parameters, gradients, strict=True):
        p.grad = gradient.clone()
    optimizer.step()


def diverges(prepared: Prepared, at: Quadratic, factor: float) -> bool:
    """Whether the alternating part of the iterates grows, with every lr multiplied by `factor`.

    Second differences are watched: they are small for the slow modes, which would hide the growth of the fast one.
    """
    optimizer, parameters = _restarted(prepared, factor)
    sizes, path = [], [_flat(parameters)]
    for _ in range(STEPS):
        for p, kept in zip(parameters, prepared.held, strict=True):
            for key, value in kept.items():
                optimizer.state[p][key].copy_(value)
        gradient = at.hessian @ path[-1]
        _step(optimizer, parameters, at.split(-gradient if maximizes(optimizer) else gradient))
        path = [*path[-2:], _flat(parameters)]
        sizes.append(float((path[-1] - 2 * path[-2] + path[0]).norm()))
        if not VANISHED < sizes[-1] < ESCAPED:
            return not sizes[-1] < VANISHED
    return max(sizes[-WINDOW:]) > max(sizes[STEPS // 2 :][:WINDOW])


def _restarted(prepared: Prepared, factor: float) -> tuple[Optimizer, list[Parameter]]:
    """A copy with other lrs, no memory of gradients, near the minimum."""
    optimizer, parameters = deepcopy((prepared.optimizer, prepared.parameters))
    for group in optimizer.param_groups:
        group["lr"] = factor * group["lr"]
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for p in parameters:
            p.copy_(START * torch.randn(p.shape, generator=generator, dtype=p.dtype))
            for key in ("exp_avg", "momentum_buffer"):
                if isinstance(optimizer.state[p].get(key), Tensor):
                    optimizer.state[p][key].zero_()
    return optimizer, parameters


def _flat(parameters: list[Parameter]) -> Tensor:
    return nn.utils.parameters_to_vector(parameters).detach()


def measured(prepared: Prepared, at: Quadratic) -> float:
    """The factor on all lrs at which runs begin to diverge, by bisection within eight decades."""

    def unstable(factors: Tensor) -> Tensor:
        return torch.tensor([diverges(prepared, at, float(f)) for f in factors])

    return bisect(unstable, *RANGE, rtol=RESOLUTION).middle


def predicted(prepared: Prepared, at: Quadratic) -> float:
    """The same from the thresholds, with a dense eigenvalue decomposition for the sharpness."""
    edges = in_order(thresholds(prepared.optimizer), prepared.parameters)
    return largest_factor(top_mode(edges, at), edges)


def in_order(edges: list[Threshold], parameters: list[Parameter]) -> list[Threshold]:
    """The thresholds in the order of the parameters."""
    by_parameter = {id(t.parameter): t for t in edges}
    return [by_parameter[id(p)] for p in parameters]


def top_mode(edges: list[Threshold], at: Quadratic) -> Mode:
    """The mode of the normalised Hessian nearest to its edge."""
    decay = torch.cat([torch.full_like(t.denominator, t.decay).flatten() for t in edges])
    root = torch.cat([t.scale.flatten() for t in edges]).rsqrt()
    values, vectors = torch.linalg.eigh(root[:, None] * (at.hessian + decay.diag()) * root)
    return mode(float(values[-1]), at.split(vectors[:, -1]), edges)


def errors() -> dict[str, float]:
    """Relative difference between prediction and bisection, for every case."""
    at = quadratic()
    prepared = {name: prepare(make, at) for name, make in CASES.items()}
    return {name: abs(predicted(p, at) / measured(p, at) - 1) for name, p in prepared.items()}


def run() -> list[Result]:
    """The worst case, against 1 %."""
    worst_of = errors()
    worst = max(worst_of, key=lambda name: worst_of[name])
    note = f"{len(worst_of)} optimisers, worst: {worst}; brackets of {RESOLUTION:g}"
    return [Result("edge of torch.optim on a network's quadratic model", worst_of[worst], "relative", 0.01, False, note)]


if __name__ == "__main__":
    for _name, _error in errors().items():
        print(f"{_name:24s} {_error:.1e}")
