"""`python -m derive scheme --solve`: dt <= ?, as a user asks it."""

from __future__ import annotations

import pytest

from derive.__main__ import main

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
        (["--solve", "dt", "--at", "k == 1"], "expected a number for every parameter but dt; --at lacks dx"),
        (["--solve", "dt", "--at", "k == dx"], "expected a number for every parameter but dt, got k == dx"),
        (["--at", "k == 1"], "expected --solve NAME beside --at"),
    ],
)
def test_what_cannot_be_asked_is_one_line(capsys: pytest.CaptureFixture, arguments: list[str], text: str) -> None:
    assert main([*HEAT, *arguments]) == 2
    error = capsys.readouterr().err
    assert text in error
    assert error.count("\n") == 1
