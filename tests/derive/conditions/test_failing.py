"""Where conditions fail: known phases, and places at which the roots are computed again by other means."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from math import pi

import numpy as np
import pytest
import sympy as sp

from derive import optimizers, stability, theorem
from derive.__main__ import main
from derive.conditions.exactly import exactly
from derive.conditions.where import where
from derive.gallery import gallery
from derive.reading.parse import parse_scheme
from tests.derive.brute import largest_root, phases_are_those_named, radius

HEAT = "u[1,0] == u[0,0] + r*(u[0,1] - 2*u[0,0] + u[0,-1])"
WHERE = {
    "heat-ftcs": ["at theta = pi"],
    "lax-wendroff": ["at theta = pi", "at theta = pi"],
    "imex-euler": ["for long waves"],
    "advection-ftcs": ["at theta = pi/2"],
    "advection-rk2": ["at theta = pi/2"],
    "heat-reaction-imex": ["at theta = 0"],
    "quickest": ["at theta = pi", "at theta = pi", "at theta = pi", "near"],
    "leapfrog-lagged-diffusion": ["near"],
    "advection-diffusion-ftcs-2d": ["at theta_1 = pi, theta_2 = pi", "for long waves in direction"],
    "leapfrog": ["at theta = pi/2", "at theta = pi/2"],
    "advection-diffusion-upwind": ["at theta = pi", "for long waves"],
    "heat-ftcs-2d": ["at theta_1 = pi, theta_2 = pi"],
    "wave-2d": ["at theta_1 = pi, theta_2 = pi"],
}


@pytest.mark.parametrize("key", WHERE)
def test_known_phases_and_roots_outside(key: str) -> None:
    found = stability(gallery[key].scheme)
    assert sorted(re.sub(r"(?<=near|tion) .*", "", one.where) for one in found.witnesses) == sorted(WHERE[key])
    for one in found.witnesses:
        values = {s: v for s, v in one.witness.values.items() if s in found.condition.free_symbols}
        assert one.part.subs(values) == sp.false
        assert all(part.subs(values) == sp.true for part in sp.And.make_args(found.condition) if part != one.part)
        assert radius(found, one) == pytest.approx(one.witness.modulus, rel=1e-9)
        assert one.witness.modulus > 1
        assert phases_are_those_named(one)


def test_a_scheme_that_is_always_stable_fails_nowhere() -> None:
    assert stability(gallery["heat-crank-nicolson"].scheme).witnesses == ()


def test_a_scheme_that_is_never_stable_fails_at_all_parameters() -> None:
    (one,) = stability(gallery["schroedinger-euler"].scheme).witnesses
    assert (one.part, one.where) == (sp.false, "at all parameters")


def test_an_optimiser_has_no_waves() -> None:
    found = stability(optimizers["heavy-ball"])
    assert found.witnesses
    for one in found.witnesses:
        assert one.where == ""
        assert largest_root(found, {s: float(v) for s, v in one.witness.values.items()}) > 1


TOUCHES = {
    "leapfrog-lagged-diffusion": ("r", {"nu": 0.6}, ["2*r/(2*r - 1)"]),
    "airy-leapfrog": ("mu", {}, ["-1/2", "-1/2"]),
    "leapfrog-fourth-order": ("nu", {}, ["1 - sqrt(6)/2", "1 - sqrt(6)/2"]),
    "sbdf2": ("nu", {"r": 0.4}, None),
}


@pytest.mark.parametrize("key", TOUCHES)
def test_the_phase_at_which_an_edge_is_touched_is_that_of_brute_force(key: str) -> None:
    """A little beyond the edge, by NumPy on a fine grid: the cosine of the largest root."""
    name, others, told = TOUCHES[key]
    found = stability(gallery[key].scheme)
    assert told is None or [str(one.cosine) for one in found.witnesses] == told
    assert all("on the edge at cos(theta)" in one.where for one in found.witnesses) == (told is not None)
    cosine = found.witnesses[-1].cosine
    edge, thetas = found.largest(name, **others), np.linspace(0.01, pi, 20_001)
    values = {s: {**others, name: edge * (1 + 1e-5)}[s.name] for s in found.parameters}
    wave = next(s for s in found.polynomial.as_expr().free_symbols if s.name in ("w_1", "c_1"))
    coefficients = [sp.lambdify(wave, c.subs(values), "numpy") for c in found.polynomial.all_coeffs()]
    at = np.exp(1j * thetas) if wave.name == "w_1" else np.cos(thetas)
    phi = np.stack([np.broadcast_to(c(at), at.shape) for c in coefficients], 1).astype(complex)
    half, last = phi[:, 1] / phi[:, 0] / 2, phi[:, 2] / phi[:, 0]
    roots = [abs(half + sign * np.sqrt(half**2 - last)) for sign in (1, -1)]
    assert np.cos(thetas[np.max(roots, 0).argmax()]) == pytest.approx(float(cosine.subs(values)), abs=2e-3)


def test_at_every_phase() -> None:
    """Where nothing moves the margin is zero at all of them."""
    (one,) = stability(gallery["advection-euler-third-order"].scheme).witnesses
    assert (one.where.endswith(", on the edge at every phase"), one.cosine) == (True, None)


def test_parts_that_are_rarely_needed() -> None:
    """Of parts with power_min only a falling bound (a < 0), and powers that differ enough, tell."""
    found = theorem("5.4").result
    assert {one.part for one in found.witnesses} == set(sp.And.make_args(found.condition))


@pytest.mark.parametrize("key", ["eq-19", "supp-eq-51"])
def test_a_range_that_is_none_of_phases_fails_at_an_end(key: str) -> None:
    found = theorem(key).result
    assert {one.part for one in found.witnesses} == set(sp.And.make_args(found.condition))
    for one in found.witnesses:
        ((frequency, ends),) = found.box.items()
        end = next(end for end in ends if f"at {frequency} = {end}" == one.where)
        values = {frequency: end.subs(one.witness.values)} | one.witness.values
        roots = np.roots([complex(c.subs(values)) for c in found.polynomial.all_coeffs()])
        assert abs(roots).max() == pytest.approx(one.witness.modulus)
        assert one.witness.modulus > 1


def test_words_close_to_an_edge() -> None:
    """What is drawn towards a phase is not at it; a phase that is no symmetry's is not rounded to one."""
    assert where([0], (2.9,), (3.1,)) == "near theta = pi"
    assert where([0], (1.7,), (1.63,)) == "near theta = 1.63"
    assert where([0, 1], (pi / 2, -pi / 2), (pi / 2, -pi / 2)) == "at theta_1 = pi/2, theta_2 = -pi/2"
    assert where([0, 1], (0.0, 0.0), (0.0, 0.0)) == "at theta_1 = 0, theta_2 = 0"
    assert where([], (), ()) == ""


def test_told_on_the_command_line_and_to_programs(capsys: pytest.CaptureFixture) -> None:
    assert main(["scheme", HEAT, "--positive", "r"]) == 0
    assert "beyond r <= 1/2: fails at theta = pi" in capsys.readouterr().out
    assert main(["scheme", HEAT, "--positive", "r", "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["witnesses"]
    assert (one["part"], one["where"], one["multiple"]) == ("r <= 1/2", "at theta = pi", False)
    assert one["modulus"] == pytest.approx(abs(1 - 4 * float(sp.Rational(one["at"]["r"]))))
    assert "fails at theta = pi" in stability(parse_scheme(HEAT, positive=["r"]))._repr_markdown_()


def test_exactly_is_what_sympy_says() -> None:
    p, q = sp.symbols("p q", real=True)
    condition = sp.Or(sp.And(p**2 <= q, sp.Ne(p, q)), sp.sqrt(2) * p > q)
    holds, points = exactly(condition, [p, q]), np.random.default_rng(0).integers(-9, 10, (40, 2))
    for a, b in points.tolist():
        point = (sp.Rational(a, 4), sp.Rational(b, 4))
        assert holds((Fraction(a, 4), Fraction(b, 4))) == bool(condition.subs({p: point[0], q: point[1]}))
