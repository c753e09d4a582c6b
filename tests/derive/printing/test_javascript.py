"""The third backend: what JavaScript computes is what NumPy does, at the same numbers."""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pytest
import sympy as sp

from derive import stability
from derive.errors import InputError
from derive.printing.codegen import compile_outputs
from tests.derive.known_schemes import SCHEMES

NODE = shutil.which("node")
a, b = sp.symbols("a b", real=True)
new = sp.Symbol("new", real=True)
EXPRESSIONS = [
    -(a**2) + b / 3,
    (-a) ** 3 - (a - b) ** -2,
    sp.sqrt(a**2 + 1) / (b**2 + 2) - 2**a,
    sp.exp(-a) * sp.cos(b) + sp.Abs(a - b) + sp.pi,
    sp.Max(a, b, 1) - sp.Min(a, -b),
    sp.Piecewise((a, a > b), (b**2, sp.And(b > 0, a < 1)), (sp.Rational(-1, 7), True)),
    1 / (a + 3) - (a * b) / (b + 5) ** 2,
    sp.Integer(10) ** 20 * a - new,
    sum((a + k) ** 3 * (b - k) ** 2 for k in range(6)),
]
CLAIMS = [
    sp.And(a > b, sp.Or(a < 0, b >= sp.Rational(1, 3))),
    sp.Not(sp.And(a > b, b > 0), evaluate=False),
    sp.Ne(a, b),
    sp.true,
    sp.false,
]
DERIVED = ("advection-diffusion", "lax-wendroff", "fromm")


def under_node(cases: list[tuple[str, str, list[dict]]]) -> list[list]:
    """What functions return at points: name, text and points of each."""
    if NODE is None:
        pytest.skip("node is not installed")
    calls = (f"(() => {{ {text}\nreturn {json.dumps(points)}.map({name}); }})()" for name, text, points in cases)
    code = f"console.log(JSON.stringify([{', '.join(calls)}]))"
    done = subprocess.run([NODE, "-"], input=code, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_numbers_and_claims_are_those_of_numpy() -> None:
    generator = np.random.default_rng(0)
    cases, expected = [], []
    told = [*EXPRESSIONS, *CLAIMS, *(stability(SCHEMES[name]).condition for name in DERIVED)]
    for expr in told:
        names = sorted(expr.free_symbols, key=str)
        points = [{str(s): float(generator.uniform(-2, 2)) for s in names} for _ in range(20)]
        cases.append(("f", compile_outputs("f", (expr,), "javascript", "A title.").source, points))
        with_numpy = compile_outputs("f", (expr,), "numpy", "A title.")
        expected.append([with_numpy(**point).item() for point in points])
    for expr, found, wanted in zip(told, under_node(cases), expected, strict=True):
        assert found == (wanted if isinstance(wanted[0], bool) else pytest.approx(wanted, rel=1e-12, abs=1e-12)), expr


def test_several_outputs_share_what_is_common() -> None:
    source = compile_outputs("f", (EXPRESSIONS[-1], EXPRESSIONS[-1] ** 2), "javascript", "Two.").source
    assert "const t0" in source
    ((found,),) = under_node([("f", source, [{"a": 0.5, "b": 0.25}])])
    first = float(EXPRESSIONS[-1].subs({a: sp.Rational(1, 2), b: sp.Rational(1, 4)}))
    assert found == pytest.approx([first, first**2])


@pytest.mark.parametrize("name", ["new", "class", "t0", "a b", "eval", "}); alert(1); ({", "\u2028", "Math", "λ"])
def test_no_name_from_outside_enters_the_text(name: str) -> None:
    """Only as a text that JavaScript reads as one."""
    source = compile_outputs("f", (sp.Symbol(name) ** 2 + sp.sin(a),), "javascript", f"*/ {name} \n alert(1)").source
    assert under_node([("f", source, [{name: 3.0, "a": 0.0}])]) == [[9.0]]


def test_what_has_no_code_is_refused_and_nothing_is_called_here() -> None:
    with pytest.raises(InputError, match="no code is known for erf"):
        compile_outputs("f", (sp.erf(a),), "javascript", "f")
    function = compile_outputs("f", (a**2,), "javascript", "f")
    with pytest.raises(InputError, match="expected numpy or torch"):
        function(a=1.0)
