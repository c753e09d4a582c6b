"""Results in a notebook: formula, assumptions and status; a short repr; and what `derive` offers when asked."""

from __future__ import annotations

import subprocess
import sys

import pytest
import sympy as sp

import derive
from derive import GridFunction, GridScheme, amplification, dispersion, integrators, modified_equation, stability, theorem
from derive.conditions.proof.certificate import Certificate

u = GridFunction("u", 1)
nu = sp.Symbol("nu", positive=True)
UPWIND = GridScheme(sp.Eq(u[1, 0] - u[0, 0], -nu * (u[0, 0] - u[0, -1])))
SHOWN = {
    "Stability": (lambda: stability(UPWIND), [r"$$\nu \leq 1$$", "for nu &gt; 0", "exact"]),
    "Derivation": (lambda: theorem("5.4"), ["5.4", "for: "]),
    "Certificate": (lambda: Certificate("proved", {"sufficient": "proved: by roots"}), ["proved", "sufficient: proved"]),
    "Dispersion": (lambda: dispersion(UPWIND), [r"\xi = ", "1 of 1"]),
    "ModifiedEquation": (lambda: modified_equation(UPWIND), [r"\partial", "in grid units"]),
    "Amplification": (lambda: amplification(UPWIND), [r"\xi", "= 0"]),
    "GridScheme": (lambda: UPWIND, [r"\nu", "= 0"]),
    "integrator": (lambda: integrators["RK4"](-nu * (u[0, 0] - u[0, -1]), u), [r"\nu", "advanced by RK4"]),
}


@pytest.mark.parametrize(("made", "words"), SHOWN.values(), ids=list(SHOWN))
def test_a_result_typesets_itself(made, words: list[str]) -> None:
    result = made()
    shown = result._repr_markdown_()
    assert shown.count("$$") % 2 == 0
    assert [word for word in words if word not in shown] == []
    assert len(repr(result)) < 200


def test_what_is_offered() -> None:
    assert dir(derive) == sorted(derive.__all__)
    code = (
        "from derive import *\nnames = set(dir())\nimport derive, derive.modes.dispersion as d\n"
        "assert names >= set(derive.__all__) and not names & {'annotations', 'modes', 'sys'}, names\n"
        "assert d.Dispersion and dir(derive) == sorted(derive.__all__)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
