"""The exact pipeline on SymPy alone, without threads: what runs in a browser."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

import derive
from derive.conditions.closed_form import in_factors
from derive.conditions.cross_check import contradicted
from derive.conditions.cross_check_plain import _outside, largest_modulus
from derive.gallery import gallery
from derive.gallery.parameters import nu_x, nu_y
from derive.modes.amplification import amplification
from derive.reading.parse import parse_scheme
from tests.derive.known_schemes import SCHEMES

MISSING = ("numpy", "flint", "tyro", "rich", "platformdirs", "yaml", "scipy", "torch")
TYPED = [
    "u[1, 0] == u[0, 0] + r*(u[0, 1] - 2*u[0, 0] + u[0, -1])",
    "u[1, 0] == u[-1, 0] - r*(u[0, 1] - u[0, -1])",
    "u[1, 0] == u[0, 0] - nu*(u[0, 1] - u[0, -1])/2 + r*(u[0, 1] - 2*u[0, 0] + u[0, -1])",
    "u[2] - 2*u[1] + u[0] == -r*u[1]",
]

ALONE = """
import sys, threading
for name in {missing!r}: sys.modules[name] = None
def refuse(self): raise RuntimeError("can't start new thread")
threading.Thread.start = refuse
import derive
for text in {texts!r}:
    found = derive.stability(derive.parse_scheme(text, positive=["r"]))
    assert found.function("torch").source and found.latex() and str(found)
    print(found.status, found.condition, sep="; ")
sgd = derive.stability(derive.optimizers["heavy-ball"])
print(sgd.status, sgd.solve("lr"), sep="; ")
"""


def test_pipeline_needs_sympy_alone() -> None:
    code = ALONE.format(missing=MISSING, texts=TYPED)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    *schemes, edge = done.stdout.splitlines()
    assert schemes == [f"exact; {derive.stability(parse_scheme(text, positive=['r'])).condition}" for text in TYPED]
    assert edge == f"exact; {derive.stability(derive.optimizers['heavy-ball']).solve('lr')}"


@pytest.mark.parametrize("name", ["upwind", "leapfrog", "advection-diffusion", "centred", "wave"])
@pytest.mark.parametrize("grade", ["power-bounded", "von-neumann"])
def test_plain_second_opinion_says_the_same(name: str, grade: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the right condition, and of wrong ones: always, never, and three times too wide."""
    found, right = amplification(SCHEMES[name]), derive.stability(SCHEMES[name], grade).condition
    wide = right.subs({p: p / 3 for p in right.free_symbols}, simultaneous=True)
    narrow = right.subs({p: 3 * p for p in right.free_symbols}, simultaneous=True)
    asked = [right, sp.true, sp.false, wide, narrow]
    with_numpy = [contradicted(found, claim, grade) for claim in asked]
    monkeypatch.setattr("derive.conditions.cross_check.is_missing", lambda: True)
    assert [contradicted(found, claim, grade) for claim in asked] == with_numpy
    assert not with_numpy[0]
    assert with_numpy[1]


def test_roots_on_the_circle_are_told_from_roots_outside() -> None:
    """By the reduction where it is certain, never wrongly: against the roots themselves."""
    generator = np.random.default_rng(3)
    for _ in range(200):
        roots = generator.uniform(0.9, 1.1, 4) * np.exp(1j * generator.uniform(-3, 3, 4))
        verdict = _outside([complex(c) for c in np.poly(roots)], 1.0)
        assert verdict is None or verdict == bool((abs(roots) > 1).any())
    double = [1 + 0j, -2 + 0j, 1 + 0j]
    assert _outside(double, 1 + 1e-3) is False
    assert _outside(double, 1 - 1e-3) is True
    assert largest_modulus(double) == pytest.approx(1, abs=1e-9)
    assert largest_modulus([1, -5, 10, -10, 5, -1]) == pytest.approx(1, abs=1e-9)
    assert largest_modulus(np.poly([2, 2, 2, 2]).astype(complex).tolist()) == pytest.approx(2, abs=1e-9)


def test_a_product_is_looked_at_factor_by_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elastic waves: five modes that meet at theta = 0, in three factors; the same opinion with NumPy and without."""
    found = amplification(gallery["elastic-2d"].scheme)
    assert sorted(factor.polynomial.degree() for factor in in_factors(found)) == [1, 2, 2]
    right = nu_x**2 + nu_y**2 <= 1
    assert [contradicted(found, claim, "von-neumann") for claim in (right, sp.true)] == [False, True]
    monkeypatch.setattr("derive.conditions.cross_check.is_missing", lambda: True)
    assert [contradicted(found, claim, "von-neumann") for claim in (right, sp.true)] == [False, True]


def test_no_module_loads_numpy_by_itself() -> None:
    """`derive.arrays` loads it when an array is made."""
    sources = Path(derive.__file__).parent.rglob("*.py")
    assert [
        path.name for path in sources if re.search(r"^(import|from) numpy", path.read_text(encoding="utf-8"), re.MULTILINE)
    ] == []
