"""Random schemes: operators under integrators, stencils of random weights, several levels, in one and two dimensions.

Every scheme follows from a seed and its number alone.

>>> drawn = draw(seed=1, number=0)
>>> drawn.kind, drawn.names, len(drawn.levels)
('2-D, weights', ('p', 'q'), 2)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from random import Random

import numpy as np

from experiments.fuzz.tables import Stencil, minus, parameter, plus, scaled, shift, times

Along = dict[int, int | Fraction]
HALF, THIRD = Fraction(1, 2), Fraction(1, 3)
SLOPES: dict[str, Along] = {
    "centred": {1: HALF, -1: -HALF},
    "centred of order 4": {2: -Fraction(1, 12), 1: 2 * THIRD, -1: -2 * THIRD, -2: Fraction(1, 12)},
    "upwind": {0: 1, -1: -1},
    "upwind of order 3": {1: THIRD, 0: HALF, -1: -1, -2: Fraction(1, 6)},
}
SECOND: Along = {1: 1, 0: -2, -1: 1}
DAMPING: dict[str, Along] = {
    "second": SECOND,
    "second of order 4": {2: -Fraction(1, 12), 1: 4 * THIRD, 0: -Fraction(5, 2), -1: 4 * THIRD, -2: -Fraction(1, 12)},
    "minus fourth": {2: -1, 1: 4, 0: -6, -1: 4, -2: -1},
    "decay": {0: -1},
}
Fact = Callable[[dict[str, np.ndarray]], np.ndarray]
FACTS: dict[str, Fact] = {
    "p <= 1": lambda v: v["p"] <= 1,
    "p > -1/2": lambda v: v["p"] > -0.5,
    "4*p**2 <= 1": lambda v: 4 * v["p"] ** 2 <= 1,
    "p >= 1/8": lambda v: v["p"] >= 0.125,
    "p <= q": lambda v: v["p"] <= v["q"],
    "p + q <= 1": lambda v: v["p"] + v["q"] <= 1,
    "q**2 <= 2*p": lambda v: v["q"] ** 2 <= 2 * v["p"],
    "p < 3*q": lambda v: v["p"] < 3 * v["q"],
    "q <= 1/4": lambda v: v["q"] <= 0.25,
    "p*q > 0": lambda v: v["p"] * v["q"] > 0,
}
"""What may be assumed, as it is typed and as it is tried."""
SHARE = {"1-D, operators": 10, "1-D, weights": 6, "1-D, levels": 6, "2-D, operators": 8, "2-D, weights": 4}


@dataclass(frozen=True)
class Drawn:
    """A scheme.

    Attributes:
        kind: a key of `SHARE`.
        names: of the parameters.
        positive: those that are assumed to be positive.
        levels: stencils, newest level first.
        facts: keys of `FACTS` that are assumed.
    """

    kind: str
    names: tuple[str, ...]
    positive: tuple[str, ...]
    levels: tuple[Stencil, ...]
    facts: tuple[str, ...] = ()

    @property
    def dims(self) -> int:
        """Of space."""
        return len(next(iter(self.levels[0])))

    def text(self) -> str:
        """As equation, to be read by the engine."""
        newest = 1
        terms = [
            f"({_polynomial(c, self.names)})*u[{', '.join(map(str, (newest - k, *offset)))}]"
            for k, level in enumerate(self.levels)
            for offset, c in sorted(level.items())
        ]
        return f"{' + '.join(terms)} == 0"


def _polynomial(terms: dict[tuple[int, ...], Fraction], names: tuple[str, ...]) -> str:
    products = ("*".join([f"({c})", *(f"{n}**{k}" for n, k in zip(names, m, strict=False) if k)]) for m, c in terms.items())
    return " + ".join(products)


def draw(seed: int, number: int) -> Drawn:
    """The scheme of this number; one that moves nothing is drawn again."""
    generator = Random(f"{seed}/{number}")
    while True:
        kind = generator.choices(list(SHARE), list(SHARE.values()))[0]
        count = generator.choice((1, 2, 2))
        levels = KINDS[kind](generator, count)
        used = {k for level in levels for terms in level.values() for m in terms for k, n in enumerate(m) if n}
        if used == set(range(count)) and len(levels) > 1 and levels[0] and levels[-1]:
            names = ("p", "q")[:count]
            return Drawn(kind, names, names if generator.random() < 0.4 else (), tuple(levels))


def supposing(drawn: Drawn, seed: int, number: int) -> Drawn:
    """The same with one or two facts about its parameters."""
    generator = Random(f"{seed}/{number}/facts")
    about = [text for text in FACTS if "q" in drawn.names or "q" not in text]
    return replace(drawn, facts=tuple(generator.sample(about, generator.choice((1, 1, 2)))))


def _along(weights: Along, axis: int, dims: int) -> Stencil:
    place = lambda j: tuple(j if k == axis else 0 for k in range(dims))  # noqa: E731
    return plus(*(scaled(shift(*place(j)), w) for j, w in weights.items()))


@cache
def _one(dims: int) -> Stencil:
    return shift(*(0,) * dims)


def _operators_1d(g: Random, count: int) -> list[Stencil]:
    moving, damping = _along(g.choice([*SLOPES.values()]), 0, 1), _along(g.choice([*DAMPING.values()]), 0, 1)
    parts = [scaled(times(parameter(0, 1), moving), -1), times(parameter(1, 1), damping)]
    if count == 1:
        parts = [parts[0], {}] if g.random() < 0.5 else [{}, times(parameter(0, 1), damping)]
    return INTEGRATORS[g.choice([*INTEGRATORS])](*parts, _one(1))


def _weights(g: Random, dims: int, reach: int) -> Stencil:
    """Differences with the value at hand, of random weights: zero on constants."""
    axes = [tuple(j if k == axis else 0 for k in range(dims)) for axis in range(dims) for j in range(-reach, reach + 1) if j]
    chosen = g.sample(axes, g.randint(2, min(4, len(axes))))
    return plus(*(scaled(minus(shift(*o), _one(dims)), Fraction(g.randint(-8, 8), 8)) for o in chosen))


def _weights_1d(g: Random, count: int) -> list[Stencil]:
    parts = [times(parameter(k, 1), _weights(g, 1, 2)) for k in range(count)]
    if g.random() < 0.3:
        return [minus(_one(1), parts[0]), scaled(plus(_one(1), *parts[1:]), -1)]
    return [_one(1), scaled(plus(_one(1), *parts), -1)]


def _levels_1d(g: Random, count: int) -> list[Stencil]:
    share = g.choice([Fraction(0), Fraction(1), HALF, -THIRD])
    parts = [times(parameter(k, 1), _weights(g, 1, 1)) for k in range(count)]
    now, old = (parts[0], parts[-1]) if g.random() < 0.5 else (plus(*parts), {})
    return [_one(1), minus(scaled(_one(1), share - 1), now), minus(scaled(_one(1), -share), old)]


def _operators_2d(g: Random, count: int) -> list[Stencil]:
    p, q = parameter(0, 2), parameter(count - 1, 2)
    slope = g.choice([SLOPES["centred"], SLOPES["upwind"]])
    flow = plus(times(p, _along(slope, 0, 2)), times(q, _along(slope, 1, 2)))
    heat = plus(times(q, _along(SECOND, 0, 2)), times(q, _along(SECOND, 1, 2)))
    mixed = times(p, times(_along(SLOPES["centred"], 0, 2), _along(SLOPES["centred"], 1, 2)))
    moving = scaled(g.choice([flow, scaled(mixed, -1), times(p, _along(slope, 0, 2))]), -1)
    damping = g.choice([heat, heat, {}, times(q, _along(DAMPING["minus fourth"], 0, 2))])
    few = ["forward Euler", "implicit-explicit Euler", "leapfrog, damping lagged", "Crank-Nicolson", "Heun"]
    return INTEGRATORS[g.choice(few)](moving, damping, _one(2))


def _weights_2d(g: Random, count: int) -> list[Stencil]:
    parts = [times(parameter(k, 2), _weights(g, 2, 1)) for k in range(count)]
    return [_one(2), scaled(plus(_one(2), *parts), -1)]


def _taylor(degree: int) -> Callable[[Stencil, Stencil, Stencil], list[Stencil]]:
    """Runge-Kutta of as many stages as its order."""

    def levels(moving: Stencil, damping: Stencil, one: Stencil) -> list[Stencil]:
        z, term, total = plus(moving, damping), one, one
        for k in range(1, degree + 1):
            term = scaled(times(term, z), Fraction(1, k))
            total = plus(total, term)
        return [one, scaled(total, -1)]

    return levels


def _adams(*weights: Fraction) -> Callable[[Stencil, Stencil, Stencil], list[Stencil]]:
    def levels(moving: Stencil, damping: Stencil, one: Stencil) -> list[Stencil]:
        z = plus(moving, damping)
        now, *older = (scaled(z, -w) for w in weights)
        return [one, minus(now, one), *older]

    return levels


INTEGRATORS: dict[str, Callable[[Stencil, Stencil, Stencil], list[Stencil]]] = {
    "forward Euler": _taylor(1),
    "Heun": _taylor(2),
    "Runge-Kutta 3": _taylor(3),
    "Runge-Kutta 4": _taylor(4),
    "Adams-Bashforth 2": _adams(Fraction(3, 2), -HALF),
    "Adams-Bashforth 3": _adams(Fraction(23, 12), -Fraction(16, 12), Fraction(5, 12)),
    "backward Euler": lambda m, d, one: [minus(one, plus(m, d)), scaled(one, -1)],
    "Crank-Nicolson": lambda m, d, one: [minus(one, scaled(plus(m, d), HALF)), scaled(plus(one, scaled(plus(m, d), HALF)), -1)],
    "implicit-explicit Euler": lambda m, d, one: [minus(one, d), scaled(plus(one, m), -1)],
    "SBDF2": lambda m, d, one: [
        minus(scaled(one, Fraction(3, 2)), d),
        scaled(plus(one, m), -2),
        plus(scaled(one, HALF), m),
    ],
    "CNAB": lambda m, d, one: [
        minus(one, scaled(d, HALF)),
        scaled(plus(one, scaled(d, HALF), scaled(m, Fraction(3, 2))), -1),
        scaled(m, HALF),
    ],
    "leapfrog, damping lagged": lambda m, d, one: [one, scaled(m, -2), scaled(plus(one, scaled(d, 2)), -1)],
}
KINDS: dict[str, Callable[[Random, int], list[Stencil]]] = {
    "1-D, operators": _operators_1d,
    "1-D, weights": _weights_1d,
    "1-D, levels": _levels_1d,
    "2-D, operators": _operators_2d,
    "2-D, weights": _weights_2d,
}
