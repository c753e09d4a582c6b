"""Theorems solved for the weight decay: the relations say what the condition says, at random rational points."""

from __future__ import annotations

from random import Random

import pytest
import sympy as sp

from derive import theorem
from derive.conditions.bound import Stability
from derive.fields.symbols import alpha
from derive.paper.solved import solved

THEOREMS = ("5.4", "5.6", "eq-19", "D.4", "table-3", "eq-25", "coupling", "supp-eq-51")


def place(result: Stability, draw: Random) -> dict[sp.Symbol, sp.Rational]:
    """A number for every parameter, where what is assumed holds; weight decays beside an edge as often as not."""
    while True:
        numbers = {
            p: sp.Rational(draw.randint(-12 * (not p.is_nonnegative), 12), draw.choice((2, 4, 16))) for p in result.parameters
        }
        if sp.And(*result.assumed).subs(numbers) == sp.true:
            return numbers


@pytest.mark.exact
@pytest.mark.parametrize("key", THEOREMS)
def test_both_forms_agree(key: str) -> None:
    derivation, draw, seen = theorem(key), Random(key), set()
    relations = solved(derivation)
    assert relations
    assert all(relation.lhs == alpha and not relation.rhs.has(alpha) for relation in relations)
    for n in range(30):
        numbers = place(derivation.result, draw)
        if n % 2:
            edge = draw.choice(relations).rhs.subs(numbers)
            numbers[alpha] = edge + sp.Rational(draw.choice((-1, 0, 1)), 50)
        told = all(relation.subs(numbers) == sp.true for relation in relations)
        assert told == (derivation.result.condition.subs(numbers) == sp.true)
        seen.add(told)
    assert seen == {True, False}


def test_an_equation_between_fields_has_nothing_to_be_solved() -> None:
    assert solved(theorem("E.1")) == ()
