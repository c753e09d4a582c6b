"""Systems that an integrator advances: exact conditions, against dense eigenvalues of the whole step on a ring of points."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from derive import stability
from derive.__main__ import main
from derive.commands.lines import lines
from derive.modes.amplification import amplification
from derive.schemes.composed_system import ComposedSystem
from derive.schemes.grid import GridScheme

SHALLOW = ["h_t == -U*h_x - H*q_x", "q_t == -g*h_x - U*q_x"]
DIFFUSED = ["h_t == -H*q_x + k*h_xx", "q_t == -g*h_x + k*q_xx"]
POINTS = 24


def growth(scheme: ComposedSystem, values: dict[str, float]) -> float:
    """Spectral radius of one step on a ring: the residuals as they stand, blocks of circulants."""
    unknowns = list(scheme.unknowns)
    levels = {n: np.zeros((len(unknowns) * POINTS,) * 2) for n in (0, 1)}
    for row, residual in enumerate(scheme.residuals):
        for v in residual.atoms(sp.Indexed):
            n, j = map(int, v.indices)
            weight = float(residual.coeff(v).subs({p: values[p.name] for p in scheme.parameters}))
            block = weight * np.roll(np.eye(POINTS), j, axis=1)
            column = unknowns.index(v.base)
            levels[n][row * POINTS : (row + 1) * POINTS, column * POINTS : (column + 1) * POINTS] += block
    return np.abs(np.linalg.eigvals(np.linalg.solve(levels[1], -levels[0]))).max()


@pytest.mark.parametrize(
    ("equations", "space", "time", "expected"),
    [
        (SHALLOW, "central2", "RK4", "nu + sqrt(nu_2*nu_3) <= 2*sqrt(2)"),
        (SHALLOW, "central2", "forward-euler", "False"),
        (["h_t == -H*q_x", "q_t == -g*h_x"], "central2", "RK3", "nu*nu_2 <= 3"),
        (["h_t == -H*q_x", "q_t == -g*h_x"], "central2", "crank-nicolson", "True"),
        (DIFFUSED, "central2", "forward-euler", "(r <= 1/2) & (nu*nu_2 <= 2*r)"),
    ],
)
def test_the_condition_is_that_of_both_eigenvalues(equations: list[str], space: str, time: str, expected: str) -> None:
    scheme, _ = lines(equations, space, time, [], ["U", "H", "g", "k"])
    found = stability(scheme)
    own = {p.name: p for p in scheme.parameters}
    wanted = sp.sympify(expected, locals=own)
    assert (found.status, found.grade) == ("exact", "power-bounded")
    assert sp.simplify(sp.Equivalent(found.condition, wanted)) == sp.true or found.condition == wanted
    generator = np.random.default_rng(0)
    for size in generator.uniform(0.1, 2.5, 12):
        values = {name: float(size * generator.uniform(0.2, 1)) for name in own}
        grown = growth(scheme, values)
        if abs(grown - 1) > 1e-4 or grown < 1 + 1e-10:
            assert bool(found.holds(**{p.name: values[p.name] for p in found.parameters})) == (grown < 1 + 1e-9), values


def test_eigenvectors_that_meet_are_not_said_to_stay_bounded() -> None:
    """u_tt = c u_xx as a system: at zero frequency the matrix has one eigenvector, and a constant grows linearly."""
    scheme, _ = lines(["u_t == v", "v_t == c*u_xx"], "central2", "RK4", [], ["c"])
    assert (found := stability(scheme)).grade == "von-neumann"
    assert str(found.condition) == "r*s <= 2"
    asked = stability(scheme, "power-bounded", seconds=2.0)
    assert (asked.grade, asked.asked) == ("von-neumann", "power-bounded")


def test_the_polynomial_is_that_of_the_step_itself() -> None:
    for equations, time in [(DIFFUSED, "RK2"), (SHALLOW, "AB2"), (SHALLOW, "crank-nicolson")]:
        scheme, _ = lines(equations, "central2", time, [], ["U", "H", "g", "k"])
        assert isinstance(scheme, ComposedSystem)
        plain = amplification(GridScheme(*scheme.residuals)).polynomial
        quotient = sp.cancel(amplification(scheme).polynomial.as_expr() / plain.as_expr())
        assert not quotient.free_symbols & {*scheme.parameters, *plain.gens}


def test_it_is_printed_by_the_polynomial_of_the_integrator(capsys: pytest.CaptureFixture) -> None:
    given = ["scheme", *SHALLOW, "--space", "central2", "--time", "RK4", "--positive", "U,H,g", "--solve", "dt"]
    assert main(given) == 0
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) < 40
    assert "z = -ⅈ⋅⎝ν + ╲╱ ν₂ ⋅╲╱ ν₃ ⎠⋅sin(θ₁)" in shown
    assert "2⋅√2⋅dx" in shown
    assert main([*given, "--at", "U == 1", "--at", "H == 2", "--at", "g == 9.81", "--at", "dx == 0.1"]) == 0
    assert f"{0.1 * 8**0.5 / (1 + 19.62**0.5):.10g}" in capsys.readouterr().out


def test_what_is_sufficient_at_no_parameters_is_not_said_to_be_never_stable() -> None:
    """Waves on staggered grids stay bounded below nu = 1, by powers of the step's matrix; their determinant has equal roots."""
    scheme, _ = lines(["u_t == -c*v_x", "v_t == -c*u_x"], "staggered", "forward-backward", [], ["c"])
    found = stability(scheme, "power-bounded")
    (nu,) = scheme.parameters
    assert (found.condition, found.status, found.grade, found.asked) == (nu <= 1, "exact", "von-neumann", "power-bounded")
    assert "power-bounded (perturbations stay bounded) was asked for and is not told" in " ".join(str(found).split())
    for theta in np.linspace(-np.pi, np.pi, 41):
        jump = 0.9 * (np.exp(1j * theta) - 1)
        step = np.array([[1, -jump], [jump.conj(), 1 - abs(jump) ** 2]])
        assert np.linalg.norm(np.linalg.matrix_power(step, 1000)) < 20


def test_numbers_of_a_deviation(capsys: pytest.CaptureFixture) -> None:
    """Of upwind with a random Courant number: nu^2 + s^2 <= nu, at nu = 1/10 up to s = 3/10."""
    upwind = ["scheme", "u[1,0] - u[0,0] == -nu*(u[0,0] - u[0,-1])", "--random", "nu: s", "--positive", "nu"]
    assert main([*upwind, "--solve", "s", "--at", "nu == 0.1"]) == 0
    assert "stable from zero up to s = 0.3 " in capsys.readouterr().out
    assert main([*upwind, "--solve", "nu", "--at", "s == 0.3"]) == 0
    assert "from 0.1 to 0.9 " in capsys.readouterr().out
