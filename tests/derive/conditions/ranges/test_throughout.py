"""For all values in a range: what is eliminated against the condition itself at many values of the range."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
import sympy as sp

from derive.conditions.exactly import exactly
from derive.conditions.ranges.span import Span
from derive.conditions.ranges.throughout import throughout
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.signs import Domain

c, a, b = sp.symbols("c a b", real=True)
C, p = sp.symbols("C p", positive=True)
DOMAIN = Domain.of([c, a, b, C, p])
KINDS = {
    "from -C to C": (-C, C),
    "from 0 to C": (sp.S.Zero, C),
    "from p to 3 p": (p, 3 * p),
    "numbers": (-sp.S.Half, sp.Integer(2)),
}
VALUES = 240


def drawn(generator: random.Random) -> sp.logic.boolalg.Boolean:
    """One or two inequalities in c and p, or c alone, joined either way."""
    others = (p, sp.S.One) if generator.random() < 0.8 else (sp.S.One,)

    def margin() -> sp.Expr:
        terms = [generator.randint(-3, 3) * c**k * generator.choice(others) ** generator.randint(0, 2) for k in range(4)]
        return sp.Add(*terms, generator.randint(0, 4))

    relations = [generator.choice((sp.Ge, sp.Ge, sp.Gt))(margin(), 0) for _ in range(generator.randint(1, 2))]
    return generator.choice((sp.And, sp.Or))(*relations)


def at_many_values(condition: sp.logic.boolalg.Boolean, low: Fraction, high: Fraction, other: Fraction) -> list[bool]:
    holds = exactly(condition, [c, p])
    return [holds((low + (high - low) * Fraction(k, VALUES), other)) for k in range(VALUES + 1)]


def is_close(condition: sp.logic.boolalg.Boolean, low: Fraction, high: Fraction, other: Fraction) -> bool:
    """Whether a margin all but changes its sign at one of the values, so that they may have missed where it does."""
    margins = [sp.lambdify([c, p], e.gts - e.lts) for e in condition.atoms(sp.Rel)]
    places = [float(low + (high - low) * Fraction(k, VALUES)) for k in range(VALUES + 1)]
    return any(min(abs(m(x, float(other))) for x in places) < 0.2 for m in margins)


def against_many_values(kind: str, count: int, seed: int) -> None:
    """What is said to hold throughout holds at every value; what is said not to fails at one, or comes close to it."""
    generator, (low, high) = random.Random(f"{kind} {seed}"), KINDS[kind]
    compared = failing = 0
    for _ in range(count):
        condition = drawn(generator)
        try:
            claim = throughout(condition, Span(c, low, high), DOMAIN)
        except NoClosedForm:
            continue
        told = exactly(claim, [C, p])
        for _ in range(12):
            size, other = (Fraction(generator.randint(1, 60), 20) for _ in range(2))
            ends = [_at(end, size, other) for end in (low, high)]
            true = at_many_values(condition, *ends, other)
            compared += 1
            if told((size, other)):
                assert all(true), (condition, claim, size, other)
            else:
                failing += 1
                assert not all(true) or is_close(condition, *ends, other), (condition, claim, size, other)
    assert 0 < failing < compared
    assert compared >= 12 * count / 3


def _at(end: sp.Expr, size: Fraction, other: Fraction) -> Fraction:
    value = end.subs({C: sp.Rational(str(size)), p: sp.Rational(str(other))})
    return Fraction(int(value.p), int(value.q))


@pytest.mark.parametrize("kind", KINDS)
def test_against_many_values(kind: str) -> None:
    against_many_values(kind, 8, 0)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_against_many_values_at_length(kind: str) -> None:
    against_many_values(kind, 60, 1)


def test_a_factor_that_vanishes_throughout_is_not_left_out() -> None:
    """b^2 c^2 (a - 1): at b = 0 it holds, whatever the rest is."""
    claim = throughout(sp.Ge(b**2 * c**2 * (a - 1), 0), Span(c, -C, C), DOMAIN)
    at = lambda x, y: claim.subs({a: x, b: y, C: 1})  # noqa: E731
    assert [at(0, 1), at(2, 1), at(0, 0)] == [sp.false, sp.true, sp.true]


def test_strict_and_open_ends() -> None:
    """c > 0 is met from an open zero on; 1 - c > 0 only below 1; c (1 - c) > 0 on neither closed end."""
    closed, half = Span(c, sp.S.Zero, C), Span(c, sp.S.Zero, C, low_open=True)
    assert throughout(sp.Gt(c * (2 - c), 0), closed, DOMAIN) == sp.false
    assert throughout(sp.Gt(c * (2 - c), 0), half, DOMAIN) == (C < 2)
    assert throughout(sp.Gt(p - c, 0), half, DOMAIN).subs({p: 2, C: 2}) == sp.false
    assert throughout(sp.Gt(p - c, 0), half, DOMAIN).subs({p: 2, C: 1}) == sp.true
    assert throughout(sp.Ne(c, 1), closed, DOMAIN) == (C < 1)


def test_irrational_bounds_alone() -> None:
    assert throughout(c**2 <= 2, Span(c, -C, C), DOMAIN).subs(C, sp.sqrt(2)) == sp.true
    assert throughout(sp.Or(c <= 2 * sp.sqrt(2), c > 3), Span(c, sp.S.Zero, C), DOMAIN) == sp.Le(C, 2 * sp.sqrt(2))


def test_a_gap_in_two_parameters_is_not_passed_over() -> None:
    """Stable, unstable, stable again on the way out: no end of the range speaks for what is before it."""
    with pytest.raises(NoClosedForm):
        throughout(sp.Or(c <= p, c**2 >= 4 * p), Span(c, sp.S.Zero, C), DOMAIN)
