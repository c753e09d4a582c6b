"""What a result says, against slow and obvious computations on the nets themselves."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import xarray as xr
from torch.nn.functional import cross_entropy

from derive.errors import InputError
from numerics.common.determinism import reproducible
from numerics.measures.distance import relative_l1
from numerics.training.evaluate import predictions
from numerics.training.feed import training_batches
from numerics.training.history import MEANINGS
from tests.numerics.training.cases import begun, digits, finished, group, trails, trained


def test_dimensions_labels_and_units():
    found = trained(group(ks=(1, 3), trace=2, fluctuation=2, probe=16))
    assert set(found.data_vars) == {*MEANINGS, "trail", "status", "unstable_epoch", "right"}
    assert found.sizes["k"] == 2
    assert found.epoch.values.tolist() == [1, 2]
    assert found.step.values.tolist() == [2, 4, 6]
    assert found.rel_l1.dims == ("k", "epoch", "layer")
    assert found.accuracy.attrs["units"] == "percent"
    assert list(found.layer.values) == begun(group()).layers


def test_images_that_are_right_make_up_the_accuracy():
    found = trained(group(ks=(1, 3, 5), lr=1.0))
    np.testing.assert_allclose(100 * found.right.mean("image"), found.accuracy.isel(epoch=-1), rtol=1e-12)
    apart = (found.right != found.right.sel(k=1)).mean("image")
    assert (apart <= found.churn.isel(epoch=-1) + 1e-12).all()
    assert "right" not in begun(group()).results()


def test_a_result_before_the_first_epoch_is_empty():
    found = begun(group()).results()
    assert found.sizes["epoch"] == 0
    assert found.trail.shape == (2, 0)


def test_a_result_can_be_written_and_read(tmp_path):
    found = trained(group(trace=1))
    (tmp_path / "run.nc").write_bytes(found.to_netcdf(engine="h5netcdf"))
    assert xr.load_dataset(tmp_path / "run.nc", engine="h5netcdf").identical(found)


def test_the_standard_deviation_over_k_is_that_of_a_table():
    found = trained(group(ks=(1, 3, 5)))
    last = found.accuracy.isel(epoch=-1)
    assert float(last.std("k", ddof=1)) == pytest.approx(np.std(last.values, ddof=1))


def test_distances_churn_and_accuracy_are_those_of_the_nets():
    """In float64: other batches round logits otherwise, and in float32 two classes might be that near one another."""
    run, data = begun(group(ks=(1, 3), dtype="float64")), digits("float64")
    found = finished(run).isel(epoch=-1)
    first, second = run.stable
    net = [torch.cat([w.reshape(-1) for w in member.weights]) for member in run.stable]
    assert float(found.rel_l1_net.sel(k=3)) == pytest.approx(float(relative_l1(*net)), rel=1e-12)
    assert float(found.changed.sel(k=3)) == float((net[0] != net[1]).double().mean())
    for layer, x, y in zip(run.layers, first.weights, second.weights, strict=True):
        assert float(found.rel_l1.sel(k=3, layer=layer)) == pytest.approx(float(relative_l1(x, y)), rel=1e-12)
    labels, classes = data.test.labels, []
    for member in run.stable:
        member.net.eval()
        classes.append(torch.cat([member.net(few).argmax(1) for few in data.test.images.split(7)]))
        assert float(found.accuracy.sel(k=member.k)) == pytest.approx(100 * int((classes[-1] == labels).sum()) / len(labels))
    assert float(found.churn.sel(k=3)) == pytest.approx(int((classes[0] != classes[1]).sum()) / len(labels))


def test_the_unperturbed_member_is_at_no_distance_from_itself():
    found = trained(group(ks=(3, 1), trace=1)).sel(k=1)
    for name in ("rel_l1", "rel_l1_net", "changed", "churn", "rel_l1_step"):
        assert (found[name] == 0).all()


def test_without_the_unperturbed_member_distances_are_unknown():
    found = trained(group(ks=(3, 5), trace=1))
    for name in ("rel_l1", "rel_l1_net", "changed", "churn", "rel_l1_step"):
        assert found[name].isnull().all()
    assert found.accuracy.notnull().all()


def test_records_by_steps_meet_those_by_epochs():
    """Three steps an epoch: the record after the last of them is that of the epoch, and losses average to its loss."""
    found = trained(group(ks=(1, 3), trace=1))
    assert found.step.values.tolist() == [1, 2, 3, 4, 5, 6]
    np.testing.assert_allclose(found.rel_l1_step.sel(step=[3, 6]), found.rel_l1_net, rtol=1e-12)
    weights = np.array([32, 32, 16]) / 80
    by_epoch = (found.loss_step.values.reshape(2, 2, 3) * weights).sum(-1)
    np.testing.assert_allclose(by_epoch, found.loss, rtol=1e-12)


def test_records_may_be_of_one_parameter():
    found = trained(group(ks=(1, 3), trace=1, trace_of="3.weight"))
    np.testing.assert_allclose(found.rel_l1_step.sel(step=[3, 6]), found.rel_l1.sel(layer="3.weight"), rtol=1e-12)
    assert not np.allclose(found.rel_l1_step.sel(step=[3, 6], k=3), found.rel_l1_net.sel(k=3), rtol=1e-3, atol=0)
    with pytest.raises(InputError, match=r"expected trace_of to be a parameter of tiny, such as 0\.weight, got 'weight'"):
        begun(group(trace_of="weight"))


@pytest.mark.parametrize("trace", [2, 4, 5])
def test_records_are_thinned_out_across_epochs(trace):
    every, some = trained(group(trace=1)), trained(group(trace=trace))
    steps = list(range(trace, 7, trace))
    assert some.step.values.tolist() == steps
    for name in ("rel_l1_step", "loss_step"):
        assert np.array_equal(some[name], every[name].sel(step=steps))


@pytest.mark.parametrize("measured", [{"fluctuation": 3}, {"trace": 1}])
def test_measuring_changes_nothing(measured):
    assert trails(trained(group(**measured))) == trails(trained(group()))


def test_the_fluctuation_is_that_of_separate_gradients():
    made = group(ks=(1,), fluctuation=3, epochs=1)
    run = begun(made)
    found = finished(run).isel(k=0, epoch=0)
    net, gradients = run.stable[0].net, []
    with reproducible():  # one thread: the ratios near zeros of the mean show every rounding
        for images, labels in training_batches(made, digits(), 1):
            net.zero_grad()
            cross_entropy(net(images), labels).backward()
            gradients.append(torch.cat([p.grad.double().reshape(-1) for p in net.parameters()]))
    mean = sum(gradients) / 3
    ratios = (gradients[0] - mean).abs() / mean.abs()
    kept = ratios[~ratios.isnan()]
    assert float(found.fluctuation) == pytest.approx(float(kept[~kept.isinf()].mean()), rel=1e-9)
    assert float(found.fluctuation_ratio) == pytest.approx(
        float((gradients[0] - mean).abs().sum() / mean.abs().sum()), rel=1e-9
    )


def test_predictions_leave_the_net_in_training_mode_and_as_it_was():
    run = begun(group(ks=(1,)))
    net = run.stable[0].net
    before = {name: part.clone() for name, part in net.state_dict().items()}
    predictions(net, digits().test)
    assert net.training
    assert all(torch.equal(part, before[name]) for name, part in net.state_dict().items())
