"""Worlds of the one-layer network: its flow, linearised, discretised; the error linearised too; the three regimes."""

from __future__ import annotations

from itertools import product

import numpy as np
import torch
from torch import Tensor

from derive.derivations.error_linearised import A_0, Kbar, drive_max, drive_min
from derive.derivations.forward_euler import K_next
from derive.derivations.regimes import K0, chi, norm, slope
from derive.fields.calculus import TimeDerivative
from derive.fields.dft import Khat, Khat_next, What
from derive.fields.networks import g
from derive.fields.symbols import (  # fmt: skip
    A,
    I,
    Ibar,
    K,
    L,
    a,
    alpha,
    alpha_max,
    alpha_min,
    area,
    beta,
    dK,
    dL,
    grad_L,
    lr,
    power,
    power_max,
    power_min,
    x,
    y,
    yhat,
)
from paper_checks.worlds import linear
from paper_checks.worlds.autograd import (
    BETA,
    N,
    along,
    correlate,
    cross_entropy,
    curvature,
    curve,
    field,
    first_order,
    gradient,
    named,
    pooled,
    rayleigh,
    swish,
    wave,
)
from paper_checks.worlds.evaluate import World

DECAY, STEP, LABEL = 0.4, 0.03, 0.3
KERNEL, IMAGE, ALONG = field(1, 0.3), field(2, 0.5) + 0.2, field(3)
WINDOW = torch.zeros(N, N, dtype=torch.float64)
WINDOW[:2, :2] = 1
BASE = {
    "grid": (N, N),
    "window": WINDOW.numpy(),
    alpha: DECAY,
    lr: STEP,
    beta: BETA,
    I: IMAGE.numpy(),
    Ibar: float(IMAGE.sum()),
}


def loss(kernel: Tensor, activation=curve) -> Tensor:
    """Cross-entropy and decay."""
    return cross_entropy(pooled(kernel, IMAGE, activation), LABEL) + DECAY / 2 * (kernel**2).sum()


def flow_of_theorem_5_1() -> dict[str, list[World]]:
    logit = pooled(KERNEL, IMAGE, curve)
    slope_ = gradient(loss, KERNEL).detach()
    out = torch.sigmoid(logit)

    def entropy(v: Tensor) -> Tensor:
        return -LABEL * torch.log(v) - (1 - LABEL) * torch.log(1 - v)

    values = BASE | named("r", curve) | named("s", torch.sigmoid) | named("ell", entropy) | {
        K: KERNEL.numpy(), dK: ALONG.numpy(), g: float(logit), yhat: float(out), y: LABEL, L: float(loss(KERNEL)),
        dL: float(along(loss, KERNEL, ALONG)), grad_L: slope_.numpy(), TimeDerivative(K): -slope_.numpy(),
    }  # fmt: skip
    windowed = values | {TimeDerivative(K): -(slope_ * WINDOW).numpy()}
    general = World(values | any_loss())
    found = {title: [general] for title in ("Loss", "First variation", "Gradient")}
    return found | {"*": [World(values)], "With the window": [World(windowed)]}


def any_loss() -> dict:
    """A loss and an output that are neither cross-entropy nor the sigmoid."""
    whole = any_whole
    values = {L: float(whole(KERNEL)), dL: float(along(whole, KERNEL, ALONG)), grad_L: gradient(whole, KERNEL).detach().numpy()}
    return named("s", _output) | named("ell", _cost) | values


def _output(v: Tensor) -> Tensor:
    return torch.exp(v / 3)


def _cost(v: Tensor) -> Tensor:
    return torch.exp(v / 2) + v**3


def any_whole(kernel: Tensor) -> Tensor:
    """That loss with decay."""
    return _cost(_output(pooled(kernel, IMAGE, curve))) + DECAY / 2 * (kernel**2).sum()


def held(kernel: Tensor, activation, error: float = 0.7) -> Tensor:
    """The flow with the output error held constant."""
    return -error * gradient(lambda k: pooled(k, IMAGE, activation), kernel) - DECAY * kernel


def linearised(activation) -> np.ndarray:
    return first_order(lambda k: held(k, activation), torch.zeros_like(KERNEL), KERNEL).numpy()


def flow_of_theorem_5_2() -> dict[str, list[World]]:
    values = BASE | named("r", curve) | {K: KERNEL.numpy(), a: 0.7}
    rates = {
        "Flow": held(KERNEL, curve).detach().numpy(), "First order in K": linearised(curve), "Swish": linearised(swish),
        "With the window": linearised(swish) * WINDOW.numpy(),
    }  # fmt: skip
    return {title: [World(values | {TimeDerivative(K): rate})] for title, rate in rates.items()}


def forward_euler() -> dict[str, list[World]]:
    rate = linearised(swish) * WINDOW.numpy()
    values = BASE | {K: KERNEL.numpy(), a: 0.7, TimeDerivative(K): rate, K_next: KERNEL.numpy() + STEP * rate}
    return {"*": [World(values)]}


def swish_and_derivatives() -> dict[str, list[World]]:
    return {"*": [World({x: at, beta: BETA} | named("r", swish)) for at in (-0.8, 0.7)]}


# App. D.4


def error(kernel: Tensor, activation) -> Tensor:
    return torch.sigmoid(pooled(kernel, IMAGE, activation)) - LABEL


def full(kernel: Tensor, activation) -> Tensor:
    """The flow, the error a function of the kernel."""
    return -gradient(lambda k: loss(k, activation), kernel)


def data_curvature(label: float, image: Tensor = IMAGE, activation=swish, at: Tensor | None = None) -> np.ndarray:
    where = torch.zeros_like(KERNEL) if at is None else at
    return curvature(lambda k: cross_entropy(pooled(k, image, activation), label), where)


def spectra(image: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """|Ihat|^2 at every frequency, and without 0."""
    found = np.abs(np.fft.fft2(image.numpy())) ** 2
    return found, found.ravel()[1:]


def error_linearised() -> dict[str, list[World]]:
    zero, kernel = torch.zeros_like(KERNEL), KERNEL
    values = (
        BASE
        | named("r", curve)
        | named("s", torch.sigmoid)
        | {K: kernel.numpy(), y: LABEL, a: 0.5 - LABEL, Kbar: float(kernel.sum())}
    )
    of_error = float(first_order(lambda k: error(k, curve), zero, kernel))
    rate = first_order(lambda k: full(k, swish), zero, kernel)
    found = {
        "Flow": [World(values | {TimeDerivative(K): full(kernel, curve).detach().numpy()})],
        "Error to first order": [World(values | {yhat: of_error + LABEL})],
        "Flow to first order": [
            World(values | {TimeDerivative(K): first_order(lambda k: full(k, curve), zero, kernel).numpy()})
        ],
        "Swish and sigmoid": [World(values | {TimeDerivative(K): rate.numpy()})],
    }
    return found | _on_the_grid(values) | _on_the_window(values)


def _on_the_grid(values: dict) -> dict[str, list[World]]:
    matrix, (whole, _) = data_curvature(LABEL), spectra(IMAGE)
    constant = (0.5 - LABEL) * curvature(lambda k: pooled(k, IMAGE, swish), torch.zeros_like(KERNEL))
    factor = lambda m, mode: 1 - STEP * (DECAY + rayleigh(m, mode))  # noqa: E731
    ones, other = np.ones((N, N)), wave(1, 2)
    here = values | {area: N * N, A_0: factor(matrix, ones)}
    found = {
        "Amplification factor, omega = 0": [World(here)],
        "Amplification factor, other omega": [World(values | {A: factor(matrix, other), power: float(whole[1, 2])})],
        "Against a constant error": [World(here | {A: factor(constant, ones)})],
    }
    worlds = {label: [world for case in CASES for world in _stability(label, *case)] for label in (0.0, 1.0)}
    found["Condition"] = [world for group in worlds.values() for world in group]
    for sign, label in (("a > 0", 0.0), ("a < 0", 1.0)):
        found[f"Weight decay, {sign}"] = [World(world.values) for world in worlds[label]]
    return found


CASES = ((5, 0.0, BETA, 0.0), (6, 0.6, BETA, 0.0), (5, 0.3, 8.0, 0.0), (5, 0.005, BETA, 4.0))
"""Seed and mean of the image, beta of Swish, height of one pixel: the mode at omega = 0 is of no account, is the highest, with beta
great the lowest for a < 0, and with a pixel that outshines the mean the lowest for a > 0."""


def _stability(label: float, seed: int, mean: float, sharpness: float, pixel: float) -> list[World]:
    """Just inside and just outside the edges of the Hessian on the whole grid."""
    image = field(seed, 0.5)
    image[0, 0] += pixel
    image = image - image.mean() + mean
    matrix = data_curvature(label, image, lambda u: u * torch.sigmoid(sharpness * u))
    drives, (_, others) = np.linalg.eigvalsh(matrix), spectra(image)
    step = 0.7 / np.abs(drives).max()
    ends = {alpha_min: -drives[0], alpha_max: 2 / step - drives[-1]}
    values = BASE | ends | {
        a: 0.5 - label, lr: step, beta: sharpness, area: N * N, Ibar: float(image.sum()), power_min: others.min(), power_max: others.max(),
    }  # fmt: skip
    near = ((end, sign) for end, sign in product(ends.values(), (-1, 1)))
    decays = (end + sign * 1e-3 * (ends[alpha_max] - ends[alpha_min]) for end, sign in near)
    return [World(values | {alpha: d}, bool(np.abs(1 - step * (d + drives)).max() < 1)) for d in decays]


def _on_the_window(values: dict) -> dict[str, list[World]]:
    kernel = KERNEL * WINDOW
    rate = first_order(lambda k: full(k, swish), torch.zeros_like(kernel), kernel) * WINDOW
    hats = {name: np.fft.fft2(f.numpy()) for name, f in ((Khat, kernel), (Khat_next, kernel + STEP * rate), (What, WINDOW))}
    power_ = {power: spectra(IMAGE)[0], Kbar: float(kernel.sum())}
    inside = WINDOW.numpy().ravel() > 0
    drives = np.linalg.eigvalsh(data_curvature(LABEL)[np.ix_(inside, inside)])
    ends = {drive_min: drives[0], drive_max: drives[-1], alpha_min: -drives[0], alpha_max: 2 / STEP - drives[-1]}
    return {"Windowed form": [World(values | hats | power_)], "Bounds on a window": [World(values | ends)]}


# App. D.5


def regimes() -> dict[str, list[World]]:
    image = IMAGE.abs() + 0.2
    up = torch.full((N, N), 0.01, dtype=torch.float64)
    far = [World({x: at, beta: BETA} | named("r", swish)) for at in (100.0, -100.0)]
    found = {"Far out, activated": far[:1], "Far out, not activated": far[1:]}
    active, idle, tiny = (_regime(image, state) for state in (up, -up, 1e-9 * up))
    mixed = _regime(IMAGE, KERNEL)
    for title in ("Activated", "Activated, weight decay"):
        found[title] = [active]
    ones = rayleigh(data_curvature(LABEL, image, torch.relu, up), np.ones((N, N)))
    flat = rayleigh(data_curvature(LABEL, image, torch.relu, up), wave(1, 0))
    found["Activated, constant kernel"] = [World(active.values | {A: 1 - STEP * (DECAY + ones)})]
    found["Activated, kernels of integral 0"] = [World(active.values | {A: 1 - STEP * (DECAY + flat)})]
    found["Activated, output linearised at g = 0"] = [tiny]
    found |= {"Not activated": [idle], "Not activated, weight decay": [idle], "Mixed": [mixed], "Mixed, weight decay": [mixed]}
    transitioning = BASE | {K: KERNEL.numpy(), a: 0.7, TimeDerivative(K): linearised(swish)}
    return found | {"Transitioning": [World(transitioning)], "Transitioning, weight decay": linear.facts(linear.edges())}


def _regime(image: Tensor, state: Tensor) -> World:
    """A state whose responses are far out, or a mixture: there an activation is torch's ReLU."""

    def rate(k: Tensor) -> Tensor:
        return -gradient(lambda q: cross_entropy(pooled(q, image, torch.relu), LABEL) + DECAY / 2 * (q**2).sum(), k)

    logit, deviation = pooled(state, image, torch.relu), field(4)
    out = float(torch.sigmoid(logit))
    active = (correlate(state, image) > 0).double()
    drives = np.linalg.eigvalsh(data_curvature(LABEL, image, torch.relu, state))
    return World(BASE | {
        I: image.numpy(), Ibar: float(image.sum()), K: deviation.numpy(), K0: state.numpy(), Kbar: float(deviation.sum()),
        a: out - LABEL, slope: out * (1 - out), area: N * N, TimeDerivative(K): first_order(rate, state, deviation).numpy(),
        alpha_min: max(0.0, -drives[0]), alpha_max: 2 / STEP - drives[-1], chi: active.numpy(),
        norm: float((correlate(active, image) ** 2).sum()),
    })  # fmt: skip


WORLDS = {
    "5.1": flow_of_theorem_5_1, "5.2": flow_of_theorem_5_2, "eq-11": forward_euler, "swish": swish_and_derivatives,
    "D.4": error_linearised, "table-3": regimes,
}  # fmt: skip
