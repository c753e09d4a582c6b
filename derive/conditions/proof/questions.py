"""The two directions of a stability condition as questions to z3: unsatisfiable means proved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from derive.conditions.closed_form import domain_of, frequency_box
from derive.conditions.proof.to_z3 import Translator
from derive.conditions.ways.margins import Complex, NeverStable, complex_coefficients, margins
from derive.conditions.ways.schur import derivative
from derive.fields.phases import COSINES, SINES

_x, _y = sp.symbols("_root_real _root_imaginary", real=True)  # no name of a parameter


@dataclass(frozen=True)
class Question:
    """Facts that cannot all be true if the condition is right; if they can, it is wrong only where `refutes`."""

    facts: list[Any]
    quantified: bool = False
    refutes: bool = True


def sufficient_by_roots(stability) -> list[Question]:
    """A root outside of the disc (or a double one on the circle) where the condition is true."""
    phi = complex_coefficients(stability.polynomial)
    size = _x**2 + _y**2
    outside = sp.Ge(size, 1) if stability.grade == "schur" else sp.Gt(size, 1)
    shared = [*_admissible(stability), stability.condition, *_phases(stability, phi), _is_determined(phi)]
    asked = [[*shared, outside, *_vanishes(phi)]]
    if stability.grade == "power-bounded" and len(phi) > 2:
        asked.append([*shared, sp.Eq(size, 1), *_vanishes(phi), *_vanishes(derivative(phi))])
    return [Question(_all(facts)) for facts in asked]


def sufficient_by_margins(stability) -> list[Question]:
    """A margin that is negative (or not positive) where the condition is true; see `Margin.delicate`."""
    phi = complex_coefficients(stability.polynomial)
    shared = [*_admissible(stability), stability.condition, *_phases(stability, phi), _is_determined(phi)]
    asked = []
    for margin in margins(phi, stability.grade):
        touching = margin.delicate and stability.grade == "power-bounded"
        fails = sp.Le(margin.value, 0) if margin.strict or touching else sp.Lt(margin.value, 0)
        asked.append(Question(_all([*shared, fails]), refutes=not touching))
        if margin.delicate and not touching:
            asked.append(_at_every_phase(stability, phi, stability.condition, sp.Eq(margin.value, 0), refutes=False))
    return asked


def necessary_by_margins(stability) -> list[Question]:
    """Parameters that violate the condition while no margin is negative at any phase."""
    phi = complex_coefficients(stability.polynomial)
    try:
        needed = [sp.Gt(m.value, 0) if m.strict else sp.Ge(m.value, 0) for m in margins(phi, stability.grade)]
    except NeverStable:
        needed = [sp.false]
    return [_at_every_phase(stability, phi, sp.Not(stability.condition), sp.And(*needed, _is_determined(phi)))]


def necessary_by_roots(stability) -> list[Question]:
    """Parameters that violate the condition while no root is outside of the disc at any phase."""
    phi = complex_coefficients(stability.polynomial)
    inside = sp.Le(_x**2 + _y**2, 1) if stability.grade != "schur" else sp.Lt(_x**2 + _y**2, 1)
    every_root_inside = sp.Or(sp.Not(sp.And(*_vanishes(phi))), inside)
    return [_at_every_phase(stability, phi, sp.Not(stability.condition), every_root_inside)]


def _at_every_phase(stability, phi: list[Complex], premise: Any, statement: Any, refutes: bool = True) -> Question:
    """Admissible parameters of which the premise is true, and the statement at every phase (and every xi it is about)."""
    import z3

    given = _all([*_admissible(stability), premise])
    box = _phases(stability, phi)
    inside = {s for fact in [*box, statement] for s in getattr(fact, "free_symbols", set())}
    bound = sorted(inside - set(stability.parameters), key=str)
    inner = Translator.translate(statement)
    if not bound:
        return Question([*given, inner], refutes=refutes)
    everywhere = z3.ForAll([z3.Real(str(q)) for q in bound], z3.Implies(z3.And(*_all(box)), inner))
    return Question([*given, everywhere], True, refutes)


def _all(facts: list[Any]) -> list[Any]:
    return [Translator.translate(fact) for fact in facts]


def _admissible(stability) -> list[Any]:
    """What is assumed of the parameters."""
    domain = domain_of(stability.amplification)
    facts = [stability.assumptions]
    for symbol in stability.parameters:
        known = domain.ranges.get(symbol)
        if known is not None and known.low.is_finite:
            facts.append((sp.Gt if known.low_open else sp.Ge)(symbol, known.low, evaluate=False))
        if known is not None and known.high.is_finite:
            facts.append((sp.Lt if known.high_open else sp.Le)(symbol, known.high, evaluate=False))
    return facts


def _phases(stability, phi: list[Complex]) -> list[Any]:
    """The range of the frequency variables: an interval each, or a circle where the sine matters."""
    facts: list[Any] = []
    used = {s for c in phi for part in (c.real, c.imaginary) for s in part.as_expr().free_symbols}
    for variable, (low, high) in frequency_box(stability.amplification).items():
        facts += [sp.Ge(variable, low, evaluate=False), sp.Le(variable, high, evaluate=False)]
        if variable in COSINES and SINES[COSINES.index(variable)] in used:
            facts.append(sp.Eq(variable**2 + SINES[COSINES.index(variable)] ** 2, 1))
    return facts


def _is_determined(phi: list[Complex]) -> Any:
    """Where the leading coefficient vanishes the scheme determines no new value."""
    return sp.Gt(phi[0].square().as_expr(), 0)


def _vanishes(phi: list[Complex]) -> list[Any]:
    """Real and imaginary part of phi(x + i y) = 0."""
    power, total = sp.S.One, sp.S.Zero
    for c in reversed(phi):
        total += (c.real.as_expr() + sp.I * c.imaginary.as_expr()) * power
        power = sp.expand(power * (_x + sp.I * _y))
    total = sp.expand(total)
    mirrored = total.subs(sp.I, -sp.I)
    return [sp.Eq(sp.expand((total + mirrored) / 2), 0), sp.Eq(sp.expand((total - mirrored) / (2 * sp.I)), 0)]
