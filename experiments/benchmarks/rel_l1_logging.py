"""What measuring RelL1 costs: once per epoch for every layer, and at every step, against the training itself.

Three members of ResNet-8 on all digits, on one CPU thread: the shortest epochs that the `default` presets have. Distances
to the unperturbed member are the same work at every epoch, however many images it has.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from experiments.benchmarks.timing import Result, seconds, threads
from numerics.datasets import Data, load
from numerics.measures.distance import distances
from numerics.training.feed import steps_per_epoch, training_batches
from numerics.training.measure import rel_l1_now
from numerics.training.member import Member, members
from numerics.training.recipe import Group, Recipe

TARGET = 0.03
ROUNDS, WARM_UP = 15, 2


def run() -> list[Result]:
    """Fractions of an epoch, and of a step: each measured in turn, medians of the quotients."""
    group = Group(Recipe(net="resnet-8", data="digits"), ks=(1, 3, 5))
    data = load(group.recipe.data)
    with threads(1):
        trained = members(group, data, "cpu")
        calls = _calls(trained, group, data)
        rounds = [[seconds(call, 1, 0) for call in calls] for _ in range(WARM_UP + ROUNDS)][WARM_UP:]
    steps = steps_per_epoch(group, data)
    epoch = median(log / (step * steps) for step, log, _ in rounds)
    each = median(trace / step for step, _, trace in rounds)
    step, log, trace = (median(column) * 1e3 for column in zip(*rounds, strict=True))
    return [
        Result(
            "RelL1 per layer after each epoch / epoch",
            epoch,
            "",
            TARGET,
            False,
            f"{log:.1f} ms; {steps} steps of {step:.0f} ms",
        ),
        Result("RelL1 after each step / step", each, "", TARGET, False, f"{trace:.1f} ms; a step {step:.0f} ms"),
    ]


def _calls(trained: list[Member], group: Group, data: Data) -> list[Callable[[], object]]:
    """A step of all members; the distances after an epoch; that after a step; both as the engine does them."""
    images, labels = next(training_batches(group, data, 0))
    reference = trained[0].weights
    return [
        lambda: [member.step(images, labels) for member in trained],
        lambda: [distances([member.weights], reference) for member in trained],
        lambda: rel_l1_now(trained, group),
    ]
