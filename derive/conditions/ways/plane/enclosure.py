"""A proof that a scheme is unstable in a whole box of parameters, by interval arithmetic.

A root outside the disc at one phase, for certain, is enough, and being outside is not lost by moving a little. So floating
point looks for the phase with the largest root, and the Schur-Cohn reduction is done there with intervals instead of numbers:
a gap |lead|^2 - |const|^2 that is below zero as a whole proves it; one that holds zero proves nothing. Stable boxes are never
proved, and an unstable one is given up where its clearest phases are not clear enough, as near an edge.

>>> from derive import parse_scheme
>>> from derive.conditions.ways.margins import complex_coefficients
>>> from derive.modes.amplification import amplification
>>> cooled = parse_scheme("u[1,0] - u[0,0] == r*(u[0,1] - 2*u[0,0] + u[0,-1]) - s*u[0,0]")  # stable iff 4 r + s <= 2, s >= 0
>>> scheme = Enclosed(complex_coefficients(amplification(cooled).polynomial), 0, sp.symbols("r s", real=True))
>>> unit = Root(Fraction(0), Fraction(1))
>>> [scheme.surely_unstable(Root(Fraction(n, 10), Fraction(m, 10)), unit) for n, m in ((6, 10), (2, 4))]  # by all s, by some
[True, False]

Source: Moore, Interval Analysis (1966).
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import sympy as sp
from mpmath import iv

from derive.arrays import is_missing, np
from derive.conditions.ways.algebra import Root
from derive.conditions.ways.intervals import function_of_intervals, interval, precisely
from derive.conditions.ways.margins import Complex
from derive.conditions.ways.schur import reduced
from derive.fields.phases import COSINES, SINES
from derive.modes.roots import roots_of_monic

TURNS = [Fraction(k, 24) for k in range(24)] + [Fraction(24, k) for k in range(1, 25)] + [Fraction(1, 100), Fraction(10**9)]
"""Tangents of half a phase: cosine and sine are rational there."""


class Enclosed:
    """The coefficients of a scheme in xi as functions of (c, s, p, q), of numbers of any kind."""

    def __init__(self, phi: list[Complex], phase: int, names: tuple[sp.Symbol, sp.Symbol]) -> None:
        self.of_modulus_one = len(phi) == 3 and (phi[0].square() - phi[-1].square()).is_zero
        self.evaluate = function_of_intervals(phi, [COSINES[phase], SINES[phase], *names])

    def surely_unstable(self, p: Root, q: Root) -> bool:
        """Whether at some phase a root is outside the disc, for all parameters in the box."""
        worst = self._clearest_turns if is_missing() else self._worst_turns
        best = worst(float((p.low + p.high) / 2), float((q.low + q.high) / 2))
        return self.surely_outside(best, p, q)

    def surely_outside(self, turns: Iterable[Fraction], p: Root, q: Root) -> bool:
        """The same at one of these phases, given by tangents of their halves."""
        with precisely():
            return any(self._outside(turn, interval(p), interval(q)) for turn in turns)

    def _worst_turns(self, p: float, q: float) -> list[Fraction]:
        t = np.array([float(turn) for turn in TURNS])
        c, s = (1 - t**2) / (1 + t**2), 2 * t / (1 + t**2)
        with np.errstate(all="ignore"):
            parts = [np.broadcast_to(np.asarray(x, dtype=float), t.shape) for x in self.evaluate(c, s, p, q)]
            phi = np.stack([re + 1j * im for re, im in zip(parts[::2], parts[1::2], strict=True)], -1)
            monic = phi[:, 1:] / phi[:, :1]
        usable = np.isfinite(monic).all(-1)
        size = np.full(len(t), np.inf)
        size[usable] = np.abs(roots_of_monic(monic[usable])).max(-1)
        return [TURNS[k] for k in np.argsort(-size, kind="stable")[:3]]

    def _clearest_turns(self, p: float, q: float) -> list[Fraction]:
        """Without NumPy: where the reduction in floating point leaves the disc by most, which asks for no root."""
        return sorted(TURNS, key=lambda turn: self._clearance(float(turn), p, q))[:3]

    def _clearance(self, t: float, p: float, q: float) -> float:
        parts = self.evaluate((1 - t**2) / (1 + t**2), 2 * t / (1 + t**2), p, q)
        phi = [complex(re, im) for re, im in zip(parts[::2], parts[1::2], strict=True)]
        while len(phi) > 1 and phi[0]:
            gap = 1 - abs(phi[-1] / phi[0]) ** 2
            if gap < 0:
                return gap
            phi = reduced([c / phi[0] for c in phi], complex.conjugate)
        return 0.0

    def _outside(self, turn: Fraction, p, q) -> bool:
        n, d = iv.mpf(turn.numerator), iv.mpf(turn.denominator)
        c, s = (d**2 - n**2) / (d**2 + n**2), 2 * n * d / (d**2 + n**2)
        parts = [iv.mpf(x) for x in self.evaluate(c, s, p, q)]
        phi = [_Interval(re, im) for re, im in zip(parts[::2], parts[1::2], strict=True)]
        if self.of_modulus_one:  # of two roots whose product is, one is outside where their sum is larger than 2
            return (4 * phi[0].square() - phi[1].square()).b < 0
        while len(phi) > 1:
            gap = phi[0].square() - phi[-1].square()
            if gap.b < 0:
                return True
            if not gap.a > 0:
                return False
            phi = reduced(phi, _Interval.conjugate)
        return False


class _Interval:
    """A complex number enclosed by two real intervals."""

    def __init__(self, real, imaginary) -> None:
        self.real, self.imaginary = real, imaginary

    def __mul__(self, other: _Interval) -> _Interval:
        return _Interval(
            self.real * other.real - self.imaginary * other.imaginary, self.real * other.imaginary + self.imaginary * other.real
        )

    def __sub__(self, other: _Interval) -> _Interval:
        return _Interval(self.real - other.real, self.imaginary - other.imaginary)

    def conjugate(self) -> _Interval:
        return _Interval(self.real, -self.imaginary)

    def square(self):
        return self.real**2 + self.imaginary**2
