"""Borders of the regimes, shares, curvatures against a dense Hessian, and crossings counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from derive.errors import InputError
from experiments.pdes.nonlinear_setting import NonlinearSetting
from numerics.pdes.flows import nonlinear, nonlinear_loss
from numerics.pdes.regimes import REGIMES, borders, crossings, curvatures, regime_codes, shares

SETTING = NonlinearSetting(image=24, kernel=4)


@pytest.mark.parametrize("tolerance", [0.2, 0.1, 0.09, 0.05, 0.01])
def test_beyond_a_border_the_slope_is_within_the_tolerance_and_just_inside_it_is_not(tolerance: float) -> None:
    """Against the slope by automatic differentiation of torch's own Swish."""
    low, high = borders(tolerance)
    outside = torch.linspace(high, 40, 4001, dtype=torch.float64)
    inside = torch.tensor([high - 1e-6, low + 1e-6], dtype=torch.float64)
    for points, limit in ((outside, 1.0), (-outside + low + high, 0.0)):
        assert float((slope(points) - limit).abs().max()) <= tolerance + 1e-12
    assert ((slope(inside) - torch.tensor([1.0, 0.0])).abs() > tolerance).all()


def slope(points: torch.Tensor) -> torch.Tensor:
    at = points.clone().requires_grad_()
    return torch.autograd.grad(torch.nn.functional.silu(at).sum(), at)[0]


@pytest.mark.parametrize("wrong", [0, 0.5, -0.1])
def test_tolerances_that_are_none(wrong: float) -> None:
    with pytest.raises(InputError, match="a tolerance between"):
        borders(wrong)


def test_codes_and_shares_by_hand() -> None:
    codes = regime_codes(torch.tensor([[-9.0, -0.1, 0.0, 9.0], [9.0, 9.0, 9.0, 0.2]]), 0.1)
    assert [REGIMES[n] for n in codes[0].tolist()] == ["not activated", "transitioning", "transitioning", "activated"]
    assert shares(codes).tolist() == [[0.25, 0.5, 0.25], [0.75, 0.25, 0]]
    assert regime_codes(torch.tensor([0.2]), 0.1, 10.0).tolist() == [0]  # a border in units of 1/beta


def test_curvatures_are_the_ends_of_the_spectrum_of_the_loss() -> None:
    """One state with negative curvature among them."""
    operator = SETTING.correlation("cpu")
    flow, loss = nonlinear(operator, 0.5, 1.0, 1.0), nonlinear_loss(operator, 0.5, 1.0, 1.0)
    states = torch.stack(
        [0.01 * SETTING.start("cpu"), SETTING.start("cpu"), torch.full((4, 4), torch.nan, dtype=torch.float64)]
    )
    found = curvatures(flow, states)
    for state, ends in zip(states[:2], found, strict=False):
        spectrum = torch.linalg.eigvalsh(torch.autograd.functional.hessian(loss, state).reshape(16, 16))
        torch.testing.assert_close(ends, spectrum[[0, -1]], rtol=1e-6, atol=1e-6)
    assert float(found[0, 0]) < 0
    assert bool(found[2].isnan().all())


def test_crossings_by_hand() -> None:
    beyond = np.array([[0, 1, 0], [1, 1, 0], [0, 1, 0], [0, 1, 1]], dtype=bool)
    assert crossings(beyond).tolist() == [2, 0, 1]
