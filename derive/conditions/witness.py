"""Why a scheme is not stable, at one place: parameters and phases at which a root leaves the disc, or spoils its grade.

A place is made of rational numbers, phases of rational points of the unit circle, so that the verdict on it is exact
(`schur.numeric_verdict`) and owes nothing to the way in which the condition was found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, product

import sympy as sp

from derive.conditions.cross_check_plain import largest_modulus
from derive.conditions.sampling import parameters
from derive.conditions.ways.schur import numeric_verdict
from derive.errors import InputError
from derive.fields.phases import COSINES, SHIFTS, THETAS
from derive.modes.amplification import Amplification

MOST = 400
Condition = Callable[[dict[sp.Symbol, sp.Expr]], bool]
_VALUES = [sp.Rational(p, q) for p, q in ((1, 1), (1, 2), (2, 1), (-1, 1), (1, 10), (10, 1), (-1, 2), (0, 1), (100, 1))]
_TURNS = [sp.Rational(p, q) for p, q in ((1, 1), (2, 1), (1, 2), (4, 1), (1, 4), (-1, 1), (1, 20))]
"""Tangents t of half a phase: e^(i theta) = (1 + i t)^2 / (1 + t^2)."""


@dataclass(frozen=True)
class Witness:
    """A place at which a grade is not met.

    Attributes:
        values: parameters and phases there; a phase is an expression such as pi or 2*atan(2).
        modulus: of the largest amplification factor.
        multiple: whether it lies on the unit circle more than once.
    """

    values: dict[sp.Symbol, sp.Expr]
    modulus: float
    multiple: bool

    def __str__(self) -> str:
        at = ", ".join(f"{symbol} = {_number(value)}" for symbol, value in self.values.items())
        size = f"{self.modulus:.4g}" if self.modulus == 1 or self.modulus > 1.001 else f"1 + {self.modulus - 1:.2g}"
        several = ", of several that are the same" if self.multiple else ""
        return f"{f'at {at} ' if at else ''}an amplification factor has |xi| = {size}{several}"


def witness(amplification: Amplification, grade: str, where: Condition = lambda place: True) -> Witness | None:
    """A place where the roots do not qualify for a grade; None where none is met among a few hundred.

    Args:
        amplification: the polynomial.
        grade: the one that is not met.
        where: whether parameters may be chosen, such as those that meet a weaker grade.
    """
    other = {q: ends for q, ends in amplification.box.items() if q not in (*COSINES, *THETAS)}
    limits = {s for ends in other.values() for end in ends for s in end.free_symbols} - {*parameters(amplification)}
    names, axes = (*parameters(amplification), *sorted(limits, key=str)), amplification.phases
    for numbers in islice(_numbers(amplification, names, where), MOST):
        for turns in product([sp.oo, *_TURNS, sp.S.Zero], repeat=len(axes)):
            for ends in product(*other.values()):
                place = {q: end.subs(numbers) for q, end in zip(other, ends, strict=True)} | numbers
                found = seen(amplification, place, dict(zip(axes, turns, strict=True)), grade)
                if found is not None:
                    return found
    return None


def seen(
    amplification: Amplification, place: dict[sp.Symbol, sp.Expr], waves: dict[int, sp.Expr], grade: str
) -> Witness | None:
    """The witness at given parameters and phases, if the roots there do not qualify.

    Args:
        amplification: the polynomial.
        place: a rational number for each parameter.
        waves: axis -> tangent of half the phase, rational or infinite.
        grade: the one asked for.
    """
    broken = _broken(amplification, place, waves, grade)
    if broken is None:
        return None
    modulus, on_circle = broken
    shown = {THETAS[i]: sp.pi if t == sp.oo else 2 * sp.atan(t) for i, t in waves.items()}
    return Witness({**place, **shown}, modulus, grade == "power-bounded" and on_circle)


def breaks(amplification: Amplification, place: dict[sp.Symbol, sp.Expr], grade: str) -> bool:
    """Whether the roots do not qualify at given parameters, at one of a few phases; False proves nothing."""
    turns = product([sp.oo, *_TURNS, sp.S.Zero], repeat=len(amplification.phases))
    return any(
        _broken(amplification, place, dict(zip(amplification.phases, turn, strict=True)), grade) is not None for turn in turns
    )


def _numbers(
    amplification: Amplification, names: tuple[sp.Symbol, ...], where: Condition
) -> Iterator[dict[sp.Symbol, sp.Expr]]:
    """Parameters that are admitted, and meet a condition."""
    for values in product(_VALUES, repeat=len(names)):
        place = dict(zip(names, values, strict=True))
        signs = all(_fits(symbol, value) for symbol, value in place.items())
        if signs and amplification.assumptions.subs(place) != sp.false and where(place):
            yield place


def _fits(symbol: sp.Symbol, value: sp.Expr) -> bool:
    known = ("positive", "negative", "nonnegative", "nonpositive", "nonzero", "integer")
    return all(getattr(symbol, f"is_{k}") is not True or getattr(value, f"is_{k}") for k in known)


def _broken(amplification: Amplification, place: dict, waves: dict[int, sp.Expr], grade: str) -> tuple[float, bool] | None:
    """The largest modulus and whether none is larger than 1, if the roots there do not qualify."""
    turned = {i: sp.Integer(-1) if t == sp.oo else sp.expand((1 + sp.I * t) ** 2 / (1 + t**2)) for i, t in waves.items()}
    known = {SHIFTS[i]: w for i, w in turned.items()} | {COSINES[i]: sp.re(w) for i, w in turned.items()}
    coefficients = [sp.expand(c.subs(place | known), complex=True) for c in amplification.polynomial.all_coeffs()]
    try:
        if numeric_verdict(coefficients, grade):
            return None
    except InputError:  # no new value there, or a number that is not rational
        return None
    on_circle = numeric_verdict(coefficients, "von-neumann")
    return (1.0 if on_circle else max(1.0, largest_modulus([complex(c) for c in coefficients]))), on_circle


def _number(value: sp.Expr) -> str:
    return str(value) if value.is_Rational or value == sp.pi or value.has(sp.pi) else f"{float(value):.4g}"
