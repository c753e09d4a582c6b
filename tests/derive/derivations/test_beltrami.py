"""The Beltrami flow's bounds and its oscillation, against dense matrices and direct iteration."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive import theorem
from derive.derivations import beltrami
from derive.derivations import beltrami_oscillation as oscillation
from derive.fields.symbols import dx, epsilon, fidelity, lr, multiple, slope

POINTS = 6
values = st.floats(0.1, 3)


def difference(dims: int, axis: int, spacing: float) -> np.ndarray:
    """Forward difference along an axis of a periodic grid, as a matrix."""
    one = (np.roll(np.eye(POINTS), 1, 1) - np.eye(POINTS)) / spacing
    return np.array([[1.0]]) if dims == 0 else _kron([one if i == axis else np.eye(POINTS) for i in range(dims)])


def _kron(factors: list[np.ndarray]) -> np.ndarray:
    total = factors[0]
    for factor in factors[1:]:
        total = np.kron(total, factor)
    return total


def hessian(gradient: np.ndarray, weight: float, rounding: float, spacing: float, frozen: bool = False) -> np.ndarray:
    """Of the discrete loss per dx^dims at a state whose gradient is the same everywhere; by hand, nothing derived."""
    dims, size = len(gradient), np.sqrt(gradient @ gradient + rounding**2)
    tensor = np.eye(dims) / size - (0 if frozen else np.outer(gradient, gradient) / size**3)
    steps = [difference(dims, axis, spacing) for axis in range(dims)]
    diffusion = sum(tensor[i, j] * steps[i].T @ steps[j] for i in range(dims) for j in range(dims))
    return weight * np.eye(POINTS**dims) + diffusion


def radius(matrix: np.ndarray, step: float) -> float:
    return float(np.abs(np.linalg.eigvalsh(np.eye(len(matrix)) - step * matrix)).max())


@pytest.mark.parametrize("dims", [1, 2])
@pytest.mark.parametrize("frozen", [True, False])
@settings(max_examples=15)
@given(weight=values, rounding=values, spacing=values, steep=values, factor=st.floats(0.2, 2))
def test_local_bound_is_where_the_spectral_radius_is_one(dims, frozen, weight, rounding, spacing, steep, factor) -> None:
    gradient = np.array([steep, *[0.0] * (dims - 1)])
    matrix = hessian(gradient, weight, rounding, spacing, frozen)
    linear = beltrami.frozen() if frozen else beltrami.whole()
    numbers = {fidelity: weight, epsilon: rounding, dx: spacing, slope: np.hypot(steep, rounding)}
    edge = float(beltrami.local_step(linear, dims).subs(numbers))
    assert radius(matrix, edge) == pytest.approx(1, abs=1e-9)
    if abs(factor - 1) > 1e-6:
        holds = beltrami.local(linear, beltrami.first_axis(dims)).holds
        given_ = {"lr": factor * edge, "dx": spacing, "fidelity": weight, "slope": np.hypot(steep, rounding)}
        stable = holds(**given_) if frozen else holds(**given_, epsilon=rounding)
        assert stable == (radius(matrix, factor * edge) < 1)


@pytest.mark.parametrize("dims", [1, 2])
def test_worst_case_is_flat_ground_by_both_linearisations(dims: int) -> None:
    worst, rise = beltrami.largest_step(beltrami.worst(dims)), sp.Symbol("rise", positive=True)
    for linear in (beltrami.frozen(), beltrami.whole()):
        local = beltrami.local_step(linear, dims)
        assert sp.simplify(local.subs(slope, epsilon) - worst) == 0
        assert sp.factor(local.subs(slope, epsilon + rise) - worst).is_positive


@pytest.mark.parametrize("angle", np.linspace(0, np.pi, 13))
def test_frozen_bound_is_sufficient_in_every_direction_and_sharp_along_one(angle: float) -> None:
    """Negative control: in the other diagonal the whole first variation allows much more."""
    gradient, steep, rounding = np.array([np.cos(angle), np.sin(angle)]), 3.0, 0.1
    edge = float(beltrami.local_step(beltrami.frozen(), 2).subs({fidelity: 0.5, dx: 1, slope: np.hypot(steep, rounding)}))
    found = radius(hessian(steep * gradient, 0.5, rounding, 1.0), edge)
    assert found <= 1 + 1e-12
    sharp = np.isclose(angle, 3 * np.pi / 4)
    assert bool(found > 1 - 1e-9) == bool(sharp)


def test_cross_derivatives_are_sampled_and_agree_with_matrices() -> None:
    direction = (sp.sqrt(2) / 2, -sp.sqrt(2) / 2)
    stable = beltrami.local(beltrami.whole(), direction)
    assert stable.status == "sampled"
    numbers = {"dx": 1.0, "fidelity": 0.5, "epsilon": 0.2, "slope": 1.0}
    matrix = hessian(np.array([1.0, -1.0]) * np.sqrt((1 - 0.04) / 2), 0.5, 0.2, 1.0)
    edge = 2 / np.linalg.eigvalsh(matrix).max()
    assert stable.holds(lr=0.99 * edge, **numbers)
    assert not stable.holds(lr=1.01 * edge, **numbers)


def test_tensor_has_the_two_diffusivities() -> None:
    assert beltrami.tensor(2) == sp.diag(epsilon**2 / slope**3, 1 / slope)


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_oscillation_begins_at_the_worst_case_bound(dims: int) -> None:
    """Two ways to one number: the nonlinear mode's onset, and the linear scheme's condition."""
    assert sp.simplify(oscillation.onset(dims) - beltrami.largest_step(beltrami.worst(dims))) == 0


@pytest.mark.parametrize("dims", [1, 2])
@settings(max_examples=25)
@given(weight=values, rounding=values, spacing=values, share=st.floats(0.02, 0.98))
def test_orbit_is_turned_into_its_negative(dims, weight, rounding, spacing, share) -> None:
    """By iteration of rolled arrays."""
    numbers = {"fidelity": weight, "epsilon": rounding, "dx": spacing}
    symbols = {fidelity: weight, epsilon: rounding, dx: spacing}
    low, high = float(oscillation.onset(dims).subs(symbols)), 2 / weight
    step = low + share * (high - low)
    suffix = "" if dims == 1 else "_2d"
    c = theorem("beltrami").function("numpy", f"residual{suffix}")(lr=step, **numbers)
    state = c * (-1.0) ** np.add.reduce(np.indices((4,) * dims))
    gradient = np.array([np.roll(state, -1, a) - state for a in range(dims)]) / spacing
    flux = gradient / np.sqrt((gradient**2).sum(0) + rounding**2)
    rate = sum(p - np.roll(p, 1, a) for a, p in enumerate(flux)) / spacing - weight * state
    np.testing.assert_allclose(state + step * rate, -state, rtol=1e-7, atol=1e-9 * (1 + c))


def test_oscillation_is_zero_below_the_onset_and_infinite_from_the_blow_up() -> None:
    residual = theorem("beltrami").function("numpy", "residual")
    found = residual(lr=np.array([1e-4, 0.004, 0.0051, 1.99, 2.1]), dx=1.0, epsilon=0.01, fidelity=1.0)
    assert found[:2].tolist() == [0, 0]
    assert 0 < found[2] < 0.1
    assert found[3] > 100
    assert np.isinf(found[4])


@pytest.mark.parametrize("dims", [1, 2])
def test_blow_up_is_two_over_lambda(dims: int) -> None:
    assert oscillation.blowup_step() == 2 / fidelity
    product = oscillation.critical_product(dims)
    back = oscillation.blowup_multiple(dims).subs(fidelity, product / (epsilon * dx**2))
    assert sp.simplify(back - multiple) == 0


@pytest.mark.parametrize("key", ["eq-4", "beltrami"])
def test_numeric_outputs_compile(key: str) -> None:
    numbers = {"lr": 0.01, "dx": 1.0, "epsilon": 0.01, "fidelity": 1.0, "slope": 0.5, "multiple": 100.0}
    for name, (expr,) in theorem(key).outputs.items():
        needed = {str(s): numbers[str(s)] for s in expr.free_symbols}
        assert theorem(key).function("numpy", name)(**needed) > 0


def test_worst_case_formula() -> None:
    """The one number a reader wants: at lambda = 1, epsilon = 0.01, dx = 1."""
    t = theorem("eq-4").function("numpy", "largest_step")
    assert t(dx=1.0, epsilon=0.01, fidelity=1.0) == pytest.approx(2 / 401, rel=1e-14)
    assert lr in beltrami.worst(1).parameters
