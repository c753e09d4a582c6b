"""Conditions with letters: what is printed is the condition, and short ones are left alone."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from latex2mathml.converter import convert
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from derive import optimizers, stability
from derive.conditions.stability_text import to_read
from derive.printing.named import LONGEST, named
from derive.printing.one_line import one_line
from derive.printing.text import latex
from derive.reports import as_json
from tests.derive.same import normal

D, F, P, Q = sp.symbols("D F p q", real=True)


def polynomials() -> st.SearchStrategy[sp.Expr]:
    """Sums of monomials, products of them, and square roots."""
    term = st.builds(lambda c, i, j: c * P**i * Q**j, st.integers(-99, 99), st.integers(0, 3), st.integers(0, 3))
    total = st.lists(term, min_size=1, max_size=4).map(lambda terms: sp.Add(*terms))
    return st.one_of(
        total, st.builds(lambda a, b: a * b, total, total), st.builds(lambda a, b: a * sp.sqrt(b**2 + 1) + D, total, total)
    )


def conditions() -> st.SearchStrategy[Boolean]:
    """Relations, and what And and Or make of them."""
    some = st.shared(st.lists(polynomials(), min_size=1, max_size=4), key="expressions")
    side = some.flatmap(st.sampled_from)
    kind = st.sampled_from([sp.Le, sp.Lt, sp.Ge, sp.Gt, sp.Eq])
    relation = st.builds(
        lambda of, a, b: of(a, b), kind, st.one_of(side, side.map(lambda e: -e)), st.one_of(side, st.just(sp.S.Zero))
    )
    joined = st.builds(
        lambda of, parts: of(*parts), st.sampled_from([sp.And, sp.Or]), st.lists(relation, min_size=1, max_size=3)
    )
    return st.builds(lambda of, parts: of(*parts), st.sampled_from([sp.And, sp.Or]), st.lists(joined, min_size=1, max_size=3))


@settings(max_examples=40)
@given(conditions(), st.integers(20, 200))
def test_put_back_it_is_the_condition(condition: Boolean, longest: int) -> None:
    shown = named(condition, [D, F], longest)
    assert normal(shown.put_back()) == normal(condition)
    assert normal(condition.xreplace({r: shown.lettered(r) for r in condition.atoms(Relational)})) == normal(shown.condition)
    letters = {letter for letter, _ in shown.definitions}
    assert len(letters) == len(shown.definitions)
    assert not letters & {D, F, P, Q}
    assert letters <= {s for e in (shown.condition, *(value for _, value in shown.definitions)) for s in e.free_symbols}


@settings(max_examples=20)
@given(conditions())
def test_what_is_short_stays(condition: Boolean) -> None:
    if len(one_line(condition)) <= LONGEST:
        assert named(condition).condition == condition
        assert named(condition).text().count("with") == 0


def test_letters_wherever_a_condition_is_shown() -> None:
    inner, other = P**3 - 17 * P * Q + Q**2 + 3, Q**4 - 5 * P**2 + 12 * P + 9
    gaps = (inner > 0, other > 0, P * inner <= Q * other + 4, (P - 1) * other >= inner * (Q + 3), inner + P * other < 7 + Q)
    found = replace(stability(optimizers["gd"]), condition=sp.And(*gaps))
    shown = to_read(found)
    assert len(shown.definitions) == 2
    assert normal(shown.put_back()) == normal(found.condition)
    assert not found.condition.free_symbols & {letter for letter, _ in shown.definitions}
    for letter, value in shown.definitions:
        assert f"{letter} > 0" in str(found)
        assert f"{letter.name} = {latex(value)}" in found.latex()
    assert found.latex() in found._repr_markdown_()
    assert "<math" in convert(found.latex())
    told = as_json.of_scheme(found, {}, {})
    own = {s.name: s for s in found.parameters} | {letter.name: letter for letter, _ in shown.definitions}
    assert normal(sp.sympify(told["named"]["condition"], locals=own)) == normal(shown.condition)
    assert {k: sp.sympify(v, locals=own) for k, v in told["named"]["with"].items()} == {k.name: v for k, v in shown.definitions}
    assert as_json.of_scheme(stability(optimizers["gd"]), {}, {})["named"] is None


def test_a_number_without_radicals_is_one_decimal_in_text_and_latex() -> None:
    x = sp.Symbol("x", positive=True)
    end = sp.Le(x, sp.CRootOf(sp.Poly("x**3 - 2*x**2 + 3*x - 3"), 0) / 2)  # Runge-Kutta 4 on the heat equation
    assert (named(end).latex(), named(end).text()) == (r"x \leq 0.6963233909", "x ≤ 0.6963233909")
