"""Mistakes in options are one line: what was expected, what came, what to do."""

from __future__ import annotations

import pytest

import derive.__main__
import experiments.__main__
from derive.commands.option_errors import shielded

PROGRAMS = {"derive": derive.__main__.main, "experiments": experiments.__main__.main}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("derive", "expected a command, one of list, show"),
        ("derive lst", "unknown command 'lst': expected one of list, show, export"),
        ("derive --nope", "expected only the options --help, --version, got --nope"),
        ("derive list --x", "expected no options, got --x"),
        (
            "derive show",
            'as `list` prints it, or as the paper does: "Thm 5.4", "Tab 3"; or an optimiser, such as adam; got none; python -m '
            "derive show --help explains",
        ),
        ("derive show 5.4 --step", "got --step; did you mean --steps?"),
        ("derive show 5.4 extra", "expected only the options --steps, --latex, --code, --json, got extra"),
        ("derive show 5.4 --steps=yes", "got yes"),
        ("derive show 5.4 --code", "expected a value after --code, got none"),
        ("derive show 5.4 --code fortran", "unknown backend 'fortran': expected one of numpy, torch"),
        ("derive show 5.4 --code javascript", "unknown backend 'javascript': expected one of numpy, torch"),
        ("derive scheme ----u[1,0]", "expected one equation, left == right, got '----u[1, 0]'"),
        ("derive scheme --u==0", "got"),
        ("experiments run figure-1 --nope", "got --nope"),
        ("experiments run figure-1 --workers x", "expected a whole number after --workers, got 'x'"),
        ("experiments run figure-1 --workers=2.5", "expected a whole number after --workers, got '2.5'"),
        ("experiments bounds --image a --kernel 3 --lr fast", "expected a number after --lr, got 'fast'"),
        ("experiments bounds", "expected --image PATH (PNG"),
        ("experiments bounds --kernel 3 --imag x", "; got none; and no option --imag, x"),
        ("experiments picture", "expected curves, region, locus or dispersion"),
        ("experiments audit --every 2", "expected module and function, as train:main; got none"),
    ],
)
def test_one_line(line: str, message: str, capsys: pytest.CaptureFixture) -> None:
    program, *arguments = line.split()
    assert PROGRAMS[program](arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert message in captured.err


@pytest.mark.parametrize("width", ["1", "40", "nonsense"])
def test_the_width_of_the_terminal_breaks_nothing(
    width: str, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    assert PROGRAMS["experiments"](["run", "figure-1", "--workers", "many"]) == 2
    assert "expected a whole number after --workers, got 'many'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["-u[1,0] == u[0,0]", "----u[1,0]", "--u == 0", "-r*u[0,0]", "-(u[1] - u[0]) == -w*u[0]", "---"]
)
def test_text_that_begins_with_minus_signs_is_no_option(text: str) -> None:
    assert shielded(text) == f" {text}"


@pytest.mark.parametrize(
    "text",
    ["--steps", "-h", "--assume=r==1", "--meaning=r==k*dt", "--vary=r=-1:1", "-0.5", "-1e-3", "-inf", "--", "u[1]", "--out=-x"],
)
def test_options_and_numbers_are_left_alone(text: str) -> None:
    assert shielded(text) == text


def test_an_option_may_carry_an_equation(capsys: pytest.CaptureFixture) -> None:
    heat = "u[1,0] - u[0,0] == r*(u[0,1] - 2*u[0,0] + u[0,-1])"
    assert PROGRAMS["derive"](["scheme", heat, "--meaning=r==k*dt/dx**2"]) == 0
    assert "modified equation" in capsys.readouterr().out
