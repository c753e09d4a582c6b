"""Fig 2: verdicts at the printed multiples, the residual oscillation, and the settings at which the sequence can hold."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from derive.paper.claim import Verdict
from experiments.pdes.beltrami_setting import BeltramiSetting, critical_product
from numerics.pdes.residual import Residual, residual
from numerics.pdes.simulate import simulate
from numerics.pdes.verdict import motion_observers
from numerics.pdes.verdict import verdict as judge
from paper_checks.claims import PRINTED

CLAIM = "figure-2"
PRINT = PRINTED[CLAIM].values
SETTING = BeltramiSetting()
MULTIPLES = (*PRINT["stable"], *PRINT["restrained"], *PRINT["unstable"])
LAG = 1000


@cache
def run(dims: int, multiples: tuple[float, ...] = MULTIPLES, epsilon: float = SETTING.epsilon, steps: int = 5000):
    """(verdicts, states, step sizes) of runs side by side."""
    setting = BeltramiSetting(epsilon=epsilon)
    flow, image = setting.flow(dims), setting.image(dims)
    lrs = (torch.tensor(multiples, dtype=torch.float64) * setting.worst_step(dims)).reshape(-1, *[1] * dims)
    path = simulate(flow, image.expand(len(multiples), *image.shape), lrs, steps, observe=motion_observers(dims))
    return tuple(judge(path.records).tolist()), path.final, lrs


@cache
def rest(dims: int) -> Residual:
    """What is left moving in the restrained runs."""
    _, states, lrs = run(dims)
    chosen = slice(len(PRINT["stable"]), len(PRINT["stable"]) + len(PRINT["restrained"]))
    return residual(SETTING.flow(dims), states[chosen], lrs[chosen], dims, LAG)


def expected() -> tuple[str, ...]:
    """The print's verdicts."""
    return tuple(kind for kind in ("stable", "restrained", "unstable") for _ in PRINT[kind])


def amplitudes(dims: int) -> list[float]:
    return rest(dims).amplitude(rest(dims).before).tolist()


def bias(dims: int) -> list[float]:
    """Root mean square distance of the time average from the minimiser, in the restrained runs."""
    off = rest(dims).before.mean(0) - run(dims)[1][0]
    return off.square().flatten(1).mean(1).sqrt().tolist()


def outside() -> dict[str, str]:
    """Verdicts where lambda epsilon dx^2 lies outside the derived interval, in one dimension."""
    low, high = critical_product(PRINT["unstable"][0]), critical_product(PRINT["restrained"][-1])
    return {
        "below": run(1, tuple(PRINT["unstable"]), epsilon=low / 2, steps=2000)[0][0],
        "above": run(1, tuple(PRINT["restrained"][-1:]), epsilon=2 * high, steps=2000)[0][0],
    }


def only_the_pattern_changes(dims: int) -> bool:
    """The amplitude stays to 5 %; an odd number of further iterations shows another pattern."""
    steady = bool((rest(dims).change() - 1).abs().max() < 0.05)
    return steady and bool((rest(dims).recurrence(1) < 0.5).all())


def same() -> bool:
    """All that is printed, in one and in two dimensions."""
    return all(
        run(dims)[0] == expected()
        and amplitudes(dims) == sorted(amplitudes(dims))
        and only_the_pattern_changes(dims)
        and bias(dims)[0] < 0.2 * float(run(dims)[1][0].std())
        for dims in (1, 2)
    )


def verdict() -> Verdict:
    """Verdicts, amplitudes, recurrence of the pattern, and the interval outside of which the sequence does not occur."""
    low, high = critical_product(PRINT["unstable"][0]), critical_product(PRINT["restrained"][-1])
    again = {dims: (rest(dims).recurrence(0).tolist(), rest(dims).recurrence(1).tolist()) for dims in (1, 2)}
    return Verdict(
        CLAIM, "not run at the paper's setting" if same() else "not reproduced", "", "",
        f"As claimed, in a setting of ours, since the paper's are lost: with lambda = 1, eps = {SETTING.epsilon}, dx = 1, a noisy signal of {SETTING.points} points and "
        f"an image of {SETTING.side}^2 the verdicts at {', '.join(f'{m:g}x' for m in MULTIPLES)} are {', '.join(run(1)[0])} in 1-D and "
        f"{', '.join(run(2)[0])} in 2-D. Residual oscillation at 10x and 100x: {_pair(amplitudes(1))} (1-D), {_pair(amplitudes(2))} (2-D), "
        f"derived for flat ground {_pair([SETTING.residual(1, m) for m in PRINT['restrained']])} and "
        f"{_pair([SETTING.residual(2, m) for m in PRINT['restrained']])}; time average from the minimiser: {_pair(bias(1))}, {_pair(bias(2))}. "
        f"Further iterations keep the amplitude to 5 %. The pattern alternates: its correlation with that {LAG} and {LAG + 1} iterations "
        f"later is {again[1][0][0]:.2f} and {again[1][1][0]:.2f} at 10x, {again[1][0][1]:.2f} and {again[1][1][1]:.2f} at 100x in 1-D "
        f"(2-D: {again[2][0][0]:.2f} and {again[2][1][0]:.2f}, {again[2][0][1]:.2f} and {again[2][1][1]:.2f}); it becomes another one for good "
        f"only at 10x in 1-D. The sequence needs {low:.4f} < lambda eps dx^2 < {high:.4f} (1-D; twice that in 2-D): at half the lower end 1000x is "
        f"{outside()['below']}, at twice the upper 100x is {outside()['above']} (float64, CPU, seed {SETTING.seed}).",
        "python -m experiments run figure-2",
    )  # fmt: skip


def _pair(numbers: list[float]) -> str:
    return " and ".join(f"{n:.2g}" for n in numbers)


@pytest.mark.parametrize("dims", [1, 2])
def test_verdicts_at_the_printed_multiples(dims: int) -> None:
    assert run(dims)[0] == expected()


@pytest.mark.parametrize("dims", [1, 2])
def test_oscillation_is_larger_at_the_larger_step_and_near_the_derived_one(dims: int) -> None:
    low, high = amplitudes(dims)
    assert low < high
    for found, multiple in zip((low, high), PRINT["restrained"], strict=True):
        assert 0.6 < found / SETTING.residual(dims, multiple) < 1.05


@pytest.mark.parametrize("dims", [1, 2])
def test_further_iterations_change_no_more_than_the_pattern(dims: int) -> None:
    assert only_the_pattern_changes(dims)


@pytest.mark.parametrize("dims", [1, 2])
def test_pattern_at_the_larger_step_is_an_alternation(dims: int) -> None:
    """What the print does not say: there it comes back after every second iteration."""
    assert rest(dims).recurrence(0)[1] > 0.8
    assert rest(dims).recurrence(1)[1] < -0.8


def test_sequence_occurs_only_inside_the_derived_interval() -> None:
    assert outside() == {"below": "restrained", "above": "unstable"}
    assert (
        critical_product(PRINT["unstable"][0]) < SETTING.fidelity * SETTING.epsilon < critical_product(PRINT["restrained"][-1])
    )


@pytest.mark.parametrize("dims", [1, 2])
def test_blow_up_is_two_over_lambda(dims: int) -> None:
    edge = SETTING.blowup_multiple(dims)
    assert run(dims, (0.98 * edge, 1.02 * edge), steps=2000)[0] == ("restrained", "unstable")


def test_all_that_is_printed() -> None:
    assert same()
