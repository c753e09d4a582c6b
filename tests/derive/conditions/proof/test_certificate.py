"""Certificates: what is right is proved, what is wrong is refuted, what is too hard is unknown."""

from __future__ import annotations

import dataclasses
import sys

import pytest
import sympy as sp

from derive import Amplification, GridFunction, GridScheme, InputError, optimizers, stability
from derive.conditions.proof.to_z3 import Translator
from derive.fields.symbols import xi
from tests.derive.known_schemes import SCHEMES

z3 = pytest.importorskip("z3")
r = sp.Symbol("r", real=True)
HEAT = stability(SCHEMES["heat"])


@pytest.mark.parametrize("name", ["heat", "leapfrog", "richardson", "upwind", "lax-friedrichs", "theta", "advection-diffusion"])
def test_what_is_exact_is_proved(name: str) -> None:
    found = stability(SCHEMES[name])
    assert found.status == "exact"
    assert found.prove().verdict == "proved"


@pytest.mark.parametrize("name", ["gd", "heavy-ball", "nesterov"])
def test_optimisers_are_proved(name: str) -> None:
    assert stability(optimizers[name]).prove().verdict == "proved"


@pytest.mark.parametrize(
    ("wrong", "direction"),
    [
        (sp.And(r >= 0, r <= sp.Rational(51, 100)), "sufficient"),
        (sp.And(r >= 0, r <= sp.Rational(49, 100)), "necessary"),
        (sp.true, "sufficient"),
        (sp.false, "necessary"),
        (sp.And(r >= 0, r < sp.Rational(1, 2)), "necessary"),
    ],
)
def test_a_wrong_condition_is_refuted_by_a_counterexample(wrong: sp.Basic, direction: str) -> None:
    certificate = dataclasses.replace(HEAT, condition=wrong).prove()
    assert certificate.verdict == "refuted"
    assert certificate.answers[direction].startswith("refuted")
    value = sp.Rational(certificate.counterexample["r"])
    assert bool(wrong.subs(r, value)) != HEAT.holds(r=float(value))


@pytest.mark.slow
def test_no_textbook_scheme_or_optimiser_that_is_called_exact_is_refuted() -> None:
    """One and a half minutes; 81 of 83 are proved at 4 seconds each, the other two are too hard for z3."""
    from derive.gallery import gallery

    bounds = {
        **{key: stability(entry.scheme) for key, entry in gallery.items()},
        **{n: stability(s) for n, s in optimizers.items()},
    }
    verdicts = {key: bound.prove(4).verdict for key, bound in bounds.items() if bound.status == "exact"}
    assert "refuted" not in verdicts.values()
    assert list(verdicts.values()).count("proved") >= 75


def test_a_double_root_on_the_circle_refutes_power_boundedness() -> None:
    """xi^2 - 2 r xi + 1: simple unit roots for |r| < 1, a double one at |r| = 1."""
    found = stability(Amplification(sp.Poly(xi**2 - 2 * r * xi + 1, xi), {}), "power-bounded")
    assert found.condition == sp.And(r > -1, r < 1)
    assert found.prove().verdict == "proved"
    assert dataclasses.replace(found, condition=sp.And(r >= -1, r <= 1)).prove().verdict == "refuted"
    weaker = dataclasses.replace(found, condition=sp.And(r >= -1, r <= 1), grade="von-neumann")
    assert weaker.prove().verdict == "proved"


def test_assumptions_of_symbols_are_part_of_the_question() -> None:
    positive = sp.Symbol("r", positive=True)
    u = GridFunction("u", 1)
    found = stability(GridScheme(u[1, 0] - u[0, 0] - positive * (u[0, 1] - 2 * u[0, 0] + u[0, -1])))
    assert found.condition == sp.Le(positive, sp.Rational(1, 2))
    assert found.prove().verdict == "proved"


def test_algebraic_numbers_are_exact() -> None:
    x = sp.Symbol("x", real=True)
    solver = z3.Solver()
    solver.add(Translator.translate(sp.Eq(x, sp.sqrt(2))), Translator.translate(sp.Ne(x**2, 2)))
    assert solver.check() == z3.unsat


def test_what_is_sampled_is_not_proved() -> None:
    certificate = dataclasses.replace(HEAT, status="sampled").prove()
    assert certificate.verdict == "unknown"
    assert "sampled" in str(certificate)


def test_without_time_it_is_unknown() -> None:
    certificate = stability(SCHEMES["fromm"]).prove(seconds=0.002)
    assert certificate.verdict == "unknown"
    assert "no answer in" in str(certificate)


def test_without_z3_it_is_unknown_and_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "z3", None)
    certificate = HEAT.prove()
    assert certificate.verdict == "unknown"
    assert "pip install" in str(certificate)


def test_a_time_limit_is_positive() -> None:
    with pytest.raises(InputError, match="greater than 0, got 0"):
        HEAT.prove(seconds=0)
