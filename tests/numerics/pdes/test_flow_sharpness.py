"""Sharpness along a flow: against a dense Hessian of the loss, and against the slope of the one active mode."""

from __future__ import annotations

import pytest
import torch

from experiments.pdes.nonlinear_setting import NonlinearSetting
from numerics.pdes.flow_sharpness import flow_sharpness
from numerics.pdes.flows import nonlinear, nonlinear_loss
from numerics.pdes.simulate import simulate

SETTING = NonlinearSetting(image=24, kernel=4)


def test_is_the_largest_eigenvalue_of_the_loss_hessian() -> None:
    operator = SETTING.correlation("cpu")
    flow, loss = nonlinear(operator, 2.0, 1.0, 1.0), nonlinear_loss(operator, 2.0, 1.0, 1.0)
    states = torch.stack([0.3 * SETTING.start("cpu"), SETTING.start("cpu"), torch.full((4, 4), torch.nan, dtype=torch.float64)])
    found = flow_sharpness(flow, states)
    for state, value in zip(states[:2], found, strict=False):
        hessian = torch.autograd.functional.hessian(loss, state).reshape(16, 16)  # not from the flow
        assert float(value) == pytest.approx(float(torch.linalg.eigvalsh(hessian)[-1]), rel=1e-8)
    assert bool(found[2].isnan())


def test_at_rest_it_is_the_slope_of_the_active_mode() -> None:
    edge, operator = SETTING.edge(2.0), SETTING.correlation("cpu")
    flow = nonlinear(operator, 2.0, 1.0, 1.0)
    rest = simulate(flow, SETTING.start("cpu"), edge.lr_edge / 2, 500).final
    assert float(flow_sharpness(flow, rest)) == pytest.approx(-edge.slope, rel=1e-8)
