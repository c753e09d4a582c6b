"""Optimisers as recurrences on one mode of the loss, where gradient = curvature * theta. At most 15 lines each.

Parameters carry torch's names. Adam, RMSprop and their kin divide the gradient by sqrt(v) + eps; here that denominator is
frozen, a positive constant, as it is near enough to a minimum or once v has settled. Adding an optimiser is one function
and one entry in `_RECURRENCES`.

Source: torch.optim; Eq 11 (gradient descent), Eq 15-17 (Nesterov).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import sympy as sp

from derive.fields.symbols import (
    averaging,
    beta1,
    bias_correction1,
    curvature,
    dampening,
    denominator,
    gradient_weight,
    look_ahead,
    lr,
    momentum,
    nesterov,
    weight_decay,
)
from derive.registry import Registry
from derive.schemes.grid import GridFunction, GridScheme

theta = GridFunction("theta", dims=0)
buffer = GridFunction("b", dims=0)
mean = GridFunction("m", dims=0)
average = GridFunction("x", dims=0)
iterate = GridFunction("z", dims=0)


def gradient_descent() -> GridScheme:
    """theta' = theta - lr g."""
    return GridScheme(sp.Eq(theta[1], theta[0] - lr * curvature * theta[0]))


def heavy_ball() -> GridScheme:
    """b' = momentum b + g, theta' = theta - lr b' (torch.optim.SGD with momentum)."""
    return GridScheme(
        sp.Eq(buffer[1], momentum * buffer[0] + curvature * theta[0]),
        sp.Eq(theta[1], theta[0] - lr * buffer[1]),
        assumptions=momentum < 1,
    )


def nesterov_momentum() -> GridScheme:
    """b' = momentum b + g, theta' = theta - lr (g + momentum b') (torch.optim.SGD with nesterov=True)."""
    return GridScheme(
        sp.Eq(buffer[1], momentum * buffer[0] + curvature * theta[0]),
        sp.Eq(theta[1], theta[0] - lr * (curvature * theta[0] + momentum * buffer[1])),
        assumptions=momentum < 1,
    )


def sgd() -> GridScheme:
    """All of torch.optim.SGD; weight decay joins the gradient, nesterov is 0 or 1.

    torch ignores dampening at momentum 0, and refuses it together with nesterov.
    """
    gradient = (curvature + weight_decay) * theta[0]
    step = nesterov * (gradient + momentum * buffer[1]) + (1 - nesterov) * buffer[1]
    return GridScheme(
        sp.Eq(buffer[1], momentum * buffer[0] + (1 - dampening) * gradient),
        sp.Eq(theta[1], theta[0] - lr * step),
        assumptions=sp.And(momentum < 1, dampening < 1, nesterov <= 1),
    )


def adam(correction: sp.Expr = sp.S.One) -> GridScheme:
    """m' = beta1 m + (1 - beta1) g, theta' = theta - lr m' / (correction denominator); weight decay joins the gradient.

    Args:
        correction: 1 - beta1^t, the bias of the mean m at step t, which torch divides by; 1 in the limit of many steps.
    """
    gradient = (curvature + weight_decay) * theta[0]
    return GridScheme(
        sp.Eq(mean[1], beta1 * mean[0] + (1 - beta1) * gradient),
        sp.Eq(theta[1], theta[0] - lr * mean[1] / (correction * denominator)),
        assumptions=sp.And(beta1 < 1, *_at_most_one(correction)),
    )


def adamw(correction: sp.Expr = sp.S.One) -> GridScheme:
    """Adam whose weight decay is decoupled: theta' = (1 - lr weight_decay) theta - lr m' / (correction denominator)."""
    return GridScheme(
        sp.Eq(mean[1], beta1 * mean[0] + (1 - beta1) * curvature * theta[0]),
        sp.Eq(theta[1], (1 - lr * weight_decay) * theta[0] - lr * mean[1] / (correction * denominator)),
        assumptions=sp.And(beta1 < 1, *_at_most_one(correction)),
    )


def nadam(look_ahead: sp.Expr = beta1, gradient_weight: sp.Expr = 1 - beta1) -> GridScheme:
    """Adam with Nesterov's look-ahead: theta' = theta - lr (look_ahead m' + gradient_weight g) / denominator.

    With the momentum schedule mu_t and its product M_t, look_ahead = mu_(t+1) / (1 - M_(t+1)) and gradient_weight =
    (1 - mu_t) / (1 - M_t); after many steps beta1 and 1 - beta1.
    """
    gradient = (curvature + weight_decay) * theta[0]
    return GridScheme(
        sp.Eq(mean[1], beta1 * mean[0] + (1 - beta1) * gradient),
        sp.Eq(theta[1], theta[0] - lr * (look_ahead * mean[1] + gradient_weight * gradient) / denominator),
        assumptions=beta1 < 1,
    )


def rmsprop() -> GridScheme:
    """b' = momentum b + g / denominator, theta' = theta - lr b'; centred or not, once the denominator is frozen."""
    gradient = (curvature + weight_decay) * theta[0]
    return GridScheme(
        sp.Eq(buffer[1], momentum * buffer[0] + gradient / denominator),
        sp.Eq(theta[1], theta[0] - lr * buffer[1]),
        assumptions=momentum < 1,
    )


def adagrad() -> GridScheme:
    """theta' = theta - lr g / denominator; for lr_decay put the decayed lr."""
    return GridScheme(sp.Eq(theta[1], theta[0] - lr * (curvature + weight_decay) * theta[0] / denominator))


def schedule_free() -> GridScheme:
    """Schedule-free SGD (Defazio 2024): the gradient is taken between the iterate z and its average x.

    y = (1 - momentum) z + momentum x, z' = z - lr g(y), x' = (1 - averaging) x + averaging z'. The weight 1/t of the t-th
    step is frozen; averaging -> 0 is the limit of many steps.
    """
    gradient = (curvature + weight_decay) * ((1 - momentum) * iterate[0] + momentum * average[0])
    return GridScheme(
        sp.Eq(iterate[1], iterate[0] - lr * gradient),
        sp.Eq(average[1], (1 - averaging) * average[0] + averaging * iterate[1]),
        assumptions=sp.And(momentum < 1, averaging <= 1),
    )


def averaged(scheme: GridScheme) -> GridScheme:
    """Any optimiser with an average beside it: x' = (1 - averaging) x + averaging theta'.

    An EMA has averaging = 1 - decay, Polyak's mean 1/t. The iterates do not feel it, so the edge stays where it is.
    """
    follow = sp.Eq(average[1], (1 - averaging) * average[0] + averaging * theta[1])
    return GridScheme(*scheme.residuals, follow, assumptions=sp.And(scheme.assumptions, averaging <= 1))


def _at_most_one(correction: sp.Expr) -> tuple[sp.Basic, ...]:
    return (correction <= 1,) if correction.free_symbols else ()


_RECURRENCES: Mapping[str, Callable[[], GridScheme]] = {
    "gd": gradient_descent,
    "heavy-ball": heavy_ball,
    "nesterov": nesterov_momentum,
    "sgd": sgd,
    "rmsprop": rmsprop,
    "adagrad": adagrad,
    "adam": adam,
    "adamw": adamw,
    "adam-at-step": lambda: adam(bias_correction1),
    "adamw-at-step": lambda: adamw(bias_correction1),
    "nadam": nadam,
    "nadam-at-step": lambda: nadam(look_ahead, gradient_weight),
    "schedule-free": schedule_free,
    "gd-averaged": lambda: averaged(gradient_descent()),
}

_NO_EDGE = "so that scaling the curvature changes none of its steps: it has no linearisation at a minimum and no edge"
_HOPS = f"{_NO_EDGE}, and ends in hops of size lr"

why_excluded: Mapping[str, str] = MappingProxyType(
    {
        "sign-sgd": f"takes only the sign of the gradient, {_HOPS}",
        "signum": f"takes only the sign of the gradient's running mean, {_HOPS}",
        "lion": f"takes only the sign of a mean of gradients, {_HOPS}",
        "rprop": f"takes only the sign of the gradient and sizes its steps by the changes of sign, {_NO_EDGE}",
        "muon": f"sets every singular value of its update to about one, {_HOPS}",
    }
)
"""Optimisers that have no stability edge of this kind, and why."""

_REFUSED = {name: f"no stability edge for {name!r}: it {why}" for name, why in why_excluded.items()}

optimizers: Registry[GridScheme] = Registry("optimizer", _RECURRENCES, make=lambda recurrence: recurrence(), refused=_REFUSED)
"""Recurrences by name, each built when first asked for; asking for an excluded one says why it is."""
