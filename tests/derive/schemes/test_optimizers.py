"""Optimisers: the derived largest curvature against one-step matrices, the mapping, the table, what is excluded and why."""

from __future__ import annotations

import inspect
import re
import shutil
from functools import cache
from itertools import product

import latex2mathml.converter
import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from derive import GridFunction, GridScheme, InputError, maximal_curvature, optimizers, stability
from derive.__main__ import main
from derive.conditions.optimizer_bound import stable_values
from derive.fields.symbols import MEANINGS, curvature, lr, momentum, xi
from derive.reports.optimizer_latex import typeset_relation
from derive.reports.optimizer_row import row, state, typesetter
from derive.reports.optimizers import text, told
from derive.schemes import optimizers as schemes
from derive.schemes.names import NAMES, WITHOUT_AN_EDGE
from derive.schemes.optimizers import averaged, why_excluded
from tests.demands import demand
from tests.derive.one_step import STEPS, spectral_radius
from tests.derive.reports.test_export import overfull

theta = GridFunction("theta", dims=0)
RANGES = {
    "lr": st.floats(0.01, 1),
    "momentum": st.floats(0, 0.95),
    "dampening": st.floats(0, 0.95),
    "nesterov": st.integers(0, 1),
    "weight_decay": st.floats(0, 1),
    "beta1": st.floats(0, 0.95),
    "denominator": st.floats(0.1, 10),
    "bias_correction1": st.floats(0.05, 1),
    "look_ahead": st.floats(0.05, 1),
    "gradient_weight": st.floats(0.05, 1),
    "averaging": st.floats(0.05, 1),
}


@cache
def edge_function(name: str):
    found = maximal_curvature(name)
    names = sorted(map(str, found.free_symbols))
    function = sp.lambdify(sorted(found.free_symbols, key=str), found, "math")
    return lambda **values: function(*(values[n] for n in names))


def draw_values(name: str, data: st.DataObject) -> dict[str, float]:
    names = {str(s) for s in optimizers[name].parameters} - {"curvature"}
    return {n: data.draw(RANGES[n], label=n) for n in sorted(names)}


@pytest.mark.parametrize("name", STEPS)
@settings(max_examples=40)
@given(data=st.data(), below=st.floats(0.01, 0.999), above=st.floats(1.001, 10))
def test_edge_against_the_one_step_matrix(name: str, data: st.DataObject, below: float, above: float) -> None:
    """Every positive curvature below the edge converges, every one above it diverges."""
    values = draw_values(name, data)
    edge = edge_function(name)(**values)
    assume(edge > 0)  # with a weight decay large enough no positive curvature is stable
    assert spectral_radius(STEPS[name], below * edge, **values) < 1
    assert spectral_radius(STEPS[name], above * edge, **values) > 1
    assert spectral_radius(STEPS[name], edge, **values) == pytest.approx(1, abs=1e-6)


@given(data=st.data())
def test_the_oracle_tells_neighbouring_optimisers_apart(data: st.DataObject) -> None:
    """Negative control: heavy ball's edge is not Nesterov's."""
    values = draw_values("heavy-ball", data)
    assume(values["momentum"] > 0.01)
    assert spectral_radius(STEPS["nesterov"], edge_function("heavy-ball")(**values), **values) > 1 + 1e-3


@pytest.mark.parametrize("name", ["nesterov", "adamw"])
def test_edge_agrees_with_the_condition_of_the_engine(name: str) -> None:
    _check_condition(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", optimizers)
def test_every_edge_agrees_with_the_condition_of_the_engine(name: str) -> None:
    _check_condition(name)


def _check_condition(name: str) -> None:
    found, edge = stability(optimizers[name]), edge_function(name)
    values = {"lr": 0.3, "momentum": 0.7, "dampening": 0.4, "nesterov": 1, "weight_decay": 0.2, "beta1": 0.8}
    values |= {"denominator": 2.0, "bias_correction1": 0.4, "averaging": 0.3}
    used = {str(p): values.get(str(p), 0.5) for p in found.parameters if p != curvature}
    factors = np.array([1e-6, 0.5, 0.999, 1.001, 50.0])
    assert found.status == "exact"
    assert found.holds(curvature=factors * edge(**used), **used).tolist() == [True, True, True, False, False]


def test_closed_forms_of_the_textbooks() -> None:
    """2/lr (gradient descent), 2 (1 + mu)/lr (Polyak), Nesterov's, Adam's 2 (1 + beta1)/(1 - beta1) = 38 at 0.9."""
    assert maximal_curvature("gd") == 2 / lr
    assert sp.cancel(maximal_curvature("heavy-ball") - 2 * (1 + momentum) / lr) == 0
    assert sp.cancel(maximal_curvature("nesterov") - 2 * (1 + momentum) / (1 + 2 * momentum) / lr) == 0
    at = {"beta1": sp.Rational(9, 10), "lr": 1, "denominator": 1, "weight_decay": 0}
    assert maximal_curvature("adam").subs({s: at[str(s)] for s in maximal_curvature("adam").free_symbols}) == 38


def test_sgd_contains_the_smaller_ones() -> None:
    found = maximal_curvature("sgd")
    symbols = {str(s): s for s in found.free_symbols}
    plain = {symbols["dampening"]: 0, symbols["weight_decay"]: 0}
    for switch, name in ((0, "heavy-ball"), (1, "nesterov")):
        assert sp.cancel(found.subs({**plain, symbols["nesterov"]: switch}) - maximal_curvature(name)) == 0
    assert sp.cancel(found.subs({**plain, symbols["nesterov"]: 0, momentum: 0}) - maximal_curvature("gd")) == 0


@pytest.mark.parametrize("name", ["gd", "heavy-ball", "nesterov", "rmsprop", "adam"])
def test_an_average_leaves_the_edge_where_it_is(name: str) -> None:
    """The polynomial splits into the optimiser's and the average's own factor; also at degree 3."""
    assert sp.cancel(maximal_curvature(averaged(optimizers[name])) - maximal_curvature(name)) == 0


def test_schedule_free_in_the_limit_of_many_steps() -> None:
    """With the average at rest the gradient sees (1 - momentum) of the iterate: the edge of gradient descent over that."""
    found = maximal_curvature("schedule-free")
    symbols = {str(s): s for s in found.free_symbols}
    limit = found.subs({symbols["weight_decay"]: 0, symbols["averaging"]: 0})
    assert sp.cancel(limit - maximal_curvature("gd") / (1 - momentum)) == 0
    assert sp.cancel(found.subs({symbols["weight_decay"]: 0, symbols["averaging"]: 1}) - maximal_curvature("gd")) == 0


@pytest.mark.parametrize("function", [f for _, f in inspect.getmembers(schemes, inspect.isfunction) if f.__name__[0] != "_"])
def test_a_recurrence_takes_fifteen_lines_or_fewer(function) -> None:
    if function.__module__ == schemes.__name__:
        assert len(inspect.getsource(function).splitlines()) <= 15


def test_optimizers_is_a_mapping() -> None:
    demand("step by hand, in STEPS of tests/derive/one_step.py", STEPS, optimizers)
    assert len(optimizers) == len(list(optimizers))
    assert "adam" in optimizers
    assert "lion" not in optimizers
    assert optimizers.get("lion") is None
    assert optimizers["adam"] is optimizers.get("adam")
    assert set(optimizers).isdisjoint(why_excluded)
    ours = {parameter for scheme in optimizers.values() for parameter in scheme.parameters}
    demand("meaning, declared in derive/fields/symbols.py", ours & set(MEANINGS), ours)
    demand("range, in RANGES of this file", RANGES, {str(parameter) for parameter in ours} - {"curvature"})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: optimizers["lion"], "no stability edge for 'lion': it takes only the sign of a mean of gradients"),
        (lambda: maximal_curvature("signum"), "no stability edge for 'signum'"),
        (lambda: maximal_curvature("adem"), "unknown optimizer 'adem'.*did you mean 'adam'"),
        (lambda: maximal_curvature(GridScheme(theta[1] - theta[0] / 2)), "that a large curvature makes unstable"),
        (lambda: maximal_curvature(GridScheme(theta[1] - theta[0] + curvature**2 * theta[0])), "affine in curvature"),
        (lambda: maximal_curvature(GridScheme(theta[1] - theta[0] + curvature * sp.Symbol("s") * theta[0])), "the sign of"),
    ],
)
def test_bad_input_is_one_clear_line(call, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def _sign_sgd(state, gradient, lr):
    return (state[0] - lr * np.sign(gradient), state[1])


def _signum(state, gradient, lr):
    mean = 0.9 * state[1] + gradient
    return state[0] - lr * np.sign(mean), mean


def _lion(state, gradient, lr):
    update = np.sign(0.9 * state[1] + 0.1 * gradient)
    return (1 - lr * 0.1) * state[0] - lr * update, 0.99 * state[1] + 0.01 * gradient


@pytest.mark.parametrize("step", [_sign_sgd, _signum, _lion])
def test_methods_of_signs_do_not_feel_the_curvature(step) -> None:
    """The reason for leaving them out: the same path at any curvature, ending in hops of size lr and not at the minimum."""
    paths = [_path(step, scale) for scale in (2.0**-10, 1.0, 2.0**10)]
    assert (paths[0] == paths[1]).all()
    assert (paths[1] == paths[2]).all()
    tail = np.abs(paths[0][-200:])
    assert 0.25 * 0.01 < tail.max() < 30 * 0.01


def _path(step, scale: float) -> np.ndarray:
    state, path = (0.5034, 0.0), []
    for _ in range(2000):
        state = step(state, scale * state[0], 0.01)
        path.append(state[0])
    return np.array(path)


def test_table_is_narrow_and_whole() -> None:
    table = text()
    assert max(map(len, table.splitlines())) <= 100
    assert all(f"\n{name}  " in table for name in [*optimizers, *why_excluded])
    assert "curvature < 2*(1 + momentum)/(lr*(1 + 2*momentum))" in table


@pytest.mark.parametrize("name", optimizers)
def test_what_the_table_prints_is_the_scheme(name: str) -> None:
    """The recurrence, put back together, has the printed polynomial as its characteristic polynomial."""
    record = row(name)
    new = [equation.lhs for equation in record.recurrence]
    old = [state(str(symbol).removesuffix("'"), 0) for symbol in new]
    solved = sp.solve([sp.Eq(e.lhs, e.rhs) for e in record.recurrence], new, dict=True)[0]
    matrix = sp.Matrix([[sp.expand(solved[n]).coeff(o) for o in old] for n in new])
    characteristic = (xi * sp.eye(len(old)) - matrix).det(method="berkowitz")
    assert sp.cancel(characteristic - record.polynomial) == 0


def test_names_without_sympy_are_those_of_the_registry() -> None:
    assert tuple(optimizers) == NAMES
    assert tuple(why_excluded) == WITHOUT_AN_EDGE


ASKED = ["optimizers", "--only", "sgd", "--set", "nesterov=1", "dampening=0", "--solve"]


def test_the_edge_is_solved_for_the_learning_rate_and_the_decay(capsys) -> None:
    assert main([*ASKED, "lr"]) == 0
    assert capsys.readouterr().out.split(maxsplit=1)[1] == (
        "lr < 2*(1 + momentum)/((curvature + weight_decay)*(1 + 2*momentum))\n"
    )
    assert main([*ASKED, "weight_decay", "--latex"]) == 0
    assert r"\alpha & < \frac{2 \left(1 + \mu\right)}{\Delta t" in capsys.readouterr().out


stable_end = cache(lambda name, parameter: stable_values(name, parameter).end)


@pytest.mark.parametrize(("name", "parameter"), list(product(("sgd", "adamw"), ("lr", "weight_decay"))))
@settings(max_examples=20)
@given(data=st.data(), curvature=st.floats(0.01, 10))
def test_a_solved_bound_against_the_one_step_matrix(name: str, parameter: str, data: st.DataObject, curvature: float) -> None:
    values = {k: v for k, v in draw_values(name, data).items() if k != parameter}
    end = stable_end(name, parameter)
    at = {s: {**values, "curvature": curvature}[str(s)] for s in end.free_symbols}
    edge = float(end.subs(at))
    if edge <= 0:
        assert spectral_radius(STEPS[name], curvature, **values, **{parameter: 1e-9}) > 1 - 1e-6
        return
    below, above = (spectral_radius(STEPS[name], curvature, **values, **{parameter: f * edge}) for f in (0.999, 1.001))
    assert below < 1 < above


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"momentum": 1}, "expected a value of momentum that the scheme can have, got 1"),
        ({"nesterov": 0.5}, "expected a value of nesterov"),
        ({"lr": -1}, "expected a value of lr"),
        ({"momentum": "0.5"}, "expected a real number for momentum"),
        ({"beta1": 0.5}, "unknown parameter 'beta1'"),
    ],
)
def test_a_setting_that_an_optimiser_cannot_have_is_refused(settings: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        maximal_curvature("sgd", **settings)


def test_flags_are_fixed() -> None:
    assert maximal_curvature("sgd", nesterov=1, dampening=0, weight_decay=0) == maximal_curvature("nesterov")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--only", "adem"], "did you mean 'adam'"),
        (["--only", "lion"], "no stability edge for 'lion'"),
        (["--set", "nesterov=1"], "expected --only NAME beside --set"),
        (["--only", "sgd", "--set", "nesterov"], "expected a parameter and a number"),
        (["--only", "gd", "--solve", "momentum"], "unknown parameter 'momentum'"),
        (["--solve", "lrr"], "expected a parameter of an optimiser to solve for"),
    ],
)
def test_the_command_refuses_in_one_line(words: list[str], message: str, capsys) -> None:
    assert main(["optimizers", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert message in captured.err


def test_an_optimiser_is_shown_cited_and_exported_by_its_name(tmp_path, capsys) -> None:
    assert main(["show", "AdamW"]) == 0
    assert "\nadamw  " in capsys.readouterr().out
    assert main(["cite", "adamw"]) == 0
    cited = capsys.readouterr().out
    assert cited.startswith("@misc{gradcfl")
    assert "necessary and sufficient on one mode" in " ".join(cited.split())
    assert main(["export", "--only", "adamw", "--out", str(tmp_path / "b.tex")]) == 0
    for parameter in ("Curvature", "Lr", "WeightDecay"):
        assert rf"\newcommand{{\cflOptimizerAdamw{parameter}}}" in (tmp_path / "b.tex").read_text()
    assert main(["show", "adem"]) == 2
    assert "or an optimiser: gd," in capsys.readouterr().err


def test_blocks_of_latex_parse_and_tell_their_symbols(capsys) -> None:
    for name in ("heavy-ball", "adam"):
        assert main(["show", name, "--latex"]) == 0
        block = capsys.readouterr().out
        formulas = re.findall(r"\\\[ (.*) \\\]", block)
        assert len(formulas) == 4
        assert all(latex2mathml.converter.convert(formula) for formula in formulas)
        assert r"$\Delta t$ is step size" in block


@pytest.mark.parametrize("sign", [1, -1])
def test_long_products_are_broken_between_factors(sign: int) -> None:
    """Put together again, the lines are the product."""
    product = sign * sp.Mul(*(1 + x for x in sp.symbols("x:30")))
    first, *rest = typeset_relation(sp.Lt(curvature, product)).removesuffix(r" \end{aligned}").split(r" \\ & \quad ")
    assert len(rest) > 2
    assert all(line.startswith(r"\cdot ") for line in rest)
    factors = [first.partition("& < ")[2], *(line.removeprefix(r"\cdot ") for line in rest)]
    assert " ".join(factors) == typesetter().doprint(product)


def test_long_sides_of_a_relation_stand_one_below_the_other() -> None:
    short, long = curvature * momentum, curvature * sp.Add(*sp.symbols("x:60"))
    assert r"\\" not in typeset_relation(sp.Lt(short, lr))
    left, right = typeset_relation(sp.Lt(long, short)).split(r" \\  & < ")
    assert left.count("x_{") == 60
    assert len(left.split(r"\\")) > 3
    assert right == rf"{typesetter().doprint(short)} \end{{aligned}}"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex here: widths are not checked; that they parse is")
def test_blocks_of_latex_fit_a_page(tmp_path) -> None:
    """All of the table, in LaTeX's article at 10 pt; the log tells what is too wide, see the tests of the export."""
    blocks = "\n\n".join(told("latex"))
    head = r"\documentclass{article}\usepackage{amsmath,amssymb}\begin{document}"
    (tmp_path / "all.tex").write_text(rf"{head}{blocks}\end{{document}}", encoding="utf-8")
    assert overfull(tmp_path / "all.tex") == []
