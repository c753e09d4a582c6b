"""Nesterov's scheme: both directions of its limit, and its bound against roots of the companion matrix."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive import optimizers, stability, theorem
from derive.conditions.solve import solve_condition
from derive.conditions.ways.signs import Domain
from derive.derivations import nesterov_bounds, nesterov_limit, nesterov_step, nesterov_transform
from derive.derivations.forward_euler import K_next
from derive.fields.symbols import K, a, alpha, beta, damping, lr, power_max, power_min

code = cache(lambda key, name=None: theorem(key).function("numpy", name))
torch_bound = cache(lambda: stability(optimizers["nesterov"], "schur"))
RATES = st.floats(0.01, 30)  # damping * dt


def radius(z: float, dt: float, rate: float) -> float:
    """Largest modulus of a root, from the scheme as a matrix, by hand."""
    size, by = 2 * dt**2 / (2 + rate), (2 - rate) / (2 + rate)
    keep = 1 - size * z
    return float(np.abs(np.linalg.eigvals([[keep * (1 + by), -keep * by], [1, 0]])).max())


def test_explicit_scheme_without_gradient_is_the_look_ahead_point() -> None:
    (solved,) = sp.solve(nesterov_limit.central_differences(), K_next)
    assert sp.simplify(solved.subs(nesterov_limit.grad(K), 0) - nesterov_limit.look_ahead()) == 0


def test_limit_is_the_flow_it_came_from() -> None:
    path, t = nesterov_limit.path, nesterov_limit.time
    expected = nesterov_limit.flow(path.diff(t, 2), path.diff(t), nesterov_limit.grad(path))
    assert sp.expand(nesterov_limit.limit().lhs - expected.lhs) == 0


def test_look_ahead_costs_one_order() -> None:
    path = nesterov_limit.path
    assert nesterov_limit.residual(False, 1) == 0
    assert nesterov_limit.residual(False, 2) != 0
    hessian = nesterov_limit.grad(path).diff(path)
    assert sp.expand(nesterov_limit.residual(True, 1) - hessian * path.diff(nesterov_limit.time)) == 0


def test_parameters_of_torch_there_and_back() -> None:
    t = theorem("5.5")
    size, by = t.function("numpy", "coefficients")(lr=0.02, damping=3.0)
    assert t.function("numpy", "from_torch")(step=size, momentum=by) == pytest.approx((0.02, 3.0), rel=1e-12)
    assert t.function("numpy", "damping")(lr=0.02, momentum=by) == pytest.approx(3.0, rel=1e-12)


def test_windowed_gradient_is_that_of_the_linear_flow() -> None:
    """Minus the windowed update of gradient descent, divided by dt, with V for K."""
    from derive.derivations import amplifier
    from derive.fields.dft import FrequencyConvolution, Khat

    ours = nesterov_transform.windowed_gradient().xreplace({nesterov_transform.Vhat: Khat})
    theirs = amplifier.windowed_update()
    (driven,), (descent,) = ours.atoms(FrequencyConvolution), theirs.atoms(FrequencyConvolution)
    assert sp.expand(driven.args[0] * lr + descent.args[0]) == 0
    assert driven.args[1] == descent.args[1]
    assert sp.expand((ours - driven) * lr + theirs - descent) == 0


@settings(deadline=None, max_examples=40)
@given(RATES, st.floats(0.01, 1), st.floats(-1, 40))
def test_condition_is_that_of_the_roots(rate: float, dt: float, scaled: float) -> None:
    found = radius(scaled / dt**2, dt, rate)
    if abs(found - 1) > 1e-9:
        assert nesterov_step.bound().holds(z=scaled / dt**2, lr=dt, damping=rate / dt) == (found < 1)


@settings(deadline=None, max_examples=40)
@given(RATES, st.floats(1e-4, 1))
def test_largest_amplifier_is_the_edge(rate: float, dt: float) -> None:
    edge = float(code("eq-73")(lr=dt, damping=rate / dt))
    assert radius(edge * (1 - 1e-6), dt, rate) < 1 < radius(edge * (1 + 1e-6), dt, rate)
    if rate <= 2:
        by_momentum = code("eq-73", "largest_amplifier_by_momentum")
        assert edge == pytest.approx(float(by_momentum(lr=dt, momentum=(2 - rate) / (2 + rate))), rel=1e-9)


def test_code_has_no_pole() -> None:
    """Warnings are errors: at the poles 2 and 6 of either branch nothing may divide by zero."""
    edge = code("eq-73")
    assert np.isfinite(edge(lr=0.5, damping=np.array([4.0, 8.0, 12.0, 1e-9]))).all()


def test_two_edges_meet_where_they_are_equal() -> None:
    assert nesterov_step.crossover() == 4
    (edge,) = nesterov_step.largest().atoms(sp.Piecewise)
    (slow, _), (fast, _) = edge.args
    assert sp.simplify((slow - fast).subs(damping, nesterov_step.crossover() / lr)) == 0


@settings(deadline=None, max_examples=40)
@given(st.floats(0.01, 1.99), st.floats(0.01, 1), st.floats(0.05, 5))
def test_same_edge_as_the_optimiser(rate: float, dt: float, scaled: float) -> None:
    """torch's recurrence, derived elsewhere, at (step, momentum); exact ties apart."""
    size, by = code("5.5", "coefficients")(lr=dt, damping=rate / dt)
    z = scaled / dt**2
    if abs(radius(z, dt, rate) - 1) > 1e-9:
        ours = nesterov_step.bound().holds(z=z, lr=dt, damping=rate / dt)
        assert ours == torch_bound().holds(lr=size, momentum=by, curvature=z)


@settings(deadline=None, max_examples=40)
@given(RATES, st.floats(-2, 2), st.floats(0, 3), st.floats(0, 3))
def test_weight_decay_bounds_are_the_edges_of_the_condition(rate: float, error: float, low: float, gap: float) -> None:
    values = {"a": error, "beta": 1.5, "lr": 0.1, "damping": rate / 0.1, "power_min": low, "power_max": low + gap}
    alpha_min, alpha_max = map(float, code("5.6")(**values))
    if alpha_max - alpha_min > 1e-6:
        margin = 1e-6 * (alpha_max - alpha_min)
        points = np.array([alpha_min - margin, alpha_min + margin, alpha_max - margin, alpha_max + margin])
        assert nesterov_bounds.bound().holds(alpha=points, **values).tolist() == [False, True, True, False]


@pytest.mark.parametrize("sign", [-1, 1])
def test_each_end_of_the_spectrum_has_its_bound(sign: int) -> None:
    """Negative control of the sign: the wrong end of the power spectrum gives another number."""
    (low, high), top = nesterov_bounds.by_sign(sign), nesterov_step.largest_by_momentum()
    at_low, at_high = (power_min, power_max) if sign > 0 else (power_max, power_min)
    assert sp.expand(low + a * beta * at_low / 2) == 0
    assert sp.expand(high - top + a * beta * at_high / 2) == 0


def test_regrouped_condition_is_the_one_of_the_engine() -> None:
    from derive.fields.symbols import z
    from derive.modes.amplification import Amplification

    plain = stability(Amplification(nesterov_step.bound().polynomial, {}, sp.true), "schur")
    regrouped = [nesterov_step.in_terms_of(m, z, z) for m in plain.margins]
    for before, after in zip(plain.margins, regrouped, strict=True):
        ratio = sp.factor(before / after)
        assert ratio.is_positive


def test_weight_decays_that_are_solved_for_lie_between_the_bounds() -> None:
    values = {"a": "-7/10", "beta": "3/2", "lr": "1/10", "damping": "3", "power_min": "1/2", "power_max": "2"}
    bound = nesterov_bounds.bound()
    condition = bound.condition.subs({p: sp.Rational(values[p.name]) for p in bound.condition.free_symbols - {alpha}})
    found = solve_condition(condition, alpha, Domain.of({alpha}))
    assert found.left_open
    assert found.right_open
    expected = code("5.6")(**{name: float(sp.Rational(value)) for name, value in values.items()})
    assert [float(found.start), float(found.end)] == pytest.approx(expected)


@pytest.mark.slow
def test_they_are_solved_for_whatever_the_rest_is() -> None:
    """Half a minute."""
    assert nesterov_bounds.bound().solve("alpha").free_symbols >= {a, beta, lr, damping} - {alpha}
