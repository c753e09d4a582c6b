"""Nonlinear schemes about a constant state: against the linear scheme written by hand, and what is said of it."""

from __future__ import annotations

import json

import pytest
import sympy as sp

from derive import GridFunction, GridScheme, InputError, parse_scheme, stability
from derive.__main__ import main

u = GridFunction("u", 1)
U, lam, r = sp.symbols("U lam r", real=True)
BURGERS = "u[1,0] - u[0,0] == -lam*(u[0,1]**2 - u[0,-1]**2)/4 + r*(u[0,1] - 2*u[0,0] + u[0,-1])"


def test_burgers() -> None:
    by_hand = GridScheme(u[1, 0] - u[0, 0] + U * lam * (u[0, 1] - u[0, -1]) / 2 - r * (u[0, 1] - 2 * u[0, 0] + u[0, -1]))
    scheme = parse_scheme(BURGERS, freeze=["u = U"])
    assert scheme.residuals == by_hand.residuals
    assert scheme.frozen == {"u": U}
    found = stability(scheme)
    assert found.status == "exact"
    assert found.holds(U=[2.0, 2.0], lam=0.25, r=[0.125, 0.1249]).tolist() == [True, False]  # (U lam)^2 <= 2 r


def test_products_of_two_unknowns_and_functions() -> None:
    v = GridFunction("v", 1)
    scheme = GridScheme(
        sp.Eq(u[1, 0] - u[0, 0], -lam * v[0, 0] * (u[0, 1] - u[0, -1])),
        sp.Eq(v[1, 0] - v[0, 0], -r * sp.exp(v[0, 0]) * v[0, 0]),
        frozen={u: 3, v: U},
    )
    assert scheme.residuals[0] == u[1, 0] - u[0, 0] + lam * U * u[0, 1] - lam * U * u[0, -1]
    assert sp.simplify(scheme.residuals[1] - (v[1, 0] - v[0, 0] + r * (1 + U) * sp.exp(U) * v[0, 0])) == 0


def test_a_switch_asks_for_a_sign() -> None:
    up = sp.Eq(u[1, 0] - u[0, 0], -lam * (sp.Abs(u[0, 0]) * u[0, 0] - sp.Abs(u[0, -1]) * u[0, -1]))
    W = sp.Symbol("W", positive=True)
    assert GridScheme(up, frozen={u: W}).residuals[0] == sp.expand(u[1, 0] - u[0, 0] + 2 * lam * W * (u[0, 0] - u[0, -1]))
    with pytest.raises(InputError, match="give the state a sign, or a number"):
        GridScheme(sp.Eq(u[1, 0], sp.Abs(u[0, 0])), frozen={u: U})


def test_it_is_told(capsys: pytest.CaptureFixture) -> None:
    assert main(["scheme", BURGERS, "--freeze", "u=U"]) == 0
    assert "linearised about the constant state u = U: coefficients are frozen there" in capsys.readouterr().out
    assert main(["scheme", BURGERS, "--freeze", "u=U", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["frozen"] == {"u": "U"}
    assert main(["scheme", BURGERS]) == 2
    assert "--freeze u=U" in capsys.readouterr().err
    assert main(["scheme", BURGERS, "--freeze", "v=U"]) == 2
    assert main(["scheme", BURGERS, "--freeze", "u=__import__('os')"]) == 2


def test_a_differential_equation_in_one_line(capsys: pytest.CaptureFixture) -> None:
    """Terms on either side, upwind and centred, an integrator in any spelling."""
    told = ["--space", "upwind1,central2", "--time", "Forward-Euler", "--positive", "c,D", "--solve", "dt"]
    assert main(["pde", "u_t + c*u_x == D*u_xx", *told]) == 0
    shown = capsys.readouterr().out
    assert "ν + 2⋅r ≤ 1" in shown
    assert "accuracy: O(dt + dx)" in shown
    assert main(["pde", "2*u_t - 4*D*u_xx == 0", "--time", "rk4", "--positive", "D"]) == 0
    assert "with r = D*dt/dx**2" in capsys.readouterr().out
    for wrong in ("u_t*u_x == u_xx", "u_t + v_t == u_xx", "c*u_x == u_t"):
        assert main(["pde", wrong]) == 2
