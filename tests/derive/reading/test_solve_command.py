"""`python -m derive scheme --solve`: dt <= ?, as a user asks it."""

from __future__ import annotations

import pytest

from derive import stability
from derive.__main__ import main
from derive.commands.lines import lines
from derive.reports import sufficient
from derive.reports.solved import solved

HEAT = ["scheme", "u[1,0] - u[0,0] == r*(u[0,1] - 2*u[0,0] + u[0,-1])", "--meaning", "r == k*dt/dx**2", "--positive", "k"]


def test_a_step_in_seconds(capsys: pytest.CaptureFixture) -> None:
    assert main([*HEAT, "--solve", "dt"]) == 0
    shown = capsys.readouterr().out
    assert "solved for dt (exact)\n\n           2\n         dx\n    dt ≤ ───\n         2⋅k\n" in shown


def test_the_largest_step_at_numbers(capsys: pytest.CaptureFixture) -> None:
    assert main([*HEAT, "--solve", "dt", "--at", "dx == 0.1", "--at", "k == 2"]) == 0
    assert "at dx = 1/10, k = 2: stable from zero up to dt = 0.0025 (exact; right to rounding)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--solve", "dz"], "unknown parameter 'dz': expected one of dt, dx, k"),
        (["--solve", "dt", "--at", "k == dx"], "expected a number for every parameter but dt, got k == dx"),
        (["--at", "k == 1"], "expected --solve NAME beside --at"),
    ],
)
def test_what_cannot_be_asked_is_one_line(capsys: pytest.CaptureFixture, arguments: list[str], text: str) -> None:
    assert main([*HEAT, *arguments]) == 2
    error = capsys.readouterr().err
    assert text in error
    assert error.count("\n") == 1


def test_what_suffices_where_the_condition_has_no_formula() -> None:
    """Advection and diffusion in the plane: alternatives, and steps in closed form."""
    typed, meaning = lines(["u_t == -a*u_x - a*u_y + k*u_xx + k*u_yy"], "central2", "RK2", [], ["a", "k"])
    found = stability(typed, seconds=0.1)
    bound = sufficient.bound_of(typed, found)
    assert (found.status, bound is not None) == ("decided", True)
    assert "proved to suffice, as the stencil's symbol lies in an ellipse, and RK2" in sufficient.text(bound)
    assert sufficient.text(bound).count("\nor\n") == len(bound.stairs) - 1
    assert solved(found, meaning, "dt", {}, bound).startswith("solved for dt (sufficient)")


def test_a_step_that_is_proved_beside_the_decided_one() -> None:
    """On a line the symbol is the ellipse, so that both are one number."""
    typed, meaning = lines(["u_t == -a*u_x + k*u_xx"], "central2", "RK3", [], ["a", "k"])
    found = stability(typed, seconds=0.1)
    assert found.status == "decided"
    told = solved(found, meaning, "dt", {"dx": 1, "k": 1, "a": 1}, sufficient.bound_of(typed, found))
    assert "stable from zero up to dt = 0.628186" in told
    assert "proved, on the ellipse: up to dt = 0.628186" in told


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["u_t == -a*u_x", "--space", "central2", "--time", "RK4", "--at", "a == 1"], "up to dt = 0.2828427125"),
        (["u_t == a*u_xx", "--space", "central2", "--time", "DP5", "--at", "a == 2"], "up to dt = 0.004133209866"),
        (
            ["u[1,0]-u[0,0] == r*(u[0,1]-2*u[0,0]+u[0,-1]) - 2*(u[0,1]-u[0,-1])/3", "--meaning", "r == dt/dx**2"],
            "not stable just above dt = 0, nor seen to be further up",
        ),
        (
            ["u[1,0]-u[0,0] == r*(u[0,1]-2*u[0,0]+u[0,-1]) - (u[0,1]-u[0,-1])/4", "--meaning", "r == dt/dx**2"],
            "not stable just above dt = 0, but, unless a gap narrower than 4 % lies between, from 0.00125 to 0.005",
        ),
    ],
)
def test_edges_with_roots_in_them_and_bands(arguments: list[str], text: str, capsys: pytest.CaptureFixture) -> None:
    assert main(["scheme", *arguments, "--solve", "dt", "--at", "dx == 0.1"]) == 0
    assert text in capsys.readouterr().out
