from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import InputError
from numerics import relative_l1
from numerics.pdes.flows import heat
from numerics.pdes.simulate import simulate
from tests.examples import thoroughly
from tests.numerics.cases import normal


def decay(state):
    return -state


@thoroughly()
@given(st.floats(0.01, 3), st.integers(1, 30))
def test_linear_decay_has_a_closed_form(lr, steps):
    start = normal(0, (2, 3))
    final = simulate(decay, start, lr, steps).final
    assert torch.allclose(final, start * (1 - lr) ** steps, rtol=1e-13 * steps, atol=1e-13)


def test_records():
    path = simulate(decay, torch.ones(1), 0.5, 7, observe={"x": lambda s, _: s, "step": lambda s, before: s - before}, every=3)
    assert path.steps.tolist() == [0, 3, 6]
    assert path.records["x"].flatten().tolist() == [1, 0.5**3, 0.5**6]
    assert path.records["step"].flatten().tolist() == [0, -(0.5**3), -(0.5**6)]


def test_batches_from_step_sizes_and_k_and_weight_decay():
    """Whatever brings the batch in, records have its shape from the first on."""
    start = normal(0, (3, 3))
    lr = torch.tensor([0.1, 0.2], dtype=torch.float64)[:, None, None]
    k = torch.tensor([1.0, 3.0, 5.0], dtype=torch.float64)[:, None, None, None]
    alpha = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64)[:, None, None, None, None]
    path = simulate(lambda s: -alpha * s, start, lr, 4, k=k, observe={"norm": lambda s, _: s.norm(dim=(-2, -1))})
    assert path.records["norm"].shape == (5, 4, 3, 2)
    assert torch.allclose(path.final[2, 0, 1], start * 0.4**4, rtol=1e-14)


def test_step_sizes_keep_double_precision():
    """A Python float must not pass through single precision on its way."""
    assert float(simulate(decay, torch.ones((), dtype=torch.float64), 0.1, 1).final) == 1 - 0.1


def test_k_one_is_the_plain_update_bit_for_bit():
    start, lr = normal(0, (5, 5)), 0.1
    k = torch.tensor([1.0, 3.0])[:, None, None]
    plain, both = simulate(decay, start, lr, 20).final, simulate(decay, start, lr, 20, k=k).final
    assert torch.equal(both[0], plain)
    assert 0 < float(relative_l1(both[1], plain)) < 1e-14


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("power", [2, 4, 1024])
def test_k_a_power_of_two_changes_no_bit(dtype, power):
    start = normal(0, (5, 5), dtype)
    assert torch.equal(simulate(decay, start, 0.1, 50, k=power).final, simulate(decay, start, 0.1, 50).final)


def test_k_three_changes_only_rounding_in_either_precision():
    for dtype in (torch.float32, torch.float64):
        start = normal(0, (4096,), dtype)
        distance = float(relative_l1(simulate(decay, start, 0.1, 1, k=3).final, simulate(decay, start, 0.1, 1).final))
        assert 0 < distance < 4 * torch.finfo(dtype).eps


def test_progress_is_told_of_every_step():
    seen = []
    simulate(decay, torch.ones(1), 0.1, 3, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_runs_on_the_device_of_the_state(device):
    final = simulate(heat(), torch.ones(5, device=device), torch.tensor(0.25), 3, k=torch.tensor(3)).final
    assert final.device.type == device
    assert final.dtype == torch.float32


@pytest.mark.parametrize(
    "change",
    [
        {"lr": 0.0},
        {"lr": -1.0},
        {"lr": float("nan")},
        {"lr": "fast"},
        {"steps": 0},
        {"steps": 2.5},
        {"k": 0},
        {"k": 1.5},
        {"every": 0},
    ],
)
def test_bad_input(change):
    with pytest.raises(InputError, match="expected"):
        simulate(decay, torch.ones(1), **({"lr": 0.1, "steps": 3} | change))
