from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from derive import theorem
from derive.errors import InputError
from numerics.common.bracketing import bisect
from numerics.common.checks import POOLINGS
from numerics.pdes.active_mode import checkerboard, mode_parameters, restrained_edge
from numerics.pdes.correlation import Correlation
from numerics.pdes.flows import nonlinear
from numerics.pdes.simulate import simulate
from numerics.pdes.verdict import STABLE, UNSTABLE, motion_observers, verdict_codes
from tests.examples import thoroughly
from tests.numerics.cases import normal


def test_checkerboard():
    assert checkerboard(3).tolist() == [[1, -1, 1], [-1, 1, -1], [1, -1, 1]]
    with pytest.raises(InputError):
        checkerboard(0)


@thoroughly(max_examples=25)
@given(st.integers(2, 14), st.integers(1, 14), st.sampled_from(POOLINGS), st.floats(-2, 2), st.floats(0.2, 3))
def test_reduction_is_the_full_flow(size, kernel, pooling, kappa, beta):
    """K along I moves along I at the reduced rate; what is orthogonal to I only decays."""
    c = Correlation(checkerboard(size), min(kernel, size), pooling=pooling)
    mode, parameters = checkerboard(c.kernel_shape[0]), mode_parameters(c)
    rest = normal(0, c.kernel_shape)
    rest -= mode * (rest * mode).mean()
    moved = nonlinear(c, 0.8, beta, 1.0)(kappa / parameters["area"] * mode + rest)
    rate = theorem("checkerboard").function("numpy", "rate")(kappa=kappa, alpha=0.8, beta=beta, y=1.0, **parameters)
    scale = parameters["area"] * parameters["pooled"]
    assert abs(float((moved * mode).sum()) - rate) <= 1e-12 * scale
    across = moved - mode * (moved * mode).mean()
    assert torch.allclose(across, -0.8 * rest, atol=1e-12 * scale)


@thoroughly(max_examples=25)
@given(st.floats(0.5, 40), st.floats(0.3, 3), st.sampled_from([0.0, 1.0]), st.floats(-50, 50), st.floats(0.4, 0.6))
def test_the_fixed_point_is_the_first_met_and_its_slope_is_right(alpha, beta, y, start, share):
    given_ = {"alpha": alpha, "beta": beta, "y": y, "area": 256.0, "share": share, "pooled": 1.0}
    rate = theorem("checkerboard").function("numpy", "rate")
    edge = restrained_edge(**given_, start=start)
    assert abs(rate(kappa=edge.fixed_point, **given_)) <= 1e-10 * (256 + alpha * abs(start))
    step = 1e-5
    numeric = (rate(kappa=edge.fixed_point + step, **given_) - rate(kappa=edge.fixed_point - step, **given_)) / (2 * step)
    assert edge.slope == pytest.approx(numeric, rel=1e-5, abs=1e-4)
    assert edge.lr_edge <= 2 / abs(edge.slope) * (1 + 1e-15)
    assert edge.lr_blowup == 2 / alpha


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_edge_agrees_with_bisection_on_the_full_simulation(sign):
    """Neither knows of the other: one is a root of the reduced flow, the other the verdict on whole runs."""
    c = Correlation(checkerboard(40), 12, pooling="mean")
    start = 0.05 * normal(0, c.kernel_shape) + sign * checkerboard(12) / 144
    predicted = restrained_edge(4.0, 1.0, 1.0, **mode_parameters(c), start=sign)

    def codes(lrs):
        return verdict_codes(
            simulate(nonlinear(c, 4.0, 1.0, 1.0), start, lrs[:, None, None], 1000, observe=motion_observers()).records
        )

    found = bisect(lambda lrs: codes(lrs) != STABLE, 0.5 * predicted.lr_edge, 1.2 * predicted.lr_edge, 2e-3, 4)
    assert found.middle == pytest.approx(predicted.lr_edge, rel=5e-3)
    around = torch.tensor([0.98, 1.02], dtype=torch.float64) * predicted.lr_blowup
    assert (codes(around) == UNSTABLE).tolist() == [False, True]


def test_weight_decay_must_be_positive():
    with pytest.raises(InputError, match="above 0"):
        restrained_edge(0.0, 1.0, 1.0, 16.0, 0.5, 1.0)
