"""Generated code: equal to SymPy at 50 digits to within rounding, broadcasting, dtype-preserving, differentiable."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import sympy as sp
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import derive
from derive.errors import InputError
from derive.fields.symbols import a, alpha, beta, lr, power_max, power_min, x
from derive.printing.codegen import compile_outputs
from tests.derive.rounding import exact, rounding_bound

ACTIVATIONS = ["swish", "silu", "gelu", "softplus", "tanh", "sigmoid", "relu", "leaky-relu", "elu"]
BACKENDS = ["numpy", "torch"]


@cache
def generated(name: str, order: int, backend: str):
    return compile_outputs("r", (derive.activation(name).derivative(order),), backend, "r", (x, beta))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("name", ACTIVATIONS)
@settings(max_examples=25)
@given(data=st.data())
def test_activation_is_sympy_to_within_rounding(name: str, order: int, backend: str, data: st.DataObject) -> None:
    values = {x: data.draw(st.floats(-30, 30)), beta: data.draw(st.floats(0.01, 5))}
    if abs(values[x]) < 1e-3:
        return  # kinks sit at 0; the values there are tested with the activations
    expr = derive.activation(name).derivative(order)
    found = float(generated(name, order, backend)(x=values[x], beta=values[beta]))
    bound = rounding_bound(expr, values, np.finfo(float).eps) + np.finfo(float).tiny
    assert abs(found - exact(expr, values)) <= bound


@pytest.mark.parametrize("backend", BACKENDS)
@given(data=st.data())
def test_bounds_are_sympy_to_within_rounding(backend: str, data: st.DataObject) -> None:
    low = data.draw(st.floats(0, 1e6))
    values = {
        a: data.draw(st.floats(-1, 1)), beta: data.draw(st.floats(0.1, 10)), lr: data.draw(st.floats(1e-8, 1)),
        power_min: low, power_max: low + data.draw(st.floats(0, 1e9)),
    }  # fmt: skip
    t = derive.theorem("5.4")
    found = t.function(backend, "alpha_bounds")(**{str(k): v for k, v in values.items()})
    for value, expr in zip(found, t.outputs["alpha_bounds"], strict=True):
        scale = sum(abs(exact(arg, values)) for arg in expr.args)
        assert abs(float(value) - exact(expr, values)) <= 16 * np.finfo(float).eps * float(scale) + np.finfo(float).tiny


@pytest.mark.parametrize("name", ["swish", "softplus", "elu", "sigmoid"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_far_arguments_neither_overflow_nor_turn_nan(name: str, backend: str) -> None:
    far = np.array([-1e4, -800.0, 800.0, 1e4])
    far = torch.as_tensor(far) if backend == "torch" else far
    for order in range(3):
        assert np.isfinite(np.asarray(generated(name, order, backend)(x=far, beta=1.0))).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_torch_keeps_dtype_and_broadcasts(dtype: torch.dtype) -> None:
    bounds = derive.theorem("5.4").function("torch")
    low, high = bounds(
        a=torch.full((3, 1), -0.5, dtype=dtype), beta=1.0, lr=torch.ones(4, dtype=dtype), power_min=0, power_max=2.0
    )
    assert low.shape == high.shape == (3, 4)
    assert low.dtype == high.dtype == dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numpy_keeps_dtype_and_broadcasts(dtype: type) -> None:
    bounds = derive.theorem("5.4").function("numpy")
    low, high = bounds(a=np.full((3, 1), -0.5, dtype), beta=1.0, lr=np.ones(4, dtype), power_min=0, power_max=2.0)
    assert low.shape == high.shape == (3, 4)
    assert low.dtype == high.dtype == dtype


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_constant_takes_shape_and_dtype_of_the_arguments(backend: str) -> None:
    constant = compile_outputs("f", (sp.Integer(2), sp.Rational(1, 3)), backend, "f", (x,))
    given_x = torch.zeros(5, dtype=torch.float32) if backend == "torch" else np.zeros(5, np.float32)
    for value in constant(x=given_x):
        assert value.shape == (5,)
        assert value.dtype == given_x.dtype


def test_torch_code_is_differentiable() -> None:
    rate = derive.theorem("checkerboard").function("torch", "rate")
    slope = derive.theorem("checkerboard").function("torch", "slope")
    given_values = {"alpha": 20.0, "beta": 1.3, "y": 1.0, "area": 64.0, "share": 0.49, "pooled": 1.0}
    kappa = torch.linspace(-6, 6, 25, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(rate(kappa=kappa, **given_values).sum(), kappa)
    torch.testing.assert_close(gradient, slope(kappa=kappa.detach(), **given_values), rtol=1e-12, atol=1e-12)


def test_gradient_of_a_piecewise_function_is_finite_on_both_sides() -> None:
    values = torch.tensor([-2.0, 900.0], dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(generated("elu", 0, "torch")(x=values, beta=1.0).sum(), values)
    assert torch.isfinite(gradient).all()


def test_numpy_and_torch_agree_with_scalars() -> None:
    given_values = {"a": 0.3, "beta": 2.0, "lr": 0.1, "power_min": 1.0, "power_max": 7.0}
    t = derive.theorem("5.4")
    np.testing.assert_allclose(
        t.function("numpy")(**given_values), [float(v) for v in t.function("torch")(**given_values)], rtol=1e-15
    )


def test_source_is_what_runs_and_reads_well() -> None:
    function = derive.theorem("5.4").function("numpy")
    assert "def alpha_bounds(" in function.source
    assert max(map(len, function.source.splitlines())) < 160
    namespace: dict = {}
    exec(function.source, namespace)
    values = {"a": -0.5, "beta": 1.0, "lr": 1e-2, "power_min": 0.0, "power_max": 9.0}
    assert namespace["alpha_bounds"](**values) == function(**values)


def test_unknown_backend_lists_the_valid_ones() -> None:
    with pytest.raises(InputError, match="unknown backend 'jax': expected one of numpy, torch"):
        derive.theorem("5.4").function("jax")


def test_unknown_function_is_refused_and_not_miscompiled() -> None:
    with pytest.raises(InputError, match="no code is known for gamma"):
        compile_outputs("f", (sp.gamma(x),), "numpy", "f")


def test_condition_as_code() -> None:
    stable = derive.theorem("5.4").result.function("torch")
    found = stable(alpha=torch.tensor([-1.0, 1.0, 300.0]), a=-0.5, beta=1.0, lr=0.01, power_min=0.0, power_max=2.0)
    assert found.tolist() == [False, True, False]
    assert alpha in derive.theorem("5.4").result.parameters
