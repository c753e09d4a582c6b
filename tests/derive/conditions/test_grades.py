"""The grade that is asked for follows what an equation keeps; what is never or always met is said, with a place."""

from __future__ import annotations

import re

import numpy as np
import pytest
import sympy as sp

from derive import Amplification, parse_scheme, stability
from derive.__main__ import main
from derive.conditions.witness import witness
from derive.fields.symbols import xi
from derive.modes.amplification import amplification
from derive.schemes.optimizers import optimizers

OSCILLATOR = "u[1] - 2*u[0] + u[-1] == -w*u[0]"
LEAPFROG = "u[1] - u[-1] == 2*I*w*u[0]"


def companion_powers(text: str, w: float, count: int = 4000) -> float:
    """Largest norm among powers of the companion matrix, by plain multiplication: what bounded means."""
    polynomial = amplification(parse_scheme(text)).polynomial
    coefficients = [complex(c.subs({s: w for s in c.free_symbols})) for c in polynomial.monic().all_coeffs()]
    matrix = np.eye(len(coefficients) - 1, k=-1, dtype=complex)
    matrix[0] = [-c for c in coefficients[1:]]
    power, largest = np.eye(len(matrix), dtype=complex), 0.0
    for _ in range(count):
        power = power @ matrix
        largest = max(largest, float(np.linalg.norm(power)))
        if largest > 1e6:
            break
    return largest


@pytest.mark.parametrize(
    ("text", "low", "high", "inside", "outside"),
    [
        (OSCILLATOR, 0, 4, (0.05, 1.0, 3.9), (0.0, 4.0, 4.05, -0.01)),
        (LEAPFROG, -1, 1, (0.0, 0.5, -0.95), (1.0, -1.0, 1.01)),
    ],
)
def test_what_keeps_an_energy_is_asked_to_stay_bounded(text: str, low: int, high: int, inside: tuple, outside: tuple) -> None:
    found = stability(parse_scheme(text))
    w = sp.Symbol("w", real=True)
    assert (found.grade, found.status, found.condition) == ("power-bounded", "exact", sp.And(w > low, w < high))
    assert found.other is not None
    assert (found.other.grade, found.other.condition) == ("schur", sp.false)
    for value in inside:
        assert found.holds(w=value)
        assert companion_powers(text, value) < 50
    for value in outside:
        assert not found.holds(w=value)
        assert companion_powers(text, value) > 1000


def test_what_decays_is_asked_to_decay() -> None:
    for text, inside in [("u[1] == (1 - h)*u[0]", 1.9), ("u[1] - 2*u[0] + u[-1] == -h*u[0] - (u[1] - u[-1])/10", 3.9)]:
        found = stability(parse_scheme(text))
        assert (found.grade, found.other) == ("schur", None)
        assert found.holds(h=inside)
    assert all(stability(optimizers[name]).grade == "schur" for name in ("gd", "nesterov", "adam"))


def test_the_asked_grade_is_answered_and_the_weaker_one_with_it() -> None:
    found = stability(parse_scheme(OSCILLATOR), "schur")
    assert (found.grade, found.condition) == ("schur", sp.false)
    assert found.other is not None
    assert found.other.condition == stability(parse_scheme(OSCILLATOR)).condition
    text = str(found)
    assert text.startswith("never stable: perturbations never decay; for instance, at w = 1")
    assert "perturbations stay bounded if and only if" in text


def test_other_grades_are_not_told_where_none_is_met() -> None:
    found = stability(parse_scheme("u[1] == 2*u[0]"))
    assert (found.condition, found.other) == (sp.false, None)
    assert "|xi| = 2" in str(found)


NEVER = [
    ("u[1,0] - u[0,0] == -nu/2*(u[0,1] - u[0,-1])", ["nu"]),
    ("u[1,0] == 2*u[0,0]", []),
    ("u[1,0] - u[0,0] == -r*(u[0,1] - 2*u[0,0] + u[0,-1])", ["r"]),
    ("u[1,0,0] - u[0,0,0] == r*(u[0,1,0] - u[0,-1,0] + u[0,0,1] - u[0,0,-1])", ["r"]),
]


@pytest.mark.parametrize(("text", "positive"), NEVER)
def test_a_scheme_that_is_never_stable_names_a_place(text: str, positive: list) -> None:
    """The place is put into the equation by hand: u[n, j] = xi^n exp(i j theta)."""
    scheme = parse_scheme(text, positive=positive)
    found = stability(scheme)
    assert found.condition == sp.false
    place = witness(found.amplification, found.grade)
    assert place is not None
    numbers = {s.name: complex(v) for s, v in place.values.items()}
    theta = np.array([numbers.get(f"theta_{i + 1}", 0).real for i in range(scheme.dims)])
    (residual,), total = scheme.residuals, {0: 0j, 1: 0j}
    for value in residual.atoms(sp.Indexed):
        time, *space = map(int, value.indices)
        weight = complex(residual.coeff(value).subs({p: numbers[p.name] for p in scheme.parameters}))
        total[time] += weight * np.exp(1j * np.dot(space, theta))
    assert abs(total[0] / total[1]) == pytest.approx(place.modulus)
    assert place.modulus > 1
    assert all(numbers[name].real > 0 for name in positive)
    assert "if and only if" not in str(found)
    assert "False" not in str(found)


def test_a_multiple_root_on_the_circle_is_a_place() -> None:
    found = stability(parse_scheme("u[1] - 2*u[0] + u[-1] == 0"))
    assert (found.grade, found.condition) == ("von-neumann", sp.true)
    bounded = stability(parse_scheme("u[1] - 2*u[0] + u[-1] == 0"), "power-bounded")
    assert "|xi| = 1, of several that are the same" in " ".join(str(bounded).split())


def test_a_place_of_a_polynomial_by_hand() -> None:
    """Control: none is found where there is none."""
    w = sp.Symbol("w", real=True)
    assert witness(Amplification(sp.Poly(xi - sp.Rational(1, 2), xi), {}), "schur") is None
    assert witness(Amplification(sp.Poly(xi**2 - w * xi + 1, xi), {}, sp.And(w > -1, w < 1)), "power-bounded") is None
    assert witness(Amplification(sp.Poly(xi**2 - w * xi + 1, xi), {}, w > 2), "von-neumann") is not None


def test_always_and_never_on_the_command_line(capsys: pytest.CaptureFixture) -> None:
    always = "u[1,0] - u[0,0] == r*(u[1,1] - 2*u[1,0] + u[1,-1])"
    for options in ([], ["--latex"], ["--steps"], ["--steps", "--latex"]):
        for equation, word in ((always, "always stable"), (NEVER[0][0].replace("nu", "r"), "never stable")):
            assert main(["scheme", equation, "--positive", "r", *options]) == 0
            out = capsys.readouterr().out
            assert word in out
            assert not re.search(r"\b(True|False)\b", out)


SYSTEM = [  # Lax and Wendroff: every mode is that of one of two advections
    "p[1,0]-p[0,0] == -lam*c2*(v[0,1]-v[0,-1])/2 + lam**2*c2/2*(p[0,1]-2*p[0,0]+p[0,-1])",
    "v[1,0]-v[0,0] == -lam*(p[0,1]-p[0,-1])/2 + lam**2*c2/2*(v[0,1]-2*v[0,0]+v[0,-1])",
]


def test_a_grade_that_is_asked_for_and_not_told_is_said_so() -> None:
    typed = parse_scheme(*SYSTEM, positive=["lam", "c2"])
    asked = stability(typed, "power-bounded", seconds=0.1)
    text = " ".join(str(asked).split())
    assert (asked.grade, asked.asked) == ("von-neumann", "power-bounded")
    assert "grade power-bounded (perturbations stay bounded) was asked for and is not told" in text
    assert "is not told" not in str(stability(typed, seconds=0.1))


def test_what_was_asked_for_is_not_said_of_what_was_not() -> None:
    never = parse_scheme("u[1,0] - u[0,0] == -nu*(u[0,1] - u[0,-1])", positive=["nu"])
    assert "asked for" not in str(stability(never))
    assert "(exact; asked for: perturbations stay bounded)" in str(stability(never, "power-bounded"))
