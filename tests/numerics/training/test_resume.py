"""Going on from a saved state, to the bits of a run that was never interrupted."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest
import torch

from derive.errors import InputError
from tests.numerics.training.cases import begun, finished, group, trails

pytestmark = pytest.mark.exact

KINDS = {
    "sgd": group(trace=2, fluctuation=2, epochs=3),
    "plain sgd": group(momentum=0.0, nesterov=False, epochs=3),
    "adam": group(optimizer="adam", lr=0.01, epochs=3),
    "stochastic rounding": group(ks=(0, 1), kind="stochastic-rounding", epochs=3),
    "ulp": group(ks=(0, 5), kind="ulp", epochs=3),
    "float64": group(dtype="float64", epochs=3),
}


def interrupted(made, after, change=lambda tensors, meta: None):
    """A fresh run that goes on from the state of another one."""
    run = begun(made)
    for _ in range(after):
        run.advance()
    tensors, meta = run.state()
    tensors, meta = {name: part.clone() for name, part in tensors.items()}, json.loads(json.dumps(meta, allow_nan=False))
    change(tensors, meta)
    resumed = begun(made)
    resumed.restore(tensors, meta)
    return resumed


@cache
def straight(kind):
    return finished(begun(KINDS[kind]))


@pytest.mark.parametrize("after", [0, 1, 2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_a_resumed_run_ends_bit_for_bit_where_an_uninterrupted_one_does(kind, after):
    assert straight(kind).identical(finished(interrupted(KINDS[kind], after)))


@pytest.mark.parametrize(("kind", "part"), [("sgd", "momentum_buffer"), ("adam", "exp_avg_sq"), ("adam", "step")])
def test_without_the_optimisers_state_it_does_not(kind, part):
    made = KINDS[kind]
    resumed = interrupted(made, 1)
    for member in resumed.stable:
        for values in member.optimizer.state.values():
            values[part].zero_()
    assert trails(straight(kind)) != trails(finished(resumed))


def test_a_state_is_a_copy_that_training_does_not_touch():
    run = begun(KINDS["sgd"])
    run.advance()
    tensors, meta = run.state()
    before = {name: part.clone() for name, part in tensors.items()}
    text = json.dumps(meta)
    run.advance()
    assert json.dumps(meta) == text
    assert all(torch.equal(part, before[name]) for name, part in tensors.items())
    other = begun(KINDS["sgd"])
    other.restore(tensors, meta)
    other.advance()
    assert all(torch.equal(part, before[name]) for name, part in tensors.items())


def test_saving_changes_nothing():
    made = KINDS["adam"]
    run = begun(made)
    while not run.finished:
        run.state()
        run.advance()
    assert run.results().identical(straight("adam"))


def test_a_run_can_be_wound_back():
    run = begun(KINDS["sgd"])
    run.advance()
    state = run.state()
    first = finished(run)
    run.restore(*state)
    assert run.epoch == 1
    assert finished(run).identical(first)


def test_the_state_of_other_members_is_refused():
    run = begun(group(epochs=1))
    tensors, meta = run.state()
    with pytest.raises(InputError, match="members"):
        begun(group(ks=(1, 5), epochs=1)).restore(tensors, meta)


def test_an_ended_member_stays_ended():
    made = group(epochs=3)
    run = begun(made)
    with torch.no_grad():
        run.stable[1].net.state_dict()[run.layers[0]].fill_(np.nan)
    run.advance()
    state = run.state()
    assert not any(name.startswith("3/") for name in state[0])
    resumed = begun(made)
    resumed.restore(*state)
    assert finished(resumed).identical(finished(run))
    assert resumed.results().status.values.tolist() == ["finished", "unstable"]
