"""JSON for programs: its keys stay, and its formulas are those of the objects, read back."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import sympy as sp

from derive import maximal_curvature, optimizers, theorem
from derive.__main__ import main

HEAT = "u[1,0] - u[0,0] == r*(u[0,1] - 2*u[0,0] + u[0,-1])"
PAGE = Path(__file__).parents[3] / "docs" / "json.md"
KEYS = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
SCHEME, THEOREM, OPTIMISERS = (KEYS[command].split(", ") for command in ("scheme", "show", "optimizers"))
OPTIMISER = ["name", "recurrence", "polynomial", "largest_stable_curvature", "mean_square", "solved"]


def told(capsys: pytest.CaptureFixture, *words: str) -> dict:
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out, parse_constant=pytest.fail)


def test_a_scheme(capsys: pytest.CaptureFixture) -> None:
    found = told(capsys, "scheme", HEAT)
    assert list(found) == SCHEME
    r = sp.Symbol("r", real=True)
    condition = sp.sympify(found["condition"], locals={"r": r})
    assert [bool(condition.subs(r, value)) for value in (-1, 0, sp.Rational(1, 2), 0.51)] == [False, True, True, False]
    assert (found["status"], found["parameters"], found["meaning"]) == ("exact", ["r"], {})


def test_what_is_random_is_said(capsys: pytest.CaptureFixture) -> None:
    found = told(capsys, "scheme", HEAT, "--random", "r: s")
    assert found["random"] == {"r": "s"}
    assert found["parameters"] == ["r", "s"]


def test_an_equation_tells_what_its_numbers_mean(capsys: pytest.CaptureFixture) -> None:
    found = told(capsys, "scheme", "u_t == k*u_xx", "--space", "central2", "--time", "forward-euler", "--positive", "k")
    assert list(found) == SCHEME
    assert found["meaning"].keys() == set(found["parameters"])


def test_a_theorem(capsys: pytest.CaptureFixture) -> None:
    found, derived = told(capsys, "show", "5.4"), theorem("5.4")
    assert list(found) == THEOREM
    assert [list(step) for step in found["steps"]] == [["title", "why", "expression", "latex"]] * len(derived.steps)
    assert found["latex"] == derived.latex()
    assert found["result"] == sp.sstr(derived.result.condition)
    own = {s.name: s for values in derived.outputs.values() for v in values for s in v.free_symbols}
    for name, values in derived.outputs.items():
        assert tuple(sp.sympify(text, locals=own) for text in found["outputs"][name]) == values


def test_the_optimisers(capsys: pytest.CaptureFixture) -> None:
    """Two of them: all take half a minute."""
    names = list(optimizers)[:2]
    found = told(capsys, "optimizers", "--only", *names)
    assert list(found) == OPTIMISERS
    assert all(list(row) == OPTIMISER for row in found["optimizers"])
    edges = {row["name"]: row["largest_stable_curvature"] for row in found["optimizers"]}
    assert edges == {name: sp.sstr(maximal_curvature(name)) for name in names}


@pytest.mark.parametrize(
    "words",
    [("scheme", HEAT, "--steps"), ("scheme", HEAT, "--solve", "r"), ("show", "5.4", "--latex"), ("optimizers", "--latex")],
)
def test_it_is_asked_for_alone(words: tuple[str, ...], capsys: pytest.CaptureFixture) -> None:
    assert main([*words, "--json"]) == 2
    assert capsys.readouterr().err.startswith("error: expected --json alone")
