"""The page of a time integrator, against the roots of its polynomial in floating point on both axes."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
import sympy as sp

from derive.__main__ import main
from derive.lines.integrators import integrators
from derive.reports.integrators import page, table

AXES = {"stable for real z": (1, "z"), "stable for z = i y": (1j, "y")}


def test_a_line_for_each() -> None:
    assert [line.split()[0] for line in table().splitlines()] == list(integrators)


@pytest.mark.parametrize("name", ["RK4", "SSP33", "AB3", "AM3", "BDF3", "Milne-Simpson", "Nystrom3", "Gauss2", "SDIRK3"])
def test_what_it_is_stable_for(name: str) -> None:
    """Off the ends by a thousandth; roots that meet on the circle are single points, which a grid does not hit."""
    said = {
        line[: len(label)]: line[len(label) :].strip()
        for line in page(name).splitlines()
        for label in AXES
        if line.startswith(label)
    }
    coefficients = sp.lambdify(sp.Symbol("z"), integrators[name].characteristic(sp.Symbol("z")).all_coeffs())
    for label, (unit, letter) in AXES.items():
        holds = sp.lambdify(sp.Symbol(letter), _typed(said[label]), "numpy")
        for x in np.linspace(-4.0007, 3.9993, 401):
            largest = np.abs(np.roots(coefficients(unit * x))).max()
            if abs(largest - 1) > 1e-7:
                assert bool(holds(x)) == (largest < 1), (label, x)


def test_on_the_command_line(capsys) -> None:
    assert main(["integrators"]) == 0
    assert capsys.readouterr().out.splitlines() == table().splitlines()
    assert main(["integrators", "rk4"]) == 0
    assert "-2*sqrt(2) <= y <= 2*sqrt(2)" in capsys.readouterr().out
    assert main(["integrators", "theta"]) == main(["integrators", "imex-cnab"]) == 0
    assert "stable" not in capsys.readouterr().out
    assert main(["integrators", "rk9"]) == 2
    assert "did you mean 'RK4'?" in capsys.readouterr().err


def _typed(said: str) -> sp.Basic:
    """The text of a page as a statement."""
    return sp.Or(*map(_span, said.split(" or ")))


def _span(part: str) -> sp.Basic:
    if part.startswith("all"):
        return sp.true
    compare = {"<=": sp.Le, "<": sp.Lt, ">=": sp.Ge, ">": sp.Gt, "=": sp.Eq}
    *first, sign, last = re.split(r" (<=|>=|<|>|=) ", part)
    sides = [sp.sympify(side) for side in (*first[::2], last)]
    return sp.And(*(compare[s](*pair) for s, pair in zip((*first[1::2], sign), pairwise(sides), strict=True)))
