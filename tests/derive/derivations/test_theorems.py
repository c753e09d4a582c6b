"""Theorems as documents: 80 columns, LaTeX that compiles, speed, and what the flows of the network are."""

from __future__ import annotations

import subprocess
import sys
import unicodedata

import pytest
import sympy as sp
from latex2mathml.converter import convert

import derive
from derive import InputError, theorem, theorems
from derive.__main__ import main
from derive.derivations import stability_bounds, titles
from derive.fields.symbols import MEANINGS
from derive.printing.text import latex


def display_width(line: str) -> int:
    """Columns on a terminal: combining accents take none."""
    return sum(not unicodedata.combining(character) for character in line)


@pytest.mark.parametrize("key", list(theorems))
def test_the_title_that_is_listed_is_that_of_the_derivation(key: str) -> None:
    assert titles()[key] == theorem(key).title


def test_public_names_stand_before_modules_of_their_name() -> None:
    """Each is imported when first asked for; a module of the same name, imported before it, does not hide it."""
    program = "import derive.derivations, derive; print('5.4' in derive.theorems, callable(derive.stability))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=100, check=True)
    assert done.stdout == "True True\n"
    assert set(derive.__all__) == set(derive._HOME)
    assert not any(isinstance(getattr(derive, name), type(sys)) for name in derive.__all__)


@pytest.mark.parametrize("key", list(theorems))
def test_fits_80_columns(key: str) -> None:
    for text in (str(theorem(key)), theorem(key).summary()):
        assert max(map(display_width, text.splitlines())) <= 80


@pytest.mark.parametrize("key", list(theorems))
def test_every_step_parses_as_latex(key: str) -> None:
    for formula in (theorem(key).latex(), *(step.latex for step in theorem(key).steps)):
        assert formula.count("{") == formula.count("}")
        assert "<math" in convert(formula)
        # A symbol that was never declared would be typeset by its Python name.
        assert not any(name in formula for name in ("power", "image_integral", "Khat", "diffusivity", "alpha_m"))


def test_command_line(capsys: pytest.CaptureFixture) -> None:
    assert main(["list"]) == 0
    listed = capsys.readouterr().out
    assert all(key in listed for key in theorems)
    assert main(["show", "5.4", "--steps"]) == 0
    assert "Weight decay" in capsys.readouterr().out
    assert main(["show", "5.4", "--latex"]) == 0
    assert r"P_{\min}" in capsys.readouterr().out
    assert main(["show", "5.4", "--code", "torch"]) == 0
    assert "def alpha_bounds" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["show", "5.9"], ["show", "5.1", "--code", "torch"], ["show", "5.4", "--code", "c"]])
def test_bad_input_is_one_line_and_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1


def test_derive_does_not_import_torch() -> None:
    code = "import sys, derive; derive.theorem('5.4').steps; sys.exit('torch' in sys.modules or 'matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_unknown_theorem_lists_the_valid_ones() -> None:
    with pytest.raises(InputError, match=r"unknown theorem '5\.44': expected one of .*did you mean '5\.4'"):
        theorem("5.44")
    with pytest.raises(KeyError):
        theorems["5.44"]


def test_every_symbol_of_a_condition_has_a_meaning() -> None:
    assert set(theorem("5.4").result.parameters) <= set(MEANINGS)


@pytest.mark.parametrize("sign", [-1, 1])
def test_case_by_sign_is_the_general_bound(sign: int) -> None:
    """Both forms at random numbers."""
    from derive.fields.symbols import a, beta, lr, power_max, power_min

    general = stability_bounds.edges(stability_bounds.bound())
    for seed in range(5):
        values = {a: sign * sp.Rational(seed + 1, 7), beta: 2, lr: sp.Rational(1, 9), power_min: seed, power_max: 3 * seed + 1}
        for case, edge in zip(stability_bounds.for_sign(sign), general, strict=True):
            assert sp.simplify((case - edge).subs(values)) == 0


def test_largest_useful_step_leaves_no_room() -> None:
    """At the step size where the edges meet, alpha_min = alpha_max."""
    t = theorem("5.4")
    values = {"a": -0.4, "beta": 1.5, "power_min": 2.0, "power_max": 11.0}
    low, high = t.function("numpy")(lr=t.function("numpy", "largest_useful_lr")(**values), **values)
    assert low == pytest.approx(high, rel=1e-12)


@pytest.mark.parametrize("name", ["relu", "leaky-relu", "elu"])
def test_linearisation_needs_derivatives_at_zero(name: str) -> None:
    with pytest.raises(InputError, match=f"activation '{name}' has no derivative"):
        derive.flow("5.2", activation=name)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("5.3",), "unknown flow '5.3': expected one of 5.1, 5.2"),
        (("5.1", "swich"), "unknown activation 'swich'"),
        (("5.1", "swish", "numpy"), "unknown backend 'numpy'"),
    ],
)
def test_unknown_flow(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        derive.flow(*arguments)


def test_latex_uses_the_notation_of_the_paper() -> None:
    from derive.fields.symbols import alpha, lr, power

    assert latex(alpha * lr * power) == r"\alpha \Delta t |\hat{I}|^2"
