"""Results at the boundaries of their cases (a = 0, a flat spectrum, |A| = 1, no stable step), against what they bound."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import sympy as sp

from derive import theorem
from derive.printing.codegen import compile_outputs

ENDS = [-1.5, 0.0, 1.5]
SPECTRA = [(0.0, 0.0), (0.0, 9.0), (1.0, 9.0), (9.0, 9.0)]
EVERYWHERE = 10.0 ** np.arange(-4, 7)


@pytest.mark.parametrize(("a", "spectrum"), list(product(ENDS, SPECTRA)))
def test_some_weight_decay_is_stable_up_to_the_largest_useful_step(a: float, spectrum: tuple[float, float]) -> None:
    t = theorem("5.4")
    setting = {"a": a, "beta": 2.0, "power_min": spectrum[0], "power_max": spectrum[1]}
    edge = float(t.function("numpy", "largest_useful_lr")(**setting))
    flat = a == 0 or spectrum[0] == spectrum[1]
    assert (edge == np.inf) == flat
    for lr in EVERYWHERE if flat else [0.999 * edge, 1.001 * edge]:
        ends = -a * np.array(spectrum)  # the alphas where some |A| is 1, beta = 2: all between neighbours are alike
        marks = np.sort(np.concatenate([ends, ends + 2 / lr]))
        found = t.result.holds(alpha=(marks[1:] + marks[:-1]) / 2, lr=lr, **setting)
        assert bool(np.any(found)) == (lr < edge)


@pytest.mark.parametrize(("key", "error"), [("5.4", "a"), ("eq-25", "a_l"), ("supp-eq-51", "")])
def test_no_step_is_stable_beyond_the_largest_and_none_where_it_is_0(key: str, error: str) -> None:
    t = theorem(key)
    largest = t.function("numpy", "largest_lr")
    for alpha, sign, (low, high) in product([0.0, 1.5, 3.0, 13.5, 20.0], [-1.5, 0.0, 1.5], SPECTRA):
        ends = sorted([sign * low, sign * high])
        setting = (
            {error: sign, "beta": 2.0, "power_min": low, "power_max": high} if error else {"F_min": ends[0], "F_max": ends[1]}
        )
        edge = float(largest(alpha=alpha, **setting))
        steps = np.array([0.999, 1.001]) * edge if edge else EVERYWHERE
        expected = [True, False] if edge else [False] * len(EVERYWHERE)
        assert [bool(t.result.holds(alpha=alpha, lr=lr, **setting)) for lr in steps] == expected
        assert (edge > 0) == (alpha + ends[0] > 0)


@pytest.mark.parametrize("gain", [0.0, 0.5, 1.0, 1.5])
def test_the_error_of_a_recursion_is_its_sum(gain: float) -> None:
    t = theorem("eq-3")
    of = {name: t.function("numpy", name) for name in t.outputs}
    total = sum(3.0 * gain**i for i in range(7))
    assert float(of["expected_square"](n=7.0, variance=3.0, gain=gain)) == pytest.approx(total, rel=1e-14)
    assert np.isinf(of["approached"](variance=3.0, gain=gain)) == (gain >= 1)
    assert np.isinf(of["grown"](variance=3.0, gain=gain)) == (gain <= 1)
    assert of["approached"](variance=0.0, gain=gain) == of["grown"](variance=0.0, gain=gain) == 0


def test_where_the_flow_blows_up_nothing_bounds_it() -> None:
    t = theorem("beltrami")
    setting = {"dx": 1.0, "fidelity": 0.5}
    for lr, bounded in ((3.9, True), (4.0, False), (5.0, False)):
        assert np.isfinite(t.function("numpy", "reach")(lr=lr, **setting)) == bounded
        assert np.isfinite(t.function("numpy", "residual")(lr=lr, epsilon=0.1, **setting)) == bounded
    critical = t.function("numpy", "critical_product")
    assert [float(critical(multiple=m)) for m in (0.5, 1.0, 3.0)] == [np.inf, np.inf, 2.0]
    step = theorem("eq-73").function("numpy", "largest_step_by_momentum")
    assert [float(step(z=z, momentum=0.0)) for z in (-1.0, 0.0, 4.0)] == [0.0, 0.0, 1.0]


@pytest.mark.parametrize("x", [-2.0, -1.0, 0.0, 1.0, 2.0])
@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_a_branch_that_is_not_taken_divides_by_nothing(backend: str, x: float) -> None:
    """Warnings are errors here; in torch the gradient of such a branch would be nan."""
    symbol = sp.Symbol("x", real=True)
    cases = sp.Piecewise((1 / symbol, symbol > 0), (1 / (symbol + 1) ** 2, symbol < -1), (sp.Max(symbol, 0), True))
    exact = float(cases.subs(symbol, sp.Rational(x)))
    function = compile_outputs("f", [cases], backend, "Cases")
    if backend == "numpy":
        assert float(function(x=x)) == pytest.approx(exact)
        return
    torch = pytest.importorskip("torch")
    value = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    function(x=value).backward()
    assert torch.isfinite(value.grad)
