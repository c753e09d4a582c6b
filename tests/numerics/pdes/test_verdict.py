"""Sequences whose nature is known in closed form."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import InputError
from numerics.pdes.active_mode import checkerboard
from numerics.pdes.correlation import Correlation
from numerics.pdes.flows import nonlinear
from numerics.pdes.simulate import simulate
from numerics.pdes.verdict import motion_observers, verdict
from tests.examples import thoroughly

STEPS = 400


def judge(update, start=0.3, steps=STEPS, dtype=torch.float64) -> str:
    """Verdict on x -> update(x)."""
    path = simulate(lambda x: update(x) - x, torch.tensor([start], dtype=dtype), 1.0, steps, observe=motion_observers(1))
    return str(verdict(path.records))


@thoroughly()
@given(st.floats(0, 0.995), st.sampled_from([-1, 1]), st.floats(-10, 10))
def test_contraction_is_stable(rho, sign, rest):
    assert judge(lambda x: rest + sign * rho * (x - rest), start=rest + 1.0) == "stable"


@thoroughly()
@given(st.floats(1.005, 3), st.sampled_from([-1, 1]))
def test_expansion_is_unstable(rho, sign):
    assert judge(lambda x: sign * rho * x) == "unstable"


@thoroughly()
@given(st.floats(0.01, 100), st.floats(-100, 100))
def test_period_two_is_restrained(amplitude, centre):
    assert judge(lambda x: 2 * centre - x, start=centre + amplitude) == "restrained"


@pytest.mark.parametrize(
    ("rate", "expected"), [(2.8, "stable"), (3.2, "restrained"), (3.5, "restrained"), (3.9, "restrained"), (4.2, "unstable")]
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_logistic_map(rate, expected, dtype):
    """Fixed point, orbits of period two and four, chaos, escape to infinity."""
    assert judge(lambda x: rate * x * (1 - x), dtype=dtype) == expected


def test_slow_changes_are_resolved_by_longer_runs():
    """A rate within 0.4/N of 1 is called lasting; a longer run tells."""
    for rho, expected in ((0.9995, "stable"), (1.0005, "unstable")):
        assert judge(lambda x, rho=rho: rho * x, steps=200) == "restrained"
        assert judge(lambda x, rho=rho: rho * x, steps=4000) == expected


def test_a_fixed_point_reached_exactly_is_stable():
    assert judge(lambda x: x) == "stable"
    assert judge(lambda x: 0 * x) == "stable"


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_rounding_noise_at_rest_is_stable(dtype):
    """Two neighbouring floating-point numbers in turn: motion that does not decay, and is nothing but rounding."""
    centre = torch.tensor(1.0, dtype=dtype)
    above = torch.nextafter(centre, torch.tensor(2.0, dtype=dtype))
    assert judge(lambda x: torch.where(x == centre, above, centre), start=1.0, dtype=dtype) == "stable"


def test_growth_that_turns_into_an_oscillation_is_restrained():
    assert judge(lambda x: -3 * torch.tanh(x), start=1e-6) == "restrained"


def test_nan_is_unstable():
    assert judge(lambda x: x * torch.nan) == "unstable"


def test_one_verdict_per_member():
    factors = torch.tensor([[0.5, -1.0], [1.5, 1.0]], dtype=torch.float64)[..., None, None]
    start = torch.ones(1, 1, dtype=torch.float64)
    path = simulate(lambda x: (factors - 1) * x, start, 1.0, 100, observe=motion_observers())
    assert verdict(path.records).tolist() == [["stable", "restrained"], ["unstable", "stable"]]


def test_too_short_a_run():
    with pytest.raises(InputError, match="at least 16"):
        judge(lambda x: x, steps=5)


@pytest.mark.parametrize(
    ("waves", "steps", "expected"), [(0.0, 600, "stable"), (0.0, 1200, "stable"), (0.3, 1200, "restrained")]
)
def test_lasting_oscillation_shows_when_the_transient_is_over(waves, steps, expected):
    """A transient decaying by 1 % a step, alone and over an irregular oscillation that does not decay."""
    n = torch.arange(float(steps), dtype=torch.float64)
    motion = (16 * 0.99**n + waves * (1 + torch.sin(n**1.5)))[:, None]
    assert str(verdict({"size": 1 + motion, "motion": motion})[0]) == expected


def test_oscillation_under_a_transient_in_the_full_pde():
    """Just below the blow-up the other modes die slowly; the active mode's oscillation must not be missed for it."""
    setting = {"alpha": 5.0, "beta": 1.0, "y": 1.0}
    operator = Correlation(checkerboard(64), 8, pooling="mean")
    start = torch.randn(1, 8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    path = simulate(nonlinear(operator, **setting), start, 0.995 * 2 / setting["alpha"], 600, observe=motion_observers())
    assert list(verdict(path.records)) == ["restrained"]
