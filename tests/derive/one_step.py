"""Oracle: each optimiser as its documentation states it, one step on one mode in plain Python; its matrix and radius."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Step = Callable[..., tuple[float, ...]]


def gd(theta, *, g, lr):
    return (theta - lr * g(theta),)


def heavy_ball(theta, b, *, g, lr, momentum):
    b = momentum * b + g(theta)
    return theta - lr * b, b


def nesterov(theta, b, *, g, lr, momentum):
    b = momentum * b + g(theta)
    return theta - lr * (g(theta) + momentum * b), b


def sgd(theta, b, *, g, lr, momentum, dampening, nesterov, weight_decay):
    gradient = g(theta) + weight_decay * theta
    b = momentum * b + (1 - dampening) * gradient
    return theta - lr * (gradient + momentum * b if nesterov else b), b


def rmsprop(theta, b, *, g, lr, momentum, weight_decay, denominator):
    b = momentum * b + (g(theta) + weight_decay * theta) / denominator
    return theta - lr * b, b


def adagrad(theta, *, g, lr, weight_decay, denominator):
    return (theta - lr * (g(theta) + weight_decay * theta) / denominator,)


def adam(theta, m, *, g, lr, beta1, weight_decay, denominator, bias_correction1=1.0):
    m = beta1 * m + (1 - beta1) * (g(theta) + weight_decay * theta)
    return theta - lr * m / bias_correction1 / denominator, m


def adamw(theta, m, *, g, lr, beta1, weight_decay, denominator, bias_correction1=1.0):
    decayed, m = theta - lr * weight_decay * theta, beta1 * m + (1 - beta1) * g(theta)
    return decayed - lr * m / bias_correction1 / denominator, m


def nadam(theta, m, *, g, beta1, **values):
    return nadam_at_step(theta, m, g=g, beta1=beta1, look_ahead=beta1, gradient_weight=1 - beta1, **values)


def nadam_at_step(theta, m, *, g, lr, beta1, weight_decay, denominator, look_ahead, gradient_weight):
    gradient = g(theta) + weight_decay * theta
    m = beta1 * m + (1 - beta1) * gradient
    return theta - lr * (gradient_weight * gradient + look_ahead * m) / denominator, m


def schedule_free(z, x, *, g, lr, momentum, weight_decay, averaging):
    y = z + momentum * (x - z)
    z = z - lr * (g(y) + weight_decay * y)
    return z, x + averaging * (z - x)


def gd_averaged(theta, x, *, g, lr, averaging):
    theta = theta - lr * g(theta)
    return theta, x + averaging * (theta - x)


STEPS: dict[str, Step] = {
    "gd": gd,
    "heavy-ball": heavy_ball,
    "nesterov": nesterov,
    "sgd": sgd,
    "rmsprop": rmsprop,
    "adagrad": adagrad,
    "adam": adam,
    "adamw": adamw,
    "adam-at-step": adam,
    "adamw-at-step": adamw,
    "nadam": nadam,
    "nadam-at-step": nadam_at_step,
    "schedule-free": schedule_free,
    "gd-averaged": gd_averaged,
}


def spectral_radius(step: Step, curvature: float, **values: float) -> float:
    """Of the matrix whose columns are the images of the unit states."""
    size = step.__code__.co_argcount
    columns = [step(*unit, g=lambda theta: curvature * theta, **values) for unit in np.eye(size)]
    return float(np.abs(np.linalg.eigvals(np.array(columns).T)).max())
