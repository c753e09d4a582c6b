"""Whatever a symbol, a parameter, a function or a title is called, nothing of it is executed: in every door to `exec`."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

import derive
from derive import Amplification, Derivation, GridFunction, GridScheme, InputError, Stability, maximal_curvature, stability
from derive.fields.symbols import K, curvature, declare, xi
from derive.flows.images import beltrami_flow
from derive.flows.layer_code import layer_loss
from derive.paper.derivation import Step
from derive.printing.codegen import compile_flow, compile_image_flow, compile_outputs, compile_statements
from derive.printing.text import latex
from tests.derive.hostile import ODD, WORDS

BACKENDS = ["numpy", "torch"]
COMMANDS = re.compile(r"\\(input|write|N)\b")


@pytest.fixture(autouse=True)
def nothing_is_smuggled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    yield
    assert not list(tmp_path.iterdir())


def real(name: str) -> sp.Symbol:
    return sp.Symbol(name, real=True)


def heat(r: sp.Symbol, s: sp.Expr = sp.S.Zero) -> GridScheme:
    u = GridFunction("u")
    return GridScheme(sp.Eq(u[1, 0] - u[0, 0], r * (u[0, 1] - 2 * u[0, 0] + u[0, -1]) + s * u[0, 0]))


def refused(call) -> str:
    with pytest.raises(InputError) as caught:
        call()
    assert str(caught.value).splitlines() == [str(caught.value)]
    assert str(caught.value).isprintable()
    return str(caught.value)


@pytest.mark.parametrize("backend", BACKENDS)
def test_any_name_is_a_keyword_of_compiled_outputs(backend: str) -> None:
    """The value is the expression's, under the user's own name; missing and unknown arguments are refused as ever."""
    q = real("q")
    for name in [*WORDS, *ODD]:
        long = sum((real(name) + k * q) ** 2 / (3 + real(name) ** 2 + k) for k in range(9))
        found = compile_outputs("f", [real(name) ** 2 + q, sp.Max(real(name), q), long], backend, name)
        expected = [7.0, 3.0, float(long.subs({real(name): 2, q: 3}))]
        np.testing.assert_allclose([float(v) for v in found(**{name: 2.0, "q": 3.0})], expected, rtol=1e-14)
        for wrong in ({"q": 1.0}, {name: 1.0}, {name: 1.0, "q": 1.0, "another": 1.0}):
            with pytest.raises(TypeError):
                found(**wrong)


@pytest.mark.parametrize("backend", BACKENDS)
def test_all_names_at_once(backend: str) -> None:
    symbols = [real(name) for name in [*WORDS, *ODD]]
    found = compile_outputs("f", [sp.Add(*(k * s for k, s in enumerate(symbols, 1)))], backend, "all")
    assert float(found(**{s.name: 1.0 for s in symbols})) == len(symbols) * (len(symbols) + 1) / 2


def test_a_scheme_takes_words_and_refuses_the_rest() -> None:
    for name in ODD:
        refused(lambda name=name: heat(real(name)))
        refused(lambda name=name: GridScheme(sp.Eq(GridFunction(name)[1, 0], GridFunction(name)[0, 0])))
    for name in ["xi", "c_1", "s_1", "w_1", "theta_1", "pi", "I"]:
        assert "a meaning" in refused(lambda name=name: heat(real(name))) or name in ("pi", "I")
    refused(lambda: heat(sp.Symbol("r", real=True), sp.Symbol("r", positive=True)))
    refused(lambda: heat(real("u")))


@pytest.mark.parametrize("name", ["lambda", "exp", "t0", "like", "others", "numpy", "λ"])
def test_words_work_everywhere(name: str) -> None:
    found = stability(heat(real(name)))
    assert found.holds(**{name: [0.4, 0.6]}).tolist() == [True, False]
    for backend in BACKENDS:
        assert found.margin(backend)(**{name: 0.4}) == pytest.approx(0.1)
        assert bool(found.function(backend)(**{name: 0.4}))
    assert found.solve(name) == sp.Interval(0, sp.Rational(1, 2))


def test_conditions_without_a_formula() -> None:
    u = GridFunction("u")
    for name in ("lambda", "numpy", "coefficients", "t3"):
        scheme = GridScheme(
            sp.Eq(u[1, 0], u[0, 0] + real(name) * (u[0, 3] + u[0, -2] - 2 * u[0, 0]) + real("q") * (u[-1, 1] - u[-2, 0]))
        )
        found = stability(scheme, seconds=0.01)
        assert found.status == "decided"
        assert found.holds(**{name: 0.0, "q": 0.0})
        assert bool(found.function("torch")(**{name: 0.0, "q": 0.0}))


@pytest.mark.parametrize("name", ODD)
def test_polynomials_bounds_and_derivations_by_hand(name: str) -> None:
    """Doors beside GridScheme: nothing is refused here for its name, and nothing executed."""
    r = real(name)
    found = stability(Amplification(sp.Poly(xi - 1 + r, xi), {}))
    assert found.holds(**{name: [1.0, 3.0]}).tolist() == [True, False]
    by_hand = Stability(sp.Poly(xi - r, xi), sp.Lt(r, 1), "exact", sp.true, {}, "schur")
    assert by_hand.function("torch")(**{name: 0.5})
    step = Step(name, r, name)
    given = Derivation("x", name, (), (step,), r, name, {"bound": (2 * r,)})
    assert given.function("numpy")(**{name: 2.0}) == 4
    if name != "_r":
        refused(lambda: Derivation("x", "t", (), (step,), r, "s", {name: (r,)}).function("numpy"))


@pytest.mark.parametrize("name", [*ODD, "lambda", "arrays", "torch"])
def test_names_of_functions_and_fields(name: str) -> None:
    refused(lambda: compile_outputs(name, [real("r")], "numpy", "t"))
    refused(lambda: compile_flow(name, 2 * K, (), "t"))
    refused(lambda: compile_flow("flow", 2 * K, (name,), "t"))
    refused(lambda: compile_image_flow("flow", derive.fields.symbols.u, (name,), "t"))
    refused(lambda: compile_flow("flow", real(name) * K, (), "t"))
    refused(lambda: compile_statements("f", ("K",), (), "t", [(sp.Symbol(name), 2 * K)], K))
    refused(lambda: compile_statements("f", ("kernels",), (), "t", [], K, unpacked={"kernels": [sp.Symbol(name)]}))
    assert compile_flow("flow", 2 * K, (), name)(3.0, correlate=None, adjoint=None, integral=None) == 6.0
    for door in (
        lambda: derive.flow("5.1", name),
        lambda: derive.flow(name),
        lambda: derive.loss(name),
        lambda: layer_loss(2, name),
    ):
        refused(door)
    assert beltrami_flow().source.count('"""') == 2


def test_own_optimisers() -> None:
    theta = GridFunction("theta", 0)
    for name in ("lambda", "exp", "p1"):
        step = sp.Symbol(name, positive=True)
        edge = maximal_curvature(GridScheme(sp.Eq(theta[1], theta[0] - step * curvature * theta[0])))
        assert compile_outputs("edge", [edge], "numpy", "t")(**{name: 0.5}) == 4


def test_expressions_that_print_themselves_are_refused() -> None:
    class Smuggler(sp.Function):
        def _sympystr(self, printer) -> str:
            return "open('smuggled', 'w')"

    for expr in (
        Smuggler(K),
        sp.Function("open")(K),
        sp.MatrixSymbol("open()", 1, 1)[0, 0],
        sp.IndexedBase("open()")[0],
        sp.I * K,
    ):
        refused(lambda expr=expr: compile_outputs("f", [expr], "numpy", "t", [K]))


def test_texts_are_never_sympified() -> None:
    u, text = GridFunction("u"), "__import__('pathlib').Path('smuggled').touch()"
    r = real("r")
    doors = [
        lambda: GridScheme(text),
        lambda: GridScheme([text]),
        lambda: GridScheme(sp.Eq(u[1, 0], r * u[0, 0]), assumptions=text),
        lambda: u[text, 0],
        lambda: derive.integrators["forward-euler"](text, u),
        lambda: derive.integrators["forward-euler"]([text], [u]),
        lambda: derive.integrators["forward-euler"](r * u[0, 0], u, text),
        lambda: derive.dispersion(heat(r), exact=text),
        lambda: derive.modified_equation(heat(r), {"r": text}),
        lambda: derive.order_of_accuracy(heat(r), {"r": text}),
        lambda: derive.activation("swish").at(0, text),
        lambda: derive.fields.linearize.linearize(K, text),
    ]
    for door in doors:
        refused(door)


def test_latex_of_odd_names_holds_no_command() -> None:
    for name in ODD:
        found = latex(real(name) ** 2 + 1)
        assert not COMMANDS.search(found.replace(r"\textbackslash{}", ""))
        assert found.count("{") - found.count(r"\{") == found.count("}") - found.count(r"\}")
        assert "\n" not in found
    assert latex(real("lambda") + real("nu_x")) == r"\lambda + \nu_{x}"


def test_meanings_belong_to_our_symbols_alone() -> None:
    """A user's symbol of the name is not described, nor is another of ours."""
    from derive.fields.symbols import step
    from derive.gallery.parameters import decay, filtering

    typed = derive.parse_scheme("u[1,0] == (1 - gamma)*u[0,0] + beta*s*u[0,1]", positive=["gamma", "beta", "s"])
    assert "filter" not in stability(typed).function().source
    assert "Swish" not in stability(typed).function().source
    assert "Robert-Asselin" in compile_outputs("f", [filtering], "numpy", "t").source
    assert "decay" in compile_outputs("f", [decay], "numpy", "t").source
    assert "Nesterov" in compile_outputs("f", [step], "numpy", "t").source
    assert filtering != sp.Symbol("gamma", positive=True)
    assert declare("gamma", "g", "mine", positive=True) != filtering


def test_a_parameter_may_be_called_self() -> None:
    own, u = sp.Symbol("self", real=True), GridFunction("u", dims=1)
    found = stability(GridScheme(sp.Eq(u[1, 0], own * u[0, 0])))
    assert found.holds(self=[0.5, 1.5]).tolist() == [True, False]
