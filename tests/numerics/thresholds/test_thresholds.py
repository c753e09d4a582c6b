"""Thresholds read off live torch optimisers: identities of one step, and derive's own answers."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import sympy as sp
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import Parameter
from torch.optim import LBFGS, SGD, Adagrad, Adam, AdamW, Muon, NAdam, Optimizer, RMSprop, Rprop

from derive import maximal_curvature, optimizers, stability
from derive.errors import InputError
from experiments.benchmarks.optimizer_edges import in_order
from numerics.thresholds import Threshold, largest_factor, mode, thresholds, weight_decay_window
from numerics.thresholds.edges import upper
from numerics.thresholds.kinds import unwrapped


def stepped(make, steps: int = 3, size: int = 5) -> tuple[Optimizer, Parameter]:
    torch.manual_seed(0)
    parameter = Parameter(torch.randn(size, dtype=torch.float64))
    optimizer = make([parameter])
    for _ in range(steps):
        parameter.grad = torch.randn(size, dtype=torch.float64)
        optimizer.step()
    return optimizer, parameter


def only(optimizer: Optimizer) -> Threshold:
    (found,) = thresholds(optimizer)
    return found


rates = st.floats(0.05, 0.95)


@settings(max_examples=15)
@given(beta1=rates, beta2=rates, eps=st.floats(1e-8, 1), steps=st.integers(1, 9), amsgrad=st.booleans())
@pytest.mark.parametrize("kind", [Adam, AdamW])
def test_a_step_of_adam_is_its_mean_over_the_denominators(kind, beta1, beta2, eps, steps, amsgrad) -> None:
    make = partial(kind, lr=0.1, betas=(beta1, beta2), eps=eps, amsgrad=amsgrad, weight_decay=0)
    optimizer, parameter = stepped(make, steps)
    before = parameter.detach().clone()
    parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    step = -0.1 * optimizer.state[parameter]["exp_avg"] / only(optimizer).denominator
    torch.testing.assert_close(parameter.detach() - before, step, rtol=1e-9, atol=1e-12)


@settings(max_examples=15)
@given(beta1=rates, decay=st.floats(1e-3, 2), steps=st.integers(1, 9))
def test_a_step_of_nadam_has_the_weights_that_are_read(beta1, decay, steps) -> None:
    optimizer, parameter = stepped(partial(NAdam, lr=0.1, betas=(beta1, 0.9), momentum_decay=decay), steps)
    before = parameter.detach().clone()
    parameter.grad = torch.full_like(parameter, 0.7)
    optimizer.step()
    values = only(optimizer).values
    mean = optimizer.state[parameter]["exp_avg"]
    step = values["look_ahead"] * mean + values["gradient_weight"] * parameter.grad
    torch.testing.assert_close(parameter.detach() - before, -0.1 * step / only(optimizer).denominator)


@settings(max_examples=15)
@given(alpha=rates, eps=st.floats(1e-8, 1), centered=st.booleans())
def test_a_step_of_rmsprop_and_adagrad_divides_by_the_denominators(alpha, eps, centered) -> None:
    rmsprop = partial(RMSprop, lr=0.1, alpha=alpha, eps=eps, centered=centered)
    for make in (rmsprop, partial(Adagrad, lr=0.1, lr_decay=alpha, eps=eps)):
        optimizer, parameter = stepped(make)
        before, gradient = parameter.detach().clone(), torch.linspace(-1, 2, 5, dtype=torch.float64)
        parameter.grad = gradient
        optimizer.step()
        step = only(optimizer).values["lr"] * gradient / only(optimizer).denominator
        torch.testing.assert_close(before - parameter.detach(), step)


def derived(name: str, **values: float) -> float:
    found = maximal_curvature(name)
    return float(found.subs({s: values[str(s)] for s in found.free_symbols}))


@pytest.mark.parametrize("values", [{"momentum": 0.9, "dampening": 0.3}, {"momentum": 0.5, "nesterov": True}, {}])
@pytest.mark.parametrize("wrap", [float, torch.tensor])
def test_sgd_has_derive_s_edge(values: dict[str, Any], wrap) -> None:
    found = only(SGD([Parameter(torch.ones(2))], lr=wrap(0.25), weight_decay=0.125, **values))
    numbers = {"momentum": 0.0, "dampening": 0.0, **values, "nesterov": int(values.get("nesterov", 0))}
    assert found.curvature - found.decay == pytest.approx(derived("sgd", lr=0.25, weight_decay=0.125, **numbers))


def test_dampening_without_momentum_is_ignored_as_torch_does() -> None:
    assert only(SGD([Parameter(torch.ones(2))], lr=0.1, dampening=0.5)).curvature == pytest.approx(20)


@pytest.mark.parametrize(("kind", "name"), [(Adam, "adam-at-step"), (AdamW, "adamw-at-step")])
def test_the_bias_correction_in_the_denominator_is_derive_s(kind, name: str) -> None:
    optimizer, _ = stepped(partial(kind, lr=0.1, weight_decay=0.2), steps=4)
    found, correction = only(optimizer), 1 - 0.9**4
    free = found.denominator / correction
    values = {"lr": 0.1, "weight_decay": 0.2, "beta1": 0.9, "bias_correction1": correction}
    expected = torch.tensor([derived(name, denominator=float(d), **values) for d in free], dtype=torch.float64)
    torch.testing.assert_close(found.scale - found.decay, expected)


def top(found: Threshold, curvature: float):
    """A mode along the first weight."""
    vector = torch.zeros_like(found.denominator)
    vector[0] = 1.0
    return mode(float((curvature + found.decay) / found.scale[0]), [vector], [found])


def interval(name: str, parameter: str, **values: float) -> sp.Interval:
    """From the least value that a case allows to the greatest."""
    found = stability(optimizers[name]).solve(parameter)
    at = found.subs({symbol: values[str(symbol)] for symbol in found.free_symbols})
    cases = [case.base_set if isinstance(case, sp.ConditionSet) else case for case in sp.Union.make_args(at)]
    return sp.Interval(min(case.start for case in cases), max(case.end for case in cases))


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("sgd", partial(SGD, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.3)),
        ("adam", partial(Adam, lr=0.1, weight_decay=0.3)),
        ("adamw", partial(AdamW, lr=0.1, weight_decay=0.3)),
        ("rmsprop", partial(RMSprop, lr=0.1, momentum=0.5, weight_decay=0.3)),
        ("adagrad", partial(Adagrad, lr=0.1, weight_decay=0.3)),
    ],
)
@pytest.mark.parametrize("curvature", [2.0, -0.4])
def test_lr_and_window_are_derive_s_solutions(name: str, make, curvature: float) -> None:
    optimizer, _ = stepped(make)
    found = only(optimizer)
    at = top(found, curvature)
    values = {**found.values, "weight_decay": found.weight_decay, "denominator": float(found.denominator[0])}
    given = {**values, "curvature": curvature}
    expected = interval(name, "weight_decay", **{k: v for k, v in given.items() if k != "weight_decay"})
    assert weight_decay_window([found], at, at) == pytest.approx((float(expected.start), float(expected.end)))
    if curvature > 0:
        expected = interval(name, "lr", **{k: v for k, v in given.items() if k != "lr"})
        assert largest_factor(at, [found]) * values["lr"] == pytest.approx(float(expected.end))


def test_a_window_over_many_denominators_is_never_too_narrow() -> None:
    """The exact upper end is the smallest eigenvalue of S - H: the largest eigenvalue of H + w - S passes 0 there."""
    optimizer, _ = stepped(partial(Adam, lr=0.05, weight_decay=0.1), size=6)
    found = only(optimizer)  # its edge does not depend on the decay, which is coupled
    half = torch.randn(6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    square, root = half @ half.T, found.scale.rsqrt()
    hessian = square * (0.8 * found.scale.min() / torch.linalg.eigvalsh(square)[-1])
    exact = float(torch.linalg.eigvalsh(found.scale.diag() - hessian)[0])
    gaps = []
    for distance in (0.2, 0.1):
        decay = (1 - distance) * exact
        optimizer.param_groups[0]["weight_decay"] = decay
        values, vectors = torch.linalg.eigh(root[:, None] * (hessian + decay * torch.eye(6)) * root)
        _, told = weight_decay_window(thresholds(optimizer), mode(float(values[-1]), [vectors[:, -1]], [found]))
        gaps.append(told - exact)
    assert gaps[0] > gaps[1] > 0
    assert gaps[0] / gaps[1] == pytest.approx(4, rel=0.5)  # first order, and said so: the rest falls with the square


def test_shares_add_up_and_lr_zero_never_diverges() -> None:
    moving, still = Parameter(torch.ones(2)), Parameter(torch.ones(3))
    found = thresholds(SGD([{"params": [moving], "lr": 0.5}, {"params": [still], "lr": 0.0}]))
    assert [t.group for t in found] == [0, 1]
    assert found[1].curvature == float("inf")
    at = mode(0.5, [torch.tensor([1.0, 1.0]), torch.zeros(3)], found)
    assert sum(at.shares) == pytest.approx(1)
    assert largest_factor(at, found) == pytest.approx(2)
    assert largest_factor(mode(-0.5, [torch.ones(2), torch.zeros(3)], found), found) == float("inf")


class Lion(Optimizer):
    def __init__(self, parameters) -> None:
        super().__init__(parameters, {"lr": 1e-4})


class Renamed(SGD):
    pass


class Changed(SGD):
    def step(self, closure=None):
        return super().step(closure)


def test_subclasses_count_as_long_as_they_keep_the_step() -> None:
    assert only(Renamed([Parameter(torch.ones(2))], lr=0.1)).curvature == pytest.approx(20)
    with pytest.raises(InputError, match=r"no stability edge is derived for .*Changed"):
        thresholds(Changed([Parameter(torch.ones(2))], lr=0.1))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Lion, r"no stability edge for Lion: it takes only the sign"),
        (Rprop, r"no stability edge for Rprop: it takes only the sign"),
        (Muon, r"no stability edge for Muon: it sets every singular value"),
        (LBFGS, r"no stability edge is derived for torch.optim.*LBFGS; supported are SGD, Adam"),
        (partial(SGD, momentum=1.5), r"expected momentum < 1, .* sgd rests on, got momentum = 1.5"),
        (partial(AdamW, lr=1.0, weight_decay=3.0), r"expected lr \* weight_decay < 2 in group 0, got 1 \* 3"),
        (partial(NAdam, decoupled_weight_decay=True, weight_decay=0.1), r"NAdam with decoupled weight decay"),
    ],
)
def test_what_has_no_edge_is_named(make, message: str) -> None:
    parameter = Parameter(torch.ones(2, 2))
    optimizer = make([parameter])
    if not isinstance(optimizer, Lion | LBFGS):
        parameter.grad = torch.ones(2, 2)
        optimizer.step()
    with pytest.raises(InputError, match=message):
        thresholds(optimizer)


def test_bad_states_are_named() -> None:
    parameters = [Parameter(torch.ones(2)), Parameter(torch.ones(2))]
    with pytest.raises(InputError, match="expected adam to have stepped"):
        thresholds(Adam(parameters))
    with pytest.raises(InputError, match=r"all groups to minimise or all to maximise"):
        thresholds(SGD([{"params": parameters[:1], "maximize": True}, {"params": parameters[1:]}], lr=0.1))
    with pytest.raises(InputError, match="got none"):
        thresholds(SGD([torch.zeros(2)], lr=0.1))
    with pytest.raises(InputError, match="Optimizer, got str"):
        thresholds("adam")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="real parameters"):
        thresholds(SGD([Parameter(torch.zeros(2, dtype=torch.complex64))], lr=0.1))
    dead, _ = stepped(partial(Adam, eps=0.0))
    parameter = dead.param_groups[0]["params"][0]
    dead.state[parameter]["exp_avg_sq"].zero_()
    with pytest.raises(InputError, match="finite and above 0, got 0; give it an eps"):
        thresholds(dead)


def test_a_parameter_that_never_had_a_gradient_is_left_out() -> None:
    used, unused = Parameter(torch.ones(2)), Parameter(torch.ones(3))
    optimizer = Adam([used, unused])
    used.grad = torch.ones(2)
    optimizer.step()
    assert [t.parameter for t in thresholds(optimizer)] == [used]


def test_the_scheduler_s_lr_is_read_each_time() -> None:
    optimizer = SGD([Parameter(torch.ones(2))], lr=0.5)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.1)
    before = only(optimizer).curvature
    optimizer.step()
    scheduler.step()
    assert only(optimizer).curvature == pytest.approx(10 * before)


def test_wrappers_are_taken_off() -> None:
    class Wrapper:
        def __init__(self, optimizer) -> None:
            self.optimizer = optimizer

    inner = SGD([Parameter(torch.ones(2))], lr=0.5)
    assert unwrapped(Wrapper(Wrapper(inner))) is inner
    assert only(Wrapper(inner)).curvature == pytest.approx(4)


def test_thresholds_come_in_the_order_of_any_list() -> None:
    first, second = Parameter(torch.ones(2)), Parameter(torch.ones(3))
    found = thresholds(SGD([second, first], lr=0.5))
    assert [t.parameter for t in in_order(found, [first, second])] == [first, second]


def test_an_edge_is_evaluated_once_however_many_tensors_share_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand tensors, two groups: the window costs what it costs for two tensors."""
    asked = []
    for count in (1, 500):
        layers = [nn.Linear(1, 1, bias=False) for _ in range(2 * count)]
        groups = [{"params": [m.weight for m in half], "lr": lr} for half, lr in ((layers[:count], 0.1), (layers[count:], 0.2))]
        found = thresholds(SGD(groups, momentum=0.5, weight_decay=0.01))
        whole = mode(3.0, [torch.ones(1, 1)] * len(found), found)
        calls = []
        monkeypatch.setattr("numerics.thresholds.threshold.upper", lambda *a, calls=calls: calls.append(a) or upper(*a))
        numbers = largest_factor(whole, found), weight_decay_window(found, whole)
        monkeypatch.undo()
        asked.append((len(calls), pytest.approx(numbers[0])))
    assert asked[0][1] == asked[1][1].expected
    assert asked[1][0] <= asked[0][0] + 20  # a root is looked for, in a few more steps where sums round otherwise
