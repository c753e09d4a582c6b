"""`python -m derive scheme`, as a user meets it."""

from __future__ import annotations

import importlib.util

import pytest

from derive import stability
from derive.__main__ import main
from derive.reading.parse import parse_scheme
from derive.reports import scheme as scheme_report

HEAT = "u[1,0] - u[0,0] == r*(u[0,1] - 2*u[0,0] + u[0,-1])"
LEAPFROG = "-u[-1,0] + u[1,0] == nu*(u[0,1] - u[0,-1])"


def run(capsys: pytest.CaptureFixture, *arguments: str) -> str:
    assert main(["scheme", *arguments]) == 0
    return capsys.readouterr().out


def test_polynomial_condition_assumptions_status_and_grade(capsys: pytest.CaptureFixture) -> None:
    out = run(capsys, HEAT, "--positive", "r")
    assert "ξ = 2⋅r⋅(cos(θ₁) - 1) + 1" in out
    assert "r ≤ 1/2\n\nfor r > 0\n(exact; perturbations stay bounded)" in out


def test_an_equation_may_begin_with_a_minus(capsys: pytest.CaptureFixture) -> None:
    out = run(capsys, LEAPFROG)
    assert "ν > -1\nν < 1" in out
    assert "w_1 = exp(i theta_1)" in out


def test_steps(capsys: pytest.CaptureFixture) -> None:
    out = run(capsys, HEAT, "--steps")
    titles = [line for line in out.splitlines() if line[:1].isalpha()]
    assert titles == ["Scheme", "Amplification polynomial", "Root conditions", "Condition", "Needed", "Needed"]
    assert r"\[ \xi = 2 r" in run(capsys, HEAT, "--steps", "--latex")


def test_steps_without_closed_form() -> None:
    typed = parse_scheme("u[1,0] - u[0,0] == r*(u[0,3] + u[0,-2] - 2*u[0,0]) + q*(u[-1,1] - u[-2,0])")
    shown = scheme_report.steps(typed, stability(typed, seconds=0.2))
    assert "No closed form was found" in shown[-1].why


def test_a_system(capsys: pytest.CaptureFixture) -> None:
    equations = ["u[1,0] == u[0,0] + r*(v[0,0] - v[0,-1])", "v[1,0] == v[0,0] + r*(u[1,1] - u[1,0])"]
    assert "r ≥ -1\n    r ≤ 1" in run(capsys, *equations, "--grade", "von-neumann", "--steps")


def test_latex_and_code(capsys: pytest.CaptureFixture) -> None:
    assert run(capsys, HEAT, "--latex").strip() == r"\begin{aligned} & r \geq 0 \\ & r \leq \frac{1}{2} \end{aligned}"
    for backend in ("numpy", "torch"):
        assert "def is_stable(*, r):" in run(capsys, HEAT, "--code", backend)


@pytest.mark.skipif(importlib.util.find_spec("z3") is None, reason="z3 is an extra")
def test_proof(capsys: pytest.CaptureFixture) -> None:
    assert "\nproved (" in run(capsys, HEAT, "--prove")


def test_analysis(capsys: pytest.CaptureFixture) -> None:
    out = run(capsys, LEAPFROG, "--analysis")
    assert "in grid units" in out
    assert "parasitic amplification factor" in out
    out = run(capsys, HEAT, "--meaning", "r == k*dt/dx**2")
    assert "modified equation (O(dt + dx**2))" in out
    assert "6⋅dt⋅k - dx" in out


def test_analysis_of_a_decay(capsys: pytest.CaptureFixture) -> None:
    """The physical root is told at a vanishing step, not at zero frequency."""
    assert "modified equation (O(dt))" in run(capsys, "u[1] == (1 - h)*u[0]", "--meaning", "h == q*dt")
    assert "1 - dt⋅q" in run(capsys, "u[1] - u[0] == -dt*q*u[0]", "--analysis")


KDV = "e[1,0]-e[-1,0] == -d*(e[0,2]-2*e[0,1]+2*e[0,-1]-e[0,-2])"
BBM = "(u[1,0]-u[-1,0])/2 - s*(u[1,1]-2*u[1,0]+u[1,-1]-u[-1,1]+2*u[-1,0]-u[-1,-1])/2 == -nu*(u[0,1]-u[0,-1])/2"


def test_an_analysis_that_was_not_asked_for_ends_nothing(capsys: pytest.CaptureFixture) -> None:
    """The BBM equation is no evolution equation in u alone: its limit has no modified equation of the usual kind."""
    meant = ["--meaning", "s == mu/dx**2", "--meaning", "nu == c*dt/dx", "--positive", "s,nu,mu,c"]
    out = run(capsys, BBM, *meant)
    assert "no modified equation: expected a limit that is polynomial" in out
    assert "parasitic amplification factor" in out
    assert main(["scheme", BBM, *meant, "--analysis"]) == 2
    asked = capsys.readouterr()
    assert (asked.out, asked.err.count("\n")) == (out, 1)


@pytest.mark.parametrize(
    ("meaning", "told", "shown"),
    [
        ("d == b*tau/h**3", [], "modified equation (O(tau**2 + h**2))"),
        ("d == b*k/h**3", ["--step-names", "k,h"], "modified equation (O(k**2 + h**2))"),
        ("d == b*k/h**3", [], "the meanings do not tell which name is the time step"),
        ("d == b*dt/dx**3", [], "modified equation (O(dt**2 + dx**2))"),
    ],
)
def test_steps_of_other_names(meaning: str, told: list[str], shown: str, capsys: pytest.CaptureFixture) -> None:
    out = " ".join(run(capsys, KDV, "--meaning", meaning, *told).split())
    assert shown in out
    assert ("grid units" in out) == ("do not tell" in shown)


def test_what_a_meaning_makes_positive_is_known(capsys: pytest.CaptureFixture) -> None:
    out = run(capsys, HEAT, "--meaning", "r == k*dt/dx**2", "--positive", "k")
    assert "r ≤ 1/2\n\nfor r > 0" in out


def test_a_deviation_may_be_positive(capsys: pytest.CaptureFixture) -> None:
    upwind = "u[1,0]-u[0,0] == -nu*(u[0,0]-u[0,-1])"
    out = run(capsys, upwind, "--random", "nu: sigma", "--positive", "nu,sigma")
    assert "for nu > 0, sigma > 0" in " ".join(out.split())


def test_bounds_with_roots_are_assumed(capsys: pytest.CaptureFixture) -> None:
    assert "for sqrt(2)*r < 1" in run(capsys, HEAT, "--assume", "sqrt(2)*r < 1")
    assert "for r < sqrt(2)/2" in run(capsys, HEAT, "--assume", "r < 1/sqrt(2)")


DAMPED = ["v[1,0]-v[0,0] == -nu*(p[0,1]-p[0,0]) - g*(v[1,0]+v[0,0])/2", "p[1,0]-p[0,0] == -nu*(v[1,0]-v[1,-1])"]


@pytest.mark.parametrize("meaning", [[], ["g == d*dt"], ["g == d*dt", "nu == c*dt/dx"]])
def test_both_waves_of_a_damped_wave_are_physical(meaning: list, capsys: pytest.CaptureFixture) -> None:
    out = run(capsys, *DAMPED, "--analysis", *(text for one in meaning for text in ("--meaning", one)))
    assert out.count("physical amplification factor") == 2
    assert "parasitic" not in out
    assert ("if g vanishes with the step" in out) == (not meaning)


def test_assumptions_by_commas_and_by_repeating(capsys: pytest.CaptureFixture) -> None:
    physical = "(u[1,0] - u[0,0])/dt == k*(u[0,1] - 2*u[0,0] + u[0,-1])/dx**2"
    out = run(capsys, physical, "--positive", "dt,dx", "--positive", "k", "--assume", "dt <= 1")
    assert "for dt > 0, dx > 0, k > 0, dt <= 1" in " ".join(out.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "expected an equation, such as"),
        (["u[1,0] = u[0,0]"], "write == between the two sides"),
        (["__import__('os').system('true') == u[0,0]"], 'got the character "\'"'),
        (["u[1,0] == u[0,0]**2"], "linearised about a constant state U"),
        ([HEAT, "--grade", "strong"], "unknown grade 'strong': expected one of"),
        ([HEAT, "--code", "fortran"], "unknown backend 'fortran': expected one of numpy, torch"),
        ([HEAT, "--positive", "s"], "unknown parameter 's': expected one of r"),
        ([HEAT, "--assume", "r"], "expected a comparison such as r > 0"),
        ([HEAT, "--meaning", "r"], "expected one equation, left == right"),
        ([HEAT, "--meaning", "2*r == dt"], "expected a definition of a new name"),
        ([HEAT, "--meaning", "r == u[0,0]"], "got the value u[0, 0]"),
        ([HEAT, "--meaning", "r == I*dt"], "expected real values of r, got r == I*dt"),
        ([HEAT, "--meaning", "r == (1+2j)*dt/dx**2"], "expected real values of r"),
        ([HEAT, "--meaning", "r == -dt/dx**2", "--positive", "r"], "expected r to be positive, as it is assumed"),
        ([HEAT, "--meaning", "r == -q**2*dt", "--assume", "r > 0"], "expected r to be positive, as it is assumed"),
        ([HEAT, "--meaning", "r == 2", "--assume", "r <= 1"], "expected definitions under which r <= 1"),
        ([HEAT, "--meaning", "r == r*dt"], "expected a definition of r in terms of other names"),
        ([HEAT, "--meaning", "q == dt"], "unknown parameter 'q': expected one of r"),
        ([HEAT, "--meaning", "r == k*tau/h**2", "--step-names", "t,h"], "unknown step 't': expected one of h, k, tau"),
        ([HEAT, "--meaning", "r == k*tau/h**2", "--step-names", "tau"], "expected the names of the time step"),
        ([HEAT, "--meaning", "r == k*dt/h**2", "--step-names", "k,h"], "expected no other step than those named k,h"),
        ([HEAT, "--assume", "r > 1 and r < 0"], "expected assumptions that can hold together, got 'r > 1 and r < 0'"),
        ([HEAT, "--solve", "dt"], "such as --meaning 'r == k*dt/dx**2'"),
        ([KDV, "--positive", "d", "--grade", "schur", "--solve", "q"], "unknown parameter 'q': expected one of d\n"),
        ([HEAT, "--assume", "sqrt < 1"], "unknown parameter 'sqrt': expected one of r"),
        ([HEAT, "--assume", "sqrt(r) < 1"], "expected sqrt of a number that is not negative"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments: list, message: str, capsys: pytest.CaptureFixture) -> None:
    assert main(["scheme", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1


@pytest.mark.parametrize("beside", [["--latex"], ["--steps"], ["--prove"], ["--analysis"], ["--meaning", "r == a*dt"]])
def test_code_that_is_to_be_run_comes_alone(beside: list[str], capsys: pytest.CaptureFixture) -> None:
    assert main(["scheme", "u[1,0] == r*u[0,0]", "--code", "numpy", *beside]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert beside[0] in err
