"""`derive scheme --for-all`: worst cases over parameters, constants and states, as text."""

from __future__ import annotations

import json

import pytest
import sympy as sp

from derive import InputError
from derive.__main__ import main
from derive.reading.ranges import new_names, parse_ranges

UPWIND = "u[1,0] == u[0,0] - nu*(u[0,0] - u[0,-1])"


def shown(capsys: pytest.CaptureFixture, *arguments: str) -> str:
    assert main([*arguments]) == 0
    return " ".join(capsys.readouterr().out.split())


def test_texts() -> None:
    C = sp.Symbol("C", positive=True)
    assert parse_ranges("c:-C..C", " r : 0 .. .5 ", "s: 2*C..3*C+1", positive=["C"]) == {
        "c": (-C, C),
        "r": (sp.S.Zero, sp.S.Half),
        "s": (2 * C, 3 * C + 1),
    }
    for wrong in ("c", "c: 1", "c: 1..", "c ..", "2: 0..1", "c: u[0]..1", "c: 0..1..2", "c: 0..__import__('os')", ": 0..1"):
        with pytest.raises(InputError):
            parse_ranges(wrong)
    with pytest.raises(InputError, match="one range, got c twice"):
        parse_ranges("c: 0..1", "c: 0..2")
    assert new_names(["c: -C..D*c"], ["c*u_x", "D"]) == {"C"}


def test_a_constant(capsys: pytest.CaptureFixture) -> None:
    wind = ["pde", "u_t + c*u_x == D*u_xx", "--time", "forward-euler", "--positive", "D,C"]
    told = shown(
        capsys, *wind, "--for-all", "c: -C..C", "--solve", "dt", "--at", "C == 2", "--at", "D == 1", "--at", "dx == 0.1"
    )
    assert "stable for all -C <= c <= C if and only if 2 C ⋅dt ≤ 2⋅D" in told
    assert "up to dt = 0.005 (exact" in told
    assert "where c varies in space or time" in told


def test_a_frozen_state_of_a_differential_equation(capsys: pytest.CaptureFixture) -> None:
    """Burgers' equation; and Fisher's, whose states between 1/2 and 1 decay."""
    told = shown(
        capsys,
        "pde",
        "u_t + u*u_x == k*u_xx",
        "--time",
        "forward-euler",
        "--freeze",
        "u=U",
        "--positive",
        "k",
        "--for-all",
        "U: -M..M",
    )
    assert "linearised about the constant state u = U" in told
    assert "stable for all -M <= U <= M if and only if 2 M ⋅dt ≤ 2⋅k" in told
    fisher = ["pde", "u_t == k*u_xx + g*u*(1 - u)", "--time", "forward-euler", "--freeze", "u=U", "--positive", "k,g"]
    assert "stable for all 1/2 <= U <= 1 if and only if" in shown(capsys, *fisher, "--for-all", "U: 0.5..1")


def test_for_programs(capsys: pytest.CaptureFixture) -> None:
    assert main(["scheme", UPWIND, "--for-all", "nu: 0..N", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["condition"], found["assumed"], found["ranges"]) == ("N <= 1", ["N > 0"], {"nu": ["0", "N"]})
    assert "and at every nu from 0 to N" in shown(capsys, "scheme", UPWIND, "--for-all", "nu: 0..N", "--steps")
    assert "def is_stable(*, N)" in shown(capsys, "scheme", UPWIND, "--for-all", "nu: 0..N", "--code", "numpy")


def test_what_is_refused(capsys: pytest.CaptureFixture) -> None:
    for arguments, told in (
        (["--for-all", "mu: 0..1"], "unknown parameter 'mu'"),
        (["--for-all", "nu 0..1"], "expected a parameter and its range, such as 'c: -C..C'"),
        (["--for-all", "nu: 1..0"], "the least value of nu first"),
        (["--for-all", "nu: 0..N", "--solve", "M"], "unknown parameter 'M': expected one of N"),
        (["--positive", "nu", "--for-all", "nu: -1..1"], "within what is assumed of it, nu > 0"),
        (["--for-all", "nu: 0..N", "--random", "nu: 0.1"], "--random alone"),
    ):
        assert main(["scheme", UPWIND, *arguments]) == 2
        error = capsys.readouterr().err
        assert told in error
        assert error.count("\n") == 1
