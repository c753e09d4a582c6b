"""How well and how fast the engine knows random schemes of the harder kind: `python -m experiments.benchmarks.harder_schemes`.

The first 60 of seed 1 (`experiments.fuzz`): several levels, implicit-explicit, fourth differences, two free parameters of
either sign, two dimensions. Times are of the processor, on one core, in one process: what SymPy keeps from one scheme may serve
the next.
"""

from __future__ import annotations

from functools import cache
from statistics import median

from experiments.benchmarks.timing import Result
from experiments.fuzz.drawing import draw
from experiments.fuzz.holding import Outcome, hold
from experiments.fuzz.summary import p95, share, summary

COUNT, SEED = 60, 1


@cache
def outcomes() -> list[Outcome]:
    """Of every scheme."""
    return [hold(draw(SEED, number), SEED) for number in range(COUNT)]


def run() -> list[Result]:
    """Shares, times, and points at which a condition is wrong."""
    found = outcomes()
    note = f"{COUNT} random schemes, {sum(one.points for one in found)} points"
    return [
        Result("harder schemes: not sampled", 100 * share(found, "exact", "decided"), "%", 90, True, note),
        Result("harder schemes: exact", 100 * share(found, "exact"), "%", 80, True, note),
        Result("harder schemes: median time", median(one.seconds for one in found), "s", 1, False, note),
        Result("harder schemes: p95 of the time", p95(found), "s", 10, False, note),
        Result("harder schemes: wrong points", sum(one.wrong for one in found), "", 0, False, note),
    ]


if __name__ == "__main__":
    print(summary(outcomes()))
