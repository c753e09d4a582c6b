"""The phase at which the largest amplification factor of a scheme is largest, at given numbers, in floating point.

>>> from derive.modes.amplification import amplification
>>> from derive.reading.parse import parse_scheme
>>> heat = Moduli(amplification(parse_scheme("u[1, 0] == u[0, 0] + r*(u[0, 1] - 2*u[0, 0] + u[0, -1])")))
>>> heat.worst((0.6,)), round(heat.at((0.6,), heat.worst((0.6,))), 9)
((3.141592653589793,), 1.4)
"""

from __future__ import annotations

from itertools import product
from math import cos, inf, pi, sin

from derive.arrays import is_missing, np
from derive.conditions.closed_form import in_factors
from derive.conditions.cross_check_plain import largest_modulus
from derive.conditions.sampling import parameters
from derive.conditions.ways.margins import complex_coefficients
from derive.fields.phases import COSINES, SINES
from derive.modes.amplification import Amplification
from derive.modes.roots import function_of

Numbers = tuple[float, ...]
STEPS = {0: 1, 1: 36, 2: 12, 3: 6}
"""Phases from 0 to pi."""
ROUNDS, LONG = 20, 8
ROUNDING, ALIKE, FLAT = 1e-12, 1e-2, 1e-10


class Moduli:
    """Moduli of the roots of a polynomial with phases."""

    def __init__(self, found: Amplification) -> None:
        self.axes = found.phases
        waves = [wave for i in self.axes for wave in (COSINES[i], SINES[i])]
        coefficients = [complex_coefficients(factor.polynomial) for factor in in_factors(found)]
        parts = [[part.as_expr() for c in phi for part in (c.real, c.imaginary)] for phi in coefficients]
        self.functions = [function_of([*parameters(found), *waves], of_one, "math") for of_one in parts]

    def at(self, numbers: Numbers, phases: Numbers) -> float:
        """The largest modulus; infinite where there is no new value."""
        waves = [w for theta in phases for w in _waves(theta)]
        return max(_largest(function(*numbers, *waves)) for function in self.functions)

    def worst(self, numbers: Numbers) -> Numbers:
        """The phases, between -pi and pi, of the largest; of several alike pi before others, and long waves last."""
        grid = self._grid()
        heights = [self.at(numbers, phases) for phases in grid]
        best = max(heights)
        least = ROUNDING + ALIKE * max(0.0, min(best, 2.0) - 1)
        at, height = next((p, h) for p, h in zip(grid, heights, strict=True) if h >= best - least)
        width = pi / STEPS[len(self.axes)] if self.axes else 0.0
        for _ in range(ROUNDS if self.axes else 0):
            around = [
                tuple(a + width * d for a, d in zip(at, step, strict=True)) for step in product((-1, 0, 1), repeat=len(at))
            ]
            tops = [(self.at(numbers, phases), phases) for phases in around if all(abs(t) <= pi for t in phases)]
            top = max(tops, default=(height, at))
            if top[0] > height + 1e-15:
                height, at = top
            else:
                width /= 2
        return at

    def is_flat(self, numbers: Numbers) -> bool:
        """Whether it is the same at all phases."""
        if not self.axes:
            return False
        first, *others = self._grid()
        height = self.at(numbers, first)
        return all(abs(self.at(numbers, phases) - height) < FLAT for phases in others)

    def _grid(self) -> list[Numbers]:
        """From pi down, of two opposite phases the positive one first; long waves on a finer grid of their own."""
        steps = STEPS[len(self.axes)]
        one = sorted((pi * k / steps for k in range(-steps + 1, steps + 1)), key=lambda t: (-abs(t), t < 0))
        every = list(product(one, repeat=len(self.axes)))
        return every + [tuple(t / LONG for t in phases) for phases in every if any(phases)]


def _waves(theta: float) -> Numbers:
    return (-1.0, 0.0) if abs(theta) == pi else (cos(theta), sin(theta))


def _largest(parts: list[float]) -> float:
    """Of one factor, by the real and imaginary parts of its coefficients in turn."""
    phi = [complex(re, im) for re, im in zip(parts[::2], parts[1::2], strict=True)]
    if not phi[0]:
        return inf
    return abs(phi[1] / phi[0]) if len(phi) == 2 else _quadratic(phi) if len(phi) == 3 else _several(phi)


def _several(phi: list[complex]) -> float:
    """By NumPy in a hundredth of the time, where it is there: this is a search."""
    return largest_modulus(phi) if is_missing() else float(abs(np.roots(phi)).max())


def _quadratic(phi: list[complex]) -> float:
    half, constant = phi[1] / phi[0] / 2, phi[2] / phi[0]
    root = (half**2 - constant) ** 0.5
    return max(abs(half + root), abs(half - root))
