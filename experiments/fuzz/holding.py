"""One random scheme: how well the engine knows its condition, how long that took, and at how many points it is wrong.

Half of the points are random, the other half beside the edge: on rays from zero the radius by brute force is bisected, and the
points lie within 0.5 % of where it leaves 1. A point counts where brute force is beyond doubt; of one that it calls stable and
the engine does not growth is looked for with 50 digits. A sampled condition is allowed its resolution, an exact or decided one
is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import process_time

import numpy as np

from experiments.fuzz.brute import FLOOR, grows, radius
from experiments.fuzz.drawing import Drawn

RAYS = 12
SIDES = (0.995, 0.999, 1.001, 1.005)
HALVINGS = 14
RESOLUTION = 1e-3
CLOSE = 1e-4
"""Unit roots that are nearer than this may be one: the grade power-bounded is not told by a radius there."""


@dataclass(frozen=True)
class Outcome:
    """What came of one scheme.

    Attributes:
        kind: of scheme.
        status: of its condition.
        grade: of it.
        seconds: of processor time until it was found.
        points: at which it was looked at, beyond doubt.
        near: those of them beside the edge.
        wrong: those of them at which it is wrong.
        condition: as text.
    """

    kind: str
    status: str
    grade: str
    seconds: float
    points: int
    near: int
    wrong: int
    condition: str


def hold(drawn: Drawn, seed: int, seconds: float = 20.0) -> Outcome:
    """Ask the engine and brute force."""
    from derive import stability
    from derive.reading.parse import parse_scheme

    scheme = parse_scheme(drawn.text(), positive=list(drawn.positive))
    start = process_time()
    found = stability(scheme, seconds=seconds)
    took = process_time() - start
    places, beside = places_of(drawn, seed)
    excess = radius(drawn.levels, places) - 1
    floor = FLOOR[min(2, len(drawn.levels) - 1)]
    stable, sure = excess <= floor, (excess <= floor) | (excess > 10 * floor)
    values = dict(zip(drawn.names, places.T, strict=True))
    claimed = np.broadcast_to(found.holds(**{p.name: values[p.name] for p in found.parameters}), stable.shape)
    disputed = sure & (claimed != stable)
    if found.status == "sampled":
        disputed &= ~(claimed & (excess <= 2 * RESOLUTION))
    for k in np.flatnonzero(disputed & ~claimed):
        disputed[k] = not grows(drawn.levels, places[k])
    if found.grade == "power-bounded" and len(drawn.levels) > 2:
        disputed &= ~stable  # that unit roots meet is not seen by a radius
    condition = str(found.condition)[:2000] if found.has_formula else ""
    wrong = int(disputed.sum())
    return Outcome(
        drawn.kind, found.status, found.grade, round(took, 3), int(sure.sum()), int((sure & beside).sum()), wrong, condition
    )


def places_of(drawn: Drawn, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Points (points, parameters) at which the assumptions hold, and which of them are beside the edge."""
    g, n = np.random.default_rng(seed), len(drawn.names)
    signs = [1.0 if name in drawn.positive else -1.0 for name in drawn.names]
    direction = g.uniform(0.05 * np.ones(n), 1.0, (RAYS, n)) * np.where(
        np.array(signs) < 0, g.choice([-1.0, 1.0], (RAYS, n)), 1.0
    )
    low, high = np.full(RAYS, 1e-3), np.full(RAYS, 8.0)
    floor = FLOOR[min(2, len(drawn.levels) - 1)]
    for _ in range(HALVINGS):
        middle = np.sqrt(low * high)
        inside = radius(drawn.levels, direction * middle[:, None]) <= 1 + floor
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    edge = np.concatenate([direction * (low * side)[:, None] for side in SIDES])
    size = np.exp(g.uniform(-4, 1, (len(edge), 1)))
    everywhere = np.tile(direction, (len(SIDES), 1)) * size
    return np.concatenate([everywhere, edge]), np.repeat([False, True], len(edge))
