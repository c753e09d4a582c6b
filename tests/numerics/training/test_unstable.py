"""Members whose numbers run away end, are recorded as such, and leave the others alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.numerics.training.cases import begun, finished, group, trails, trained

MEASURED = ("accuracy", "loss", "rel_l1_net", "changed", "churn")


def spoilt(made, k, epoch, value=np.nan):
    """Trained, with a weight of one member overwritten before an epoch, counted from 1."""
    run = begun(made)
    while not run.finished:
        if run.epoch + 1 == epoch:
            member = next(m for m in run.stable if m.k == k)
            with torch.no_grad():
                next(member.net.parameters()).view(-1)[0] = value
        run.advance()
    return run.results()


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_a_member_ends_and_the_others_go_on(epoch, value):
    made = group(ks=(1, 3, 5), epochs=3, trace=1)
    found, untouched = spoilt(made, 3, epoch, value), trained(made)
    assert found.status.values.tolist() == ["finished", "unstable", "finished"]
    assert found.unstable_epoch.values.tolist() == [0, epoch, 0]
    for name in (*MEASURED, "rel_l1"):
        assert found[name].sel(k=3, epoch=slice(epoch, None)).isnull().all()
        assert found[name].sel(k=3, epoch=slice(None, epoch - 1)).notnull().all()
    assert (found.trail.sel(k=3, epoch=slice(epoch, None)) == "").all()
    assert (found.right.sel(k=3) == -1).all()
    assert found.sel(k=[1, 5]).identical(untouched.sel(k=[1, 5]))


def test_without_the_unperturbed_member_nothing_is_left_to_measure_distances_to():
    made = group(ks=(1, 3, 5), epochs=3, trace=1)
    found, untouched = spoilt(made, 1, 2), trained(made)
    assert found.status.values.tolist() == ["unstable", "finished", "finished"]
    for name in ("rel_l1", "rel_l1_net", "changed", "churn"):
        assert found[name].sel(epoch=[2, 3]).isnull().all()
    kept = ["trail", "accuracy", "loss", "loss_step"]
    assert found[kept].sel(k=[3, 5]).identical(untouched[kept].sel(k=[3, 5]))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_step_size_past_every_bound_ends_all_members_and_the_run_finishes(dtype):
    found = trained(group(lr=1e30, epochs=3, trace=1, fluctuation=2, dtype=dtype))
    assert found.status.values.tolist() == ["unstable"] * 2
    assert (found.unstable_epoch > 0).all()
    assert dict(found.sizes) == {"k": 2, "epoch": 3, "layer": found.sizes["layer"], "step": 9, "image": 355}
    assert found.accuracy.isel(epoch=-1).isnull().all()


def test_a_running_statistic_that_is_infinite_counts():
    """The loss cannot see it: in training batch norm goes by the batch's own statistics."""
    run = begun(group(epochs=2))
    buffers = [b for b in run.stable[0].net.buffers() if b.is_floating_point()]
    buffers[-1].fill_(np.inf)
    assert finished(run).status.values.tolist() == ["unstable", "finished"]


def test_healthy_members_are_not_ended():
    found = trained(group())
    assert found.status.values.tolist() == ["finished"] * 2
    assert found.unstable_epoch.values.tolist() == [0, 0]
    assert all(len(text) == 32 for row in trails(found).values() for text in row)
