"""Worlds of what the paper says in passing: automatic differentiation, bisection, direct iteration."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from scipy.integrate import dblquad
from scipy.optimize import brentq
from scipy.special import expit
from torch import Tensor

from derive.derivations import any_loss, bias, generous, indicators, quadratic, relu
from derive.fields.calculus import TimeDerivative
from derive.fields.networks import g
from derive.fields.special import Sigmoid
from derive.fields.symbols import (  # fmt: skip
    A,
    Ibar,
    K,
    a,
    alpha_max,
    alpha_min,
    beta,
    curvature,
    lr,
    momentum,
    power,
    power_max,
    x,
    xi,
    y,
    z,
)
from paper_checks.brute import nesterov_matrix, spectral_radius
from paper_checks.worlds import linear, network
from paper_checks.worlds.autograd import (
    BETA,
    correlate,
    cross_entropy,
    curve,
    first_order,
    gradient,
    named,
    pooled,
    rayleigh,
    swish,
    wave,
)
from paper_checks.worlds.autograd import curvature as hessian
from paper_checks.worlds.errors import table
from paper_checks.worlds.evaluate import World
from paper_checks.worlds.network import DECAY, IMAGE, KERNEL, STEP

N = len(IMAGE)
BASE = network.BASE | named("r", curve)


# A kernel of cells


def cells() -> dict[str, list[World]]:
    """A cell of four points of the grid; a cubic polynomial on a square."""
    chi, k = network.WINDOW, 0.7
    rest = KERNEL - k * chi
    values = BASE | network.any_loss() | {
        K: KERNEL.numpy(), g: float(pooled(KERNEL, IMAGE, curve)), indicators.weight: k, indicators.cell: chi.numpy(), indicators.others: rest.numpy(),
        indicators.slope: float(gradient(lambda w: network.any_whole(rest + w * chi), torch.tensor(k, dtype=torch.float64)).detach()),
    }  # fmt: skip
    h = 0.6
    whole = dblquad(lambda q, p: 2 + p - q + p**2 + 3 * q**2 - p * q + p**3 + p * q**2, -h / 2, h / 2, -h / 2, h / 2)[0]
    cell = {
        indicators.side: h,
        indicators.value: 2.0,
        indicators.bend: 8.0,
        indicators.mean: whole / h**2,
        indicators.rate: whole,
    }
    found = {title: [World(values)] for title in ("Kernel", "In one weight", "By the gradient")}
    return found | {"*": [World(cell)]}


# Bias

OFFSET, HELD = 0.3, 0.7


def response(kernel: Tensor, offset: Tensor, activation: Callable) -> Tensor:
    return activation(correlate(kernel, IMAGE) + offset).sum()


def biases() -> dict[str, list[World]]:
    """Rates by automatic differentiation; the Hessian in kernel and bias by it as well."""
    at, zero = torch.tensor(OFFSET, dtype=torch.float64), torch.zeros_like(KERNEL)
    rate = lambda k, f: -HELD * gradient(lambda q: response(q, at, f), k) - DECAY * k  # noqa: E731
    out = lambda c: HELD * (pooled(KERNEL, IMAGE, curve) + c) + DECAY / 2 * c**2  # noqa: E731
    values = BASE | {K: KERNEL.numpy(), a: HELD, bias.bias: OFFSET, bias.rate: -float(gradient(out, at).detach())}
    rates = {
        "At the output": -HELD * gradient(lambda q: pooled(q, IMAGE, curve), KERNEL) - DECAY * KERNEL,
        "In the activation": rate(KERNEL, curve), "In the activation, K = 0": first_order(lambda k: rate(k, curve), zero, KERNEL),
    }  # fmt: skip
    found = {title: [World(values | {TimeDerivative(K): r.detach().numpy()})] for title, r in rates.items()}
    matrix = HELD * hessian(lambda k: response(k, at, curve), zero)
    factor = 1 - STEP * (DECAY + rayleigh(matrix, wave(1, 2)))
    found["At the output, trained"] = [World(values)]
    found["In the activation, amplifier"] = [World(values | {A: factor, power: float(network.spectra(IMAGE)[0][1, 2])})]
    return found | _trained_biases()


def _trained_biases() -> dict[str, list[World]]:
    """Extremes of the Hessian in kernel and bias together, at zero."""

    def joint(inner: bool, image: Tensor) -> np.ndarray:
        def whole(both: Tensor) -> Tensor:
            kernel, offset = both[:-1].reshape(N, N), both[-1]
            fields = correlate(kernel, image)
            return swish(fields + offset).sum() if inner else swish(fields).sum() + offset

        return hessian(whole, torch.zeros(N * N + 1, dtype=torch.float64))

    found: dict[str, list[World]] = {}
    for image in (IMAGE, 4 * (IMAGE - IMAGE.mean())):  # where the mode at 0 is the highest, and where another may be
        spectrum = np.abs(np.fft.fft2(image.numpy())) ** 2
        base = {Ibar: float(image.sum()), bias.outputs: N * N, power_max: spectrum.max(), beta: BETA, lr: 1e-3}
        for inner, where in ((False, "output"), (True, "activation")):
            data = joint(inner, image)
            for sign, name in ((1, "a > 0"), (-1, "a < 0")):
                drives = np.linalg.eigvalsh(sign * HELD * data)
                edges = {a: sign * HELD, alpha_min: -drives[0], alpha_max: 2 / 1e-3 - drives[-1]}
                found.setdefault(f"Bounds, {where}, {name}", []).append(World(base | edges))
    ones = np.append(np.ones(N * N) / N, 0.0)
    plane = np.stack([ones, np.eye(N * N + 1)[-1]])
    low, high = np.linalg.eigvalsh(plane @ joint(True, IMAGE) @ plane.T) / (BETA / 2)
    found["In the activation, trained"] = [
        World({Ibar: float(IMAGE.sum()), bias.outputs: N * N, **dict(zip(bias.curves, (low, high), strict=True))})
    ]
    return found


# Losses


def torch_loss(name: str, logit: Tensor, label: float) -> Tensor:
    """By torch's own functions, or by the definition."""
    side = 2 * label - 1
    return {
        "cross-entropy": lambda: cross_entropy(logit, label),
        "squared": lambda: torch.nn.functional.mse_loss(torch.sigmoid(logit), torch.tensor(label, dtype=torch.float64)) / 2,
        "exponential": lambda: torch.exp(-side * logit),
        "squared-hinge": lambda: torch.relu(1 - side * logit) ** 2 / 2,
    }[name]()


def any_losses() -> dict[str, list[World]]:
    """The error of each by automatic differentiation; the flows with the error held."""
    held = network.held(KERNEL, curve).detach().numpy()
    values = BASE | {K: KERNEL.numpy(), a: 0.7, TimeDerivative(K): held}
    found = {"Flow": [World(values)], "Linearised": [World(values | {TimeDerivative(K): network.linearised(curve)})]}
    for name, title in any_loss.TITLES.items():
        places = [(0.6, 1.0), (-0.4, 0.0), (1.5, 1.0), (0.3, 0.3)]
        found[title] = [World({g: at, y: label, a: slope_of(name, at, label), Sigmoid: expit}) for at, label in places]
        found[f"{title}, K = 0"] = [World({y: label, a: slope_of(name, 0.0, label)}) for label in (0.0, 1.0)]
    return found


def slope_of(name: str, at: float, label: float) -> float:
    """Of a loss in the response."""
    return float(gradient(lambda t: torch_loss(name, t, label), torch.tensor(at, dtype=torch.float64)).detach())


# ReLU


def rectified() -> dict[str, list[World]]:
    """Torch's ReLU as the limit; Swish by automatic differentiation."""
    values = named("r", swish) | named("r_oo", torch.relu) | {relu.positive: 0.8, beta: BETA, x: 0.7}
    left, right = (float(gradient(torch.relu, torch.tensor(s * 0.1, dtype=torch.float64)).detach()) for s in (-1, 1))
    return {"*": [World(values | {relu.jump: right - left})]}


# The sign of the error


def signs() -> dict[str, list[World]]:
    """Edges of forward Euler by dense eigenvalues; an image without a mean."""
    up, down = (linear.facts(linear.edges(errors=(error,))) for error in (0.5, -0.5))
    image = linear.IMAGE - linear.IMAGE.mean()
    matrix = linear.correlation_matrix(image, linear.N)
    flat = np.ones(linear.N**2)
    factor = 1 - STEP * HELD * BETA / 2 * (flat @ matrix.T @ matrix @ flat) / (flat @ flat)
    either = lambda there, other: there + [World(w.values, False) for w in other]  # noqa: E731
    return {
        "Lower bound, a > 0": up, "Lower bound, a < 0": down, "A frequency the image lacks": [World({A: factor})],
        "Automatic": either(up, down), "Decay is needed": either(down, up),
    }  # fmt: skip


# Nesterov against gradient descent


def nesterov_edge(size: float, by: float) -> float:
    """Largest dt of a mode, from the scheme's matrix."""

    def radius(dt: float) -> float:
        return spectral_radius(nesterov_matrix(np.array([[size]]), dt, 2 * (1 - by) / (dt * (1 + by)))) - 1

    return brentq(radius, 1e-3, 50.0, xtol=1e-12)


def highest(dt: float, by: float) -> float:
    """Largest curvature at a dt, likewise."""
    return brentq(
        lambda s: spectral_radius(nesterov_matrix(np.array([[s]]), dt, 2 * (1 - by) / (dt * (1 + by)))) - 1, 1e-6, 1e4
    )


def steps() -> dict[str, list[World]]:
    """Edges by bisection on both sides of where they meet."""
    found: dict[str, list[World]] = {"*": [], "More generous in dt": [], "More generous in weight decay": []}
    for by in (0.3, 0.9):
        size = 5.0
        own, plain = nesterov_edge(size, by), brentq(lambda s: abs(1 - s * 5.0) - 1, 1e-3, 1.0)
        factor = own**2 * (1 + by) / 2
        found["*"].append(World({
            z: size, momentum: by, generous.plain_dt: plain, generous.nesterov_dt: own, generous.own: factor,
            generous.in_lr: factor / plain, generous.in_reach: factor / (1 - by) / plain,
        }))  # fmt: skip
        equal = brentq(lambda s, b=by: nesterov_edge(s, b) - 2 / s, 0.5, 9.0, xtol=1e-10)
        meet = brentq(lambda dt, b=by: highest(dt, b) - 2 / dt, 0.2, 3.0, xtol=1e-10)
        for s in (0.999, 1.001):
            found["More generous in dt"].append(
                World({z: s * equal, momentum: by}, nesterov_edge(s * equal, by) > 2 / (s * equal))
            )
            found["More generous in weight decay"].append(
                World({lr: s * meet, momentum: by}, highest(s * meet, by) > 2 / (s * meet))
            )
    return found


# A quadratic


def orbit() -> dict[str, list[World]]:
    """Stepped with derivatives by automatic differentiation."""

    def step(at: float, size: float, bend: float = 2.0) -> float:
        return at - size * float(gradient(lambda t: bend / 2 * t**2, torch.tensor(at, dtype=torch.float64)).detach())

    turning = {bend: brentq(lambda s, b=bend: step(0.8, s, b) + 0.8, 0.1, 3.0) for bend in (2.0, 1.7)}
    path = [0.8]
    for _ in range(4):
        path.append(step(path[-1], turning[2.0]))
    example = named("f", lambda t: t**2) | {x: 0.7, ("x", 0): table(path), lr: turning[2.0]}
    return {
        "Factor": [World({curvature: 1.7, lr: 0.3, xi: step(1.0, 0.3, 1.7)})], "Turning step": [World({curvature: 1.7, lr: turning[1.7]})],
        "*": [World(example | {quadratic.n: n}) for n in (2, 3)],
    }  # fmt: skip


WORLDS = {
    "indicators": cells, "bias": biases, "any-loss": any_losses, "relu": rectified, "sign-of-error": signs, "generous": steps,
    "quadratic": orbit,
}  # fmt: skip
