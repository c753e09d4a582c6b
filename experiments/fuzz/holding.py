"""One random scheme: how well the engine knows its condition, how long that took, and at how many points it is wrong.

Half of the points are random, the other half on rays from zero on which the radius by brute force is bisected: where it leaves
1 between `LOWEST` and `HIGHEST`, they lie within 0.5 % of that edge. A point counts where brute force is beyond doubt; of one
that it calls stable and the engine does not growth is looked for with 50 digits, and where the factors on the circle are to be
simple, two of them that come within `CLOSE` of each other. A sampled condition is allowed its resolution, an exact or decided
one is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import process_time

import numpy as np

from experiments.fuzz.brute import FLOOR, grows, nearest, radius
from experiments.fuzz.drawing import FACTS, Drawn

RAYS = 12
SIDES = (0.995, 0.999, 1.001, 1.005)
HALVINGS = 14
RESOLUTION = 1e-3
LOWEST, HIGHEST = 1e-3, 8.0
CLOSE = 5e-3
"""Unit roots that are nearer than this may be one, which a radius does not tell; roots part like the root of a phase."""


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

    scheme = parse_scheme(drawn.text(), positive=list(drawn.positive), assumptions=list(drawn.facts))
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
        doubtful = np.flatnonzero(disputed & stable)
        disputed[doubtful] = nearest(drawn.levels, places[doubtful]) > CLOSE if len(doubtful) else False
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
    low, high = np.full(RAYS, LOWEST), np.full(RAYS, HIGHEST)
    floor = FLOOR[min(2, len(drawn.levels) - 1)]
    for _ in range(HALVINGS):
        middle = np.sqrt(low * high)
        inside = radius(drawn.levels, direction * middle[:, None]) <= 1 + floor
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    crossed = (low > LOWEST) & (high < HIGHEST)
    edge = np.concatenate([direction * (low * side)[:, None] for side in SIDES])
    size = np.exp(g.uniform(-4, 1, (len(edge), 1)))
    everywhere = np.tile(direction, (len(SIDES), 1)) * size
    places = np.concatenate([everywhere, edge])
    beside = np.concatenate([np.zeros(len(edge), bool), np.tile(crossed, len(SIDES))])
    values = dict(zip(drawn.names, places.T, strict=True))
    held = np.all([np.ones(len(places), bool), *(FACTS[fact](values) for fact in drawn.facts)], axis=0)
    return places[held], beside[held]
