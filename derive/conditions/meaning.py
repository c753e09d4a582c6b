"""A bound in other terms: its parameters replaced by what they stand for in steps and physical constants.

>>> from derive import parse_scheme, stability
>>> heat = stability(parse_scheme("u[1, 0] - u[0, 0] == r*(u[0, 1] - 2*u[0, 0] + u[0, -1])", positive=["r"]))
>>> k, dt, dx = sp.symbols("k dt dx", positive=True)
>>> in_terms_of(heat, {"r": k * dt / dx**2}).solve("dt")
Interval.Lopen(0, dx**2/(2*k))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import sympy as sp
from sympy.core.relational import _Inequality
from sympy.logic.boolalg import Boolean

from derive.conditions.tidy import tidy
from derive.conditions.ways.signs import Domain
from derive.errors import InputError, choose
from derive.fields.given import expression
from derive.fields.symbols import xi
from derive.modes.refinement import SPACINGS

if TYPE_CHECKING:
    from derive.conditions.bound import Stability


def in_terms_of(stability: Stability, meaning: Mapping[str, sp.Expr | float]) -> Stability:
    """The same bound at the values that parameters have by their meaning.

    Args:
        stability: the bound.
        meaning: parameter -> its expression. Symbols of a name that the bound has are the bound's own; dt and the spacings
            are positive.

    Raises:
        InputError: an unknown parameter, or a meaning that contradicts what is assumed of it.
    """
    own = {p.name: p for p in stability.parameters}
    given = {choose("parameter", str(name), own): expression(value) for name, value in meaning.items()}
    kept = {p.name: p for p in stability.parameters if p not in given}
    meant = {p: _exact(value, kept) for p, value in given.items()}
    _check_bound(stability, meant)
    new = {s for value in meant.values() for s in value.free_symbols} | set(kept.values())
    facts = sp.And(*(fact.subs(meant, simultaneous=True) for fact in stability.assumed if fact.free_symbols & meant.keys()))
    facts = sp.And(stability.assumptions.subs(meant, simultaneous=True), _tidied(facts, Domain.of(new)), *_defined(meant, new))
    if facts == sp.false:
        told = ", ".join(f"{p} == {value}" for p, value in meant.items())
        raise InputError(f"expected a meaning under which what is assumed can hold, got {told}")
    numerator = sp.fraction(sp.together(stability.polynomial.as_expr().subs(meant, simultaneous=True)))[0]
    condition, domain = stability.condition.subs(meant, simultaneous=True), Domain.of(new, facts)
    other = stability.other and in_terms_of(
        stability.other, {n: v for n, v in meaning.items() if n in map(str, stability.other.parameters)}
    )
    return replace(
        stability,
        polynomial=sp.Poly(sp.expand(numerator), xi),
        condition=_tidied(condition, domain) if stability.has_formula else condition,
        assumptions=facts,
        box={q: tuple(end.subs(meant, simultaneous=True) for end in ends) for q, ends in stability.box.items()},
        other=other,
    )


def _check_bound(stability: Stability, meant: Mapping[sp.Symbol, sp.Expr]) -> None:
    """That no meaning names what runs through a range."""
    names = {q.name for q in stability.ranged}
    for p, value in meant.items():
        if clash := [s.name for s in value.free_symbols if s.name in names]:
            raise InputError(
                f"expected a meaning of {p} without {clash[0]}, for all values of which the bound holds, got {value}"
            )


def _exact(value: sp.Expr, own: Mapping[str, sp.Symbol]) -> sp.Expr:
    """Without floats, in the bound's own symbols, and positive steps."""
    steps = {name: sp.Symbol(name, positive=True) for name in ("dt", *SPACINGS)}
    known = {s: {**steps, **own}.get(s.name, s) for s in value.free_symbols}
    return value.xreplace({x: sp.Rational(str(x)) for x in value.atoms(sp.Float)} | known)


def _defined(meant: Mapping[sp.Symbol, sp.Expr], symbols: set[sp.Symbol]) -> list[Boolean]:
    """That no denominator is zero."""
    domain = Domain.of(symbols)
    below = [f for value in meant.values() for f, _ in sp.factor_list(sp.fraction(sp.together(value))[1])[1]]
    return [sp.Ne(f, 0) for f in below if domain.sign(f) not in ("+", "-")]


def _tidied(claim: Boolean, domain: Domain) -> Boolean:
    """Without denominators, whose square is positive, and without what is known."""
    return tidy(claim.replace(lambda e: isinstance(e, _Inequality), _polynomial), domain)


def _polynomial(part: sp.Rel) -> Boolean:
    top, bottom = sp.fraction(sp.together(part.gts - part.lts))
    return (sp.Gt if part.rel_op in ("<", ">") else sp.Ge)(sp.expand(top * bottom), 0)
