"""`python -m derive scheme 'u_t == ...' --space --time`: the textbooks' limits, and refusals in one line."""

from __future__ import annotations

import pytest
import sympy as sp

from derive import stability
from derive.__main__ import main
from derive.commands.lines import ALSO_CALLED, lines, spelled
from derive.gallery import gallery
from derive.gallery.spaces import spaces
from derive.lines.integrators import integrators
from derive.modes.accuracy import order_of_accuracy

a, c, dt, dx, k = sp.symbols("a c dt dx k", positive=True)

# Source: Hundsdorfer and Verwer (2003), Sec I.3 and IV.4; Hairer and Wanner (1996), Sec IV.2; Strikwerda (2004).
LIMITS = [
    (["u_t == -a*u_x"], "central2", "RK4", [], 2 * sp.sqrt(2) * dx / a),
    (["u_t == -a*u_x"], "central2", "RK3", [], sp.sqrt(3) * dx / a),
    (["u_t == -a*u_x"], "upwind1", "forward-euler", [], dx / a),
    (["u_t == a*u_x"], "upwind1", "forward-euler", [], dx / a),
    (["u_t == k*u_xx"], "central4", "forward-euler", [], 3 * dx**2 / (8 * k)),
    (["u_t == I*k*u_xx"], "central2", "RK4", [], dx**2 / (sp.sqrt(2) * k)),
    (["u_t == -a*u_x + k*u_xx"], "central2", "forward-euler", [], sp.Min(dx**2 / (2 * k), 2 * k / a**2)),
    (["u_t == -a*u_x + k*u_xx"], "central2", "imex-euler", ["u_xx"], 2 * k / a**2),
    (["p_t == -c*v_x", "v_t == -c*p_x"], "staggered", "forward-backward", [], dx / c),
]


@pytest.mark.parametrize(("equations", "space", "time", "implicit", "largest"), LIMITS, ids=str)
def test_the_largest_step(equations, space: str, time: str, implicit, largest: sp.Expr) -> None:
    scheme, meaning = lines(equations, space, time, implicit, ["a", "c", "k"])
    found = stability(scheme)
    assert found.status == "exact"
    solved = found.in_terms_of(meaning).solve("dt")
    assert sp.simplify(solved.end - largest) == 0
    assert (solved.start, solved.left_open, solved.right_open) == (0, True, False)


@pytest.mark.parametrize(
    ("space", "orders"), [("central2", (2, 2)), ("central4", (4, 4)), ("upwind1", (1, 2)), ("upwind3", (3, 2))], ids=str
)
def test_order_of_a_discretisation(space: str, orders: tuple[int, int]) -> None:
    """Of a first derivative, waves from either side, and of a second one, by the modified equation."""
    for equation, order in [("u_t == -a*u_x", orders[0]), ("u_t == a*u_x", orders[0]), ("u_t == a*u_xx", orders[1])]:
        scheme, meaning = lines([equation], space, "RK4", [], ["a"])
        assert order_of_accuracy(scheme, meaning).space == order


def test_every_discretisation_is_tried() -> None:
    assert {space for _, space, *_ in LIMITS} | {"upwind3"} == set(spaces)
    assert "forward-backward" in integrators


def test_staggered_is_the_scheme_of_the_textbook() -> None:
    scheme, _ = lines(["p_t == -c*v_x", "v_t == -c*p_x"], "staggered", "forward-backward", [], ["c"])
    (nu,) = scheme.parameters
    known = stability(gallery["wave-staggered"].scheme)
    (other,) = known.parameters
    found = stability(scheme)
    assert sp.expand(found.polynomial.as_expr() - known.polynomial.as_expr().subs(other, nu)) == 0


def test_two_dimensions_and_names_that_are_taken() -> None:
    scheme, meaning = lines(["u_t == -nu*u_x - b*u_y + nu*u_xy + u_xx"], "central2", "forward-euler", [], [])
    assert [p.name for p in scheme.parameters] == sorted(meaning)
    assert "nu" not in meaning
    assert {str(value) for value in meaning.values()} == {"dt*nu/dx", "b*dt/dy", "dt*nu/(dx*dy)", "dt/dx**2"}


def test_on_the_command_line(capsys: pytest.CaptureFixture) -> None:
    given = ["scheme", "u_t == -a*u_x", "--space", "central2", "--time", "RK4", "--positive", "a"]
    assert main([*given, "--solve", "dt"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("with nu = a*dt/dx\n")
    assert "2⋅√2⋅dx\n    dt ≤ ───────" in shown
    assert main([*given, "--code", "numpy"]) == 0
    compile(capsys.readouterr().out, "is_stable", "exec")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["u_t == -a*u_x", "--space", "upwind1", "--time", "RK4"], "a speed of known sign with upwind1, got a;"),
        (["u_t == u*u_x", "--space", "central2", "--time", "RK4"], "linear in the unknowns"),
        (["u_t == u_x + 1", "--space", "central2", "--time", "RK4"], "no source"),
        (["u_tt == u_xx", "--space", "central2", "--time", "RK4"], "a first derivative in time on the left"),
        (["u == u_xx", "--space", "central2", "--time", "RK4"], "a first derivative in time on the left"),
        (["u_t == u_xxxxx", "--space", "central2", "--time", "RK4"], "up to order 4"),
        (["u_t == u_xxx", "--space", "central4", "--time", "RK4"], "of order 1, 2 with central4, got 3"),
        (["u_t == u_xx", "--space", "central2", "--time", "RK44"], "did you mean 'RK4'?"),
        (["u_t == u_xx", "--space", "spectral", "--time", "RK4"], "unknown discretisation in space 'spectral'"),
        (["u_t == u_xx", "--space", "central2"], "both --space and --time"),
        (["u_t == u_xx", "--space", "central2", "--time", "imex-euler"], "expected --implicit with imex-euler"),
        (
            ["u_t == u_xx", "--space", "central2", "--time", "imex-euler", "--implicit", "u_x"],
            "derivatives of the equation, u_xx",
        ),
        (["u_t == u_xx", "--space", "central2", "--time", "RK4", "--implicit", "u_xx"], "an integrator of two parts"),
        (["u_t == D u_xx", "--space", "central2", "--time", "RK4"], "write * between factors"),
        (["u_tt == u_xx", "--space", "central2", "--time", "RK4"], "write a system, such as 'u_t == v' 'v_t == k*u_xx'"),
        (["u_t == -u*u_x", "--space", "central2", "--time", "RK4", "--freeze", "u="], "such as u = U, got 'u='"),
        (["u_t == u_x", "--space", "staggered", "--time", "RK4"], "two unknowns or more with staggered"),
        (["u_t == __import__('os')", "--space", "central2", "--time", "RK4"], "got the character"),
    ],
    ids=str,
)
def test_refusals(capsys: pytest.CaptureFixture, arguments: list[str], text: str) -> None:
    assert main(["scheme", *arguments]) == 2
    error = capsys.readouterr().err
    assert text in error
    assert error.count("\n") == 1


def test_a_complex_coefficient_has_two_numbers() -> None:
    """Ginzburg and Landau's diffusion: |1 - 2 (m + i b) y| <= 1 for y up to 2 dt/dx^2."""
    m, b = sp.symbols("m b", positive=True)
    scheme, meaning = lines(["u_t == (m + I*b)*u_xx"], "central2", "forward-euler", [], ["m", "b"])
    found = stability(scheme)
    assert found.status == "exact"
    solved = found.in_terms_of(meaning).solve("dt")
    assert sp.simplify(solved.end - m * dx**2 / (2 * (m**2 + b**2))) == 0
    assert (solved.start, solved.right_open) == (0, False)
    for equation in ("u_t == (m + I*b)*u_xx", "u_t == I*(b - I*m)*u_xx"):
        implicit, _ = lines([equation], "central2", "crank-nicolson", [], ["m", "b"])
        assert stability(implicit).condition == sp.true


@pytest.mark.parametrize("equation", ["u_t == x*u_x", "u_t == a*x*u_x", "u_t == -t*u_x", "u_t == u_x + y*u"])
def test_a_coefficient_that_varies_is_frozen_when_asked_alone(equation: str, capsys: pytest.CaptureFixture) -> None:
    given = ["scheme", equation, "--space", "central2", "--time", "RK4"]
    assert main(given) == 2
    name = next(n for n in "xty" if n in equation.replace("u_x", "").replace("u_t", ""))
    error = capsys.readouterr().err
    assert f"expected constant coefficients, got {name}, which varies; freeze it at a value, --freeze {name}=" in error


def test_frozen_in_space_and_about_a_state(capsys: pytest.CaptureFixture) -> None:
    frozen, meaning = lines(["u_t + u*u_x == x*u_xx"], "central2", "forward-euler", [], ["X", "U"], ["x=X", "u = U"])
    plain, meant = lines(["u_t == -U*u_x + X*u_xx"], "central2", "forward-euler", [], ["X", "U"])
    assert (frozen.residuals, meaning) == (plain.residuals, meant)
    given = ["scheme", "u_t + u*u_x == nu*u_xx", "--space", "central2", "--time", "forward-euler", "--positive", "nu,U"]
    assert main(given) == 2
    assert "got the term -u*u_x; linearise about a constant state, --freeze u=U" in capsys.readouterr().err
    assert main([*given, "--freeze", "u=U", "--solve", "dt"]) == 0
    shown = capsys.readouterr().out
    assert "linearised about the constant state u = U: coefficients are frozen there, perturbations are small" in shown


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("Euler", "forward-euler"),
        ("rk4", "RK4"),
        ("Crank Nicolson", "crank-nicolson"),
        ("BE", "backward-euler"),
        ("CNAB", "imex-cnab"),
    ],
)
def test_integrators_by_the_names_of_the_books(name: str, own: str) -> None:
    assert spelled(name, integrators) == own


def test_every_other_name_is_of_an_integrator() -> None:
    assert set(ALSO_CALLED.values()) <= set(integrators)
    assert not {spelled(name, integrators) for name in integrators} ^ set(integrators)
    assert spelled("nonsense", integrators) == "nonsense"


def test_what_nobody_asked_for_is_said(capsys: pytest.CaptureFixture) -> None:
    assert main(["pde", "u_t == D*u_xx", "--time", "euler", "--positive", "D"]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[-1].startswith("discretised by --space central2, as none was given; others: ")
    assert main(["pde", "u_t == D*u_xx", "--time", "forward-euler", "--space", "centred", "--positive", "D"]) == 0
    assert "".join(said.splitlines(keepends=True)[:-1]) == capsys.readouterr().out
    assert main(["pde", "u_t == D*u_xx", "--positive", "D", "--solve", "q"]) == 2
    assert capsys.readouterr() == ("", "error: unknown parameter 'q': expected one of D, dt, dx\n")


def test_a_mistyped_constant_is_not_taken_for_a_positive_one(capsys: pytest.CaptureFixture) -> None:
    heat = ["pde", "u_t == D*u_xx - m*u", "--time", "euler", "--positive"]
    assert main([*heat, "D, m"]) == 0
    assert "for r > 0, s > 0" in capsys.readouterr().out
    assert main([*heat, "D,n"]) == 2
    assert capsys.readouterr() == ("", "error: expected constants of the equation after --positive, got n\n")
    assert main(["scheme", "u_t == D*u_xx"]) == 2
    assert "is for `pde`" in capsys.readouterr().err
