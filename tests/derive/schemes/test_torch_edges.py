"""The derived largest curvature against the real torch.optim classes, by bisection, to 1e-3 at random hyperparameters.

How a preconditioner comes to be frozen, without touching the optimiser's code:

near the minimum    theta starts at 1e-120, so that sqrt(v) is nothing beside eps and the denominator is eps: this is
                    linearisation at a minimum, any beta2;
settled v           beta2 = 1 - 2^-53, v preset, as after 1e18 steps: the denominator is sqrt(v) + eps. No v moves by more
                    than rounding in a run.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import numpy as np
import pytest
import sympy as sp
import torch
from torch.nn import Parameter, ParameterList
from torch.optim import SGD, Adagrad, Adam, AdamW, Muon, NAdam, Optimizer, RMSprop, Rprop
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from derive import maximal_curvature, optimizers
from derive.schemes.optimizers import averaged
from tests.demands import demand
from tests.derive.torch_runs import Make, gradient, measured_edge

SETTLED = 1 - 2.0**-53
MANY = 1e18

Values = dict[str, float]
Case = Callable[[np.random.Generator], tuple[Values, Make]]


@cache
def formula(name: str) -> sp.Expr:
    return maximal_curvature(name)


def at(found: sp.Expr, values: Values) -> float:
    return float(found.subs({s: values[str(s)] for s in found.free_symbols}))


def some_lr(rng: np.random.Generator) -> float:
    return float(10 ** rng.uniform(-2, 0))


def decay(rng: np.random.Generator, lr: float, scale: float = 1.0) -> float:
    """A weight decay that takes up to a quarter of gradient descent's edge."""
    return float(rng.uniform(0.1, 0.5)) * scale / lr


def gd(rng) -> tuple[Values, Make]:
    values = {"lr": some_lr(rng)}
    return values, lambda p: SGD([p], **values)


def heavy_ball(rng) -> tuple[Values, Make]:
    values = {"lr": some_lr(rng), "momentum": rng.uniform(0.05, 0.95)}
    return values, lambda p: SGD([p], **values)


def nesterov(rng) -> tuple[Values, Make]:
    values = {"lr": some_lr(rng), "momentum": rng.uniform(0.05, 0.95)}
    return values, lambda p: SGD([p], **values, nesterov=True)


def sgd(rng, nesterov: bool = False) -> tuple[Values, Make]:
    lr = some_lr(rng)
    values = {"lr": lr, "momentum": rng.uniform(0.05, 0.95), "weight_decay": decay(rng, lr), "nesterov": int(nesterov)}
    values["dampening"] = 0.0 if nesterov else rng.uniform(0, 0.9)  # torch refuses both together
    return values, lambda p: SGD([p], **values)


def rmsprop(rng) -> tuple[Values, Make]:
    lr, eps = some_lr(rng), rng.uniform(0.3, 3)
    values = {"lr": lr, "momentum": rng.uniform(0, 0.95), "weight_decay": decay(rng, lr, eps)}
    return values | {"denominator": eps}, lambda p: RMSprop([p], eps=eps, **values)


def adagrad(rng) -> tuple[Values, Make]:
    """Its v only grows: the preset sum of squares is frozen near the minimum."""
    lr, v, eps = some_lr(rng), rng.uniform(0.1, 9), rng.uniform(0.01, 1)
    values = {"lr": lr, "weight_decay": decay(rng, lr, v**0.5 + eps)}
    make = partial(Adagrad, initial_accumulator_value=v, eps=eps, **values)
    return values | {"denominator": v**0.5 + eps}, lambda p: make([p])


def adam(rng, kind: type[Optimizer] = Adam, least_beta1: float = 0.0, **more: float) -> tuple[Values, Make]:
    lr, eps, beta1 = some_lr(rng), rng.uniform(0.3, 3), rng.uniform(least_beta1, 0.95)
    weight_decay = decay(rng, lr, 1 if kind is AdamW else eps)
    values = {"lr": lr, "beta1": beta1, "weight_decay": weight_decay, "denominator": eps}
    return values, lambda p: kind([p], lr=lr, betas=(beta1, 0.99), eps=eps, weight_decay=weight_decay, **more)


def at_step(rng, kind: type[Optimizer]) -> tuple[Values, Make]:
    values, make = adam(rng, kind)
    step = int(rng.integers(1, 20))
    return values | {"bias_correction1": 1 - values["beta1"] ** step}, partial(held, make, {"step": step - 1.0})


def nadam_at_step(rng) -> tuple[Values, Make]:
    """mu_n = beta1 (1 - 0.96^(n / 250) / 2), as torch documents it, and the product of the first n."""
    values, make = adam(rng, NAdam, least_beta1=0.5)
    step = int(rng.integers(1, 20))
    mu = [values["beta1"] * (1 - 0.5 * 0.96 ** (n / 250)) for n in range(1, step + 2)]
    look_ahead, gradient_weight = mu[step] / (1 - np.prod(mu)), (1 - mu[step - 1]) / (1 - np.prod(mu[:-1]))
    counts = {"step": step - 1.0, "mu_product": float(np.prod(mu[: step - 1]))}
    return values | {"look_ahead": look_ahead, "gradient_weight": gradient_weight}, partial(held, make, counts)


def held(make: Make, counts: Values, p: Parameter) -> Optimizer:
    """Every step is made the t-th: what counts the steps is put back by a hook."""
    optimizer = make(p)
    moments = {"exp_avg": torch.zeros_like(p), "exp_avg_sq": torch.zeros_like(p)}
    optimizer.state[p] = {name: torch.tensor(count, dtype=torch.float64) for name, count in counts.items()} | moments

    def put_back(optimizer: Optimizer, *_: object) -> None:
        for name, count in counts.items():
            optimizer.state[p][name].fill_(count)

    optimizer.register_step_pre_hook(put_back)
    return optimizer


NEAR_THE_MINIMUM: dict[str, tuple[str, Case]] = {
    "SGD": ("gd", gd),
    "SGD, momentum": ("heavy-ball", heavy_ball),
    "SGD, nesterov": ("nesterov", nesterov),
    "SGD, dampening, weight decay": ("sgd", sgd),
    "SGD, nesterov, weight decay": ("sgd", partial(sgd, nesterov=True)),
    "RMSprop": ("rmsprop", rmsprop),
    "Adagrad": ("adagrad", adagrad),
    "Adam": ("adam", adam),
    "Adam, amsgrad": ("adam", partial(adam, amsgrad=True)),
    "AdamW": ("adamw", partial(adam, kind=AdamW)),
    "Adam at step t": ("adam-at-step", partial(at_step, kind=Adam)),
    "AdamW at step t": ("adamw-at-step", partial(at_step, kind=AdamW)),
    "NAdam": ("nadam", partial(adam, kind=NAdam, momentum_decay=1.0)),  # mu_t has reached beta1 within the first half
    "NAdam at step t": ("nadam-at-step", nadam_at_step),
}
ELSEWHERE = {"schedule-free": "torch has no such class", "gd-averaged": "a test of its own, with torch's AveragedModel"}


def test_every_optimiser_is_held_against_torch() -> None:
    peers = {name for name, _ in NEAR_THE_MINIMUM.values()} | set(ELSEWHERE)
    demand("torch peer, in NEAR_THE_MINIMUM of this file, or a reason in ELSEWHERE", peers, optimizers)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("case", NEAR_THE_MINIMUM)
def test_edge_near_the_minimum(case: str, seed: int) -> None:
    name, draw = NEAR_THE_MINIMUM[case]
    values, make = draw(np.random.default_rng(seed))
    assert measured_edge(make) == pytest.approx(at(formula(name), values), rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
@pytest.mark.parametrize("case", NEAR_THE_MINIMUM)
def test_edge_near_the_minimum_at_more_hyperparameters(case: str, seed: int) -> None:
    test_edge_near_the_minimum(case, seed)


def settled_adam(p: Parameter, kind: type[Optimizer], v: float, lr: float, beta1: float, eps: float, weight_decay: float):
    optimizer = kind([p], lr=lr, betas=(beta1, SETTLED), eps=eps, weight_decay=weight_decay)
    moments = {"exp_avg": torch.zeros_like(p), "exp_avg_sq": torch.full_like(p, v)}
    optimizer.state[p] = {"step": torch.tensor(MANY), **moments}
    return optimizer


def settled_rmsprop(p: Parameter, v: float, lr: float, momentum: float, eps: float, weight_decay: float):
    optimizer = RMSprop([p], lr=lr, momentum=momentum, alpha=SETTLED, eps=eps, weight_decay=weight_decay)
    moments = {"square_avg": torch.full_like(p, v), "momentum_buffer": torch.zeros_like(p)}
    optimizer.state[p] = {"step": torch.tensor(MANY), **moments}
    return optimizer


@pytest.mark.parametrize("name", ["adam", "adamw", "rmsprop"])
def test_edge_with_a_settled_preconditioner(name: str) -> None:
    rng = np.random.default_rng(5)
    lr, v, eps, rate = some_lr(rng), rng.uniform(0.1, 9), 1e-3, rng.uniform(0.1, 0.95)
    denominator = v**0.5 + eps
    shared = {"lr": lr, "v": v, "eps": eps, "weight_decay": decay(rng, lr, 1 if name == "adamw" else denominator)}
    kinds = {"adam": Adam, "adamw": AdamW}
    make = (
        partial(settled_rmsprop, momentum=rate, **shared)
        if name == "rmsprop"
        else partial(settled_adam, kind=kinds[name], beta1=rate, **shared)
    )
    values = shared | {"beta1": rate, "momentum": rate, "denominator": denominator}
    assert measured_edge(make) == pytest.approx(at(formula(name), values), rel=1e-3)


def test_an_ema_of_the_weights_diverges_where_the_weights_do() -> None:
    """torch's AveragedModel beside SGD: a polynomial of degree 3, the same edge."""
    values, make = sgd(np.random.default_rng(3))

    def watch(theta: Parameter) -> Callable[[], torch.Tensor]:
        model = ParameterList([theta])
        mean = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9))

        def read() -> torch.Tensor:
            mean.update_parameters(model)
            return next(iter(mean.parameters())).detach().clone()

        return read

    found = maximal_curvature(averaged(optimizers["sgd"]))
    assert measured_edge(make, watch) == pytest.approx(at(found, values | {"averaging": 0.1}), rel=1e-3)


@pytest.mark.parametrize(
    ("draw", "wrong"),
    [
        (heavy_ball, "nesterov"),
        (nesterov, "heavy-ball"),
        (partial(adam, least_beta1=0.5), "adamw"),  # at beta1 = 0 coupled and decoupled decay are one
        (partial(adam, kind=AdamW, least_beta1=0.5), "adam"),
        (partial(adam, kind=NAdam, least_beta1=0.5, momentum_decay=1.0), "adam"),
    ],
)
def test_the_measurement_tells_optimisers_apart(draw: Case, wrong: str) -> None:
    """Negative control: another optimiser's formula is off by far more than the tolerance."""
    values, make = draw(np.random.default_rng(0))
    assert measured_edge(make) != pytest.approx(at(formula(wrong), values), rel=1e-2)


def test_torch_ignores_dampening_without_momentum() -> None:
    """As `derive.schemes.optimizers.sgd` says; the recurrence at momentum 0 would have it count."""
    measured = measured_edge(lambda p: SGD([p], lr=0.1, dampening=0.5))
    assert measured == pytest.approx(at(formula("gd"), {"lr": 0.1}), rel=1e-3)


def test_the_quadratic_s_gradient_is_autograd_s() -> None:
    theta = torch.randn(99, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    curvatures = torch.logspace(-3, 6, 99, dtype=torch.float64)
    (curvatures * theta**2 / 2).sum().backward()
    assert torch.equal(theta.grad, gradient(theta, curvatures))


@pytest.mark.parametrize("kind", [Rprop, Muon])
def test_excluded_classes_do_not_feel_the_curvature(kind: type[Optimizer]) -> None:
    """The same path at curvatures a million times apart; 2^-10 and 2^10 because a power of two rounds nothing."""
    assert torch.equal(_path(kind, 2.0**-10), _path(kind, 2.0**10))


def _path(kind: type[Optimizer], curvature: float) -> torch.Tensor:
    theta = Parameter(torch.tensor([[5.0, 1.0], [-2.0, 3.0]], dtype=torch.float64))
    optimizer = kind([theta], lr=0.01)
    path = []
    for _ in range(50):
        theta.grad = curvature * theta.detach()
        optimizer.step()
        path.append(theta.detach().clone())
    return torch.stack(path)
