"""The mean-square edge of live optimisers, against second moments by enumeration of the torch step's own recurrence."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import Parameter
from torch.optim import SGD, AdamW, Optimizer, RMSprop

from derive.errors import InputError
from numerics.sharpness import CurvatureNoise, curvature_noise, noise_of
from numerics.sharpness.noise import Products
from numerics.thresholds import Threshold, mean_square, thresholds

EDGE = 1e-6


def radius(step: Callable[[float, np.ndarray], np.ndarray], mean: float, deviation: float) -> float:
    """Spectral radius of second moments: the curvature is mean +- deviation, each with a half."""
    columns = [np.stack([step(h, e) for e in np.eye(2)], 1) for h in (mean - deviation, mean + deviation)]
    moments = sum(np.kron(m, m) for m in columns) / 2
    return float(np.abs(np.linalg.eigvals(moments)).max())


def three_by_three(b: float, lr: float, h: float, s: float) -> float:
    """(E x_t^2, E x_t x_(t-1), E x_(t-1)^2) of heavy ball x_(t+1) = (1 + b - lr a) x_t - b x_(t-1)."""
    both = np.zeros((3, 3))
    for a in (h - s, h + s):
        c = 1 + b - lr * a
        both += np.array([[c * c, -2 * b * c, b * b], [c, -b, 0], [1, 0, 0]]) / 2
    return float(np.abs(np.linalg.eigvals(both)).max())


def sgd(lr: float, b: float, decay: float = 0.0, nesterov: bool = False, dampening: float = 0.0):
    """torch.optim.SGD on one weight, state (buffer, theta)."""

    def step(h: float, z: np.ndarray) -> np.ndarray:
        g = (h + decay) * z[1]
        buffer = b * z[0] + (1 - dampening) * g
        return np.array([buffer, z[1] - lr * (g + b * buffer if nesterov else buffer)])

    return step


def adamw(lr: float, beta: float, decay: float, divisor: float):
    def step(h: float, z: np.ndarray) -> np.ndarray:
        mean = beta * z[0] + (1 - beta) * h * z[1]
        return np.array([mean, (1 - lr * decay) * z[1] - lr * mean / divisor])

    return step


def stepped(make: Callable[..., Optimizer], count: int = 1) -> tuple[Optimizer, list[Parameter]]:
    parameters = [Parameter(torch.ones(1, dtype=torch.float64)) for _ in range(count)]
    optimizer = make(parameters)
    for p in parameters:
        p.grad = torch.ones_like(p)
    optimizer.step()
    return optimizer, parameters


def normalised(found: list[Threshold], h: float, s: float) -> CurvatureNoise:
    """Four batches whose mean and deviation are exactly h and s, in units of the noise-free edge; decay joins h."""
    (t,) = found
    scale = float(t.scale)
    return noise_of([(h + t.decay + sign * s * 0.75**0.5) / scale for sign in (1, 1, -1, -1)], [8] * 4)


def test_heavy_ball_whose_curvature_deviates_by_as_much_as_it_is_large() -> None:
    """A linear model, four batches: lr h is at most 3.8 without noise, and 1 - 0.9^2 = 0.19 with it."""
    line = nn.Linear(1, 1, bias=False, dtype=torch.float64)
    optimizer = SGD(line.parameters(), lr=0.03, momentum=0.9)
    h = 2.0
    squares = torch.tensor([h * (1 + sign * 0.75**0.5) for sign in (1, -1, 1, -1)], dtype=torch.float64)
    data = [(x.sqrt().view(1, 1), torch.zeros(1, 1, dtype=torch.float64)) for x in squares]
    found = thresholds(optimizer)
    noise = curvature_noise(
        line, lambda y, t: (y - t).square().mean() / 2, data, torch.ones(1, dtype=torch.float64), [t.scale for t in found]
    )
    edge = mean_square(found, noise)
    assert noise.mean * found[0].curvature == pytest.approx(h)
    assert found[0].curvature * 0.03 == pytest.approx(3.8)
    assert noise.deviation == pytest.approx(noise.mean)
    assert edge.largest_lr(found)[0] * h == pytest.approx(0.19)
    assert edge.normalised == pytest.approx(0.03 * h / 0.19)
    for factor, inside in ((1 - EDGE, True), (1 + EDGE, False)):
        assert (three_by_three(0.9, factor * 0.19 / h, h, h) < 1) == inside
        assert (three_by_three(0.9, factor * 3.8 / h, h, 0.0) < 1) == inside
    assert three_by_three(0.9, 0.5 * 3.8 / h, h, h) > 1  # far below the noise-free edge


@pytest.mark.parametrize("s", [0.0, 0.4, 1.5])
@pytest.mark.parametrize(
    ("make", "step", "decay"),
    [
        (partial(SGD, lr=0.1), partial(sgd, b=0.0), 0.0),
        (partial(SGD, lr=0.1, momentum=0.8, weight_decay=0.3), partial(sgd, b=0.8, decay=0.3), 0.3),
        (partial(SGD, lr=0.1, momentum=0.8, nesterov=True), partial(sgd, b=0.8, nesterov=True), 0.0),
        (partial(SGD, lr=0.1, momentum=0.5, dampening=0.4), partial(sgd, b=0.5, dampening=0.4), 0.0),
        (partial(AdamW, lr=0.1, betas=(0.8, 0.9), eps=1.0, weight_decay=0.5), None, 0.0),
    ],
    ids=["plain", "decay", "nesterov", "dampening", "adamw"],
)
def test_at_the_edge_second_moments_neither_grow_nor_shrink(make, step, decay: float, s: float) -> None:
    h = 1.2
    optimizer, _ = stepped(make)
    found = thresholds(optimizer)
    step = step or (lambda lr: adamw(lr, 0.8, 0.5, float(found[0].denominator)))
    edge = mean_square(found, normalised(found, h, s))
    largest = edge.largest_lr(found)[0]
    assert radius(step(largest * (1 - EDGE)), h, s) < 1 < radius(step(largest * (1 + EDGE)), h, s)
    assert (edge.normalised < 1) == (largest > 0.1)
    assert edge.low <= edge.normalised <= edge.high
    if not s:
        assert edge.low == edge.high == pytest.approx(float((h + decay) / found[0].scale))


def test_modes_that_curve_and_deviate_alike_are_stable_where_the_coupled_edge_says() -> None:
    """H_b = h + s R with R a random reflection about the plane's axes: second moments of the plane, by enumeration."""
    h, s, b = 1.0, 0.6, 0.7
    angles = np.pi * np.arange(4) / 4
    reflections = [np.array([[np.cos(a), np.sin(a)], [np.sin(a), -np.cos(a)]]) for a in angles]
    signed = [sign * r for r in reflections for sign in (1, -1)]

    def grows(lr: float) -> float:
        moments = []
        for r in signed:
            curvature = h * np.eye(2) + s * r
            buffer = np.block([[b * np.eye(2), curvature]])
            step = np.vstack([buffer, np.hstack([np.zeros((2, 2)), np.eye(2)]) - lr * buffer])
            moments.append(np.kron(step, step))
        return float(np.abs(np.linalg.eigvals(np.mean(moments, axis=0))).max())

    optimizer, _ = stepped(partial(SGD, lr=0.1, momentum=b))
    found, seen = thresholds(optimizer), Products()
    v = torch.tensor([0.8, 0.6], dtype=torch.float64)
    for r in signed:
        seen.add(v, torch.tensor(h * np.eye(2) + s * r) @ v / float(found[0].scale), 4)
    noise = seen.noise()
    # All 8 are the population: its deviation has 8 where a sample's has 7.
    noise = noise._replace(deviation=noise.deviation * (7 / 8) ** 0.5, across=noise.across * (7 / 8) ** 0.5)
    largest = mean_square(found, noise, coupled=True).largest_lr(found)[0]
    assert grows(largest * (1 - EDGE)) < 1 < grows(largest * (1 + EDGE))
    assert mean_square(found, noise).largest_lr(found)[0] > largest


def test_groups_of_one_momentum_share_an_edge_and_others_are_refused() -> None:
    def groups(**second):
        return lambda ps: SGD([{"params": ps[:1]}, {"params": ps[1:], **second}], lr=0.1, momentum=0.9)

    noise = noise_of([0.1, 0.3, 0.2, 0.25], [8] * 4)
    one = mean_square(thresholds(stepped(partial(SGD, lr=0.1, momentum=0.9))[0]), noise)
    for shared in ({"lr": 0.7}, {"weight_decay": 0.3}):
        found = thresholds(stepped(groups(**shared), 2)[0])
        assert mean_square(found, noise).normalised == pytest.approx(one.normalised)
        assert mean_square(found, noise).largest_lr(found)[1] == pytest.approx(one.factor * shared.get("lr", 0.1))
    with pytest.raises(InputError, match="groups of the same momentum") as error:
        mean_square(thresholds(stepped(groups(momentum=0.5), 2)[0]), noise)
    assert "\n" not in str(error.value)


def test_a_curvature_that_may_be_nothing_has_no_interval_and_one_below_it_no_edge() -> None:
    found = thresholds(stepped(partial(RMSprop, lr=0.01))[0])
    unsure = mean_square(found, noise_of([1.0, -0.9, 1.2, -0.8], [8] * 4))
    assert unsure.normalised > 0
    assert (unsure.low, unsure.high) == (0.0, float("inf"))
    below = mean_square(found, noise_of([-1.0, -0.9, -1.2], [8] * 3))
    assert np.isnan(below.normalised)
    assert (below.low, below.high, below.factor) == (0.0, float("inf"), float("inf"))
    frozen, _ = stepped(partial(SGD, lr=0.0))
    with pytest.raises(InputError, match="an lr above 0"):
        mean_square(thresholds(frozen), noise_of([1.0, 1.1, 1.2], [8] * 3))


def test_the_interval_holds_the_edge_as_often_as_it_says_for_gaussian_curvature() -> None:
    """Without momentum the edge is lr (h^2 + s^2) / (2 h) = 1: held against it, of 8 batches whose curvature is Gaussian."""
    found, draws = thresholds(stepped(partial(SGD, lr=0.1))[0]), np.random.default_rng(0)
    h, s = 0.5, 0.25  # in units of the noise-free edge lr h = 2
    exact, held = (h**2 + s**2) / h, 0
    for _ in range(100):
        edge = mean_square(found, noise_of(list(h + s * draws.standard_normal(8)), [8] * 8))
        held += edge.low <= exact <= edge.high
    assert held >= 88  # of 95 in the mean, by 3 standard deviations
