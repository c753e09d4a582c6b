"""A group's members against their solo runs, against each other, and against a plain loop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from derive.errors import InputError
from numerics import nets
from numerics.common.determinism import reproducible
from numerics.datasets import batches
from numerics.training.recipe import Seeds
from tests.numerics.training.cases import begun, digits, finished, group, trails, trained


@pytest.mark.parametrize(
    "recipe",
    [
        {},
        {"optimizer": "adam", "lr": 0.01},
        {"net": "resnet-8", "activation": "swish", "epochs": 1},
        {"net": "dense-2", "augment": False},
    ],
)
def test_a_member_equals_its_solo_run_in_any_company(recipe):
    together = trained(group(ks=(1, 3, 5), **recipe))
    turned = trained(group(ks=(5, 1, 3), **recipe))
    alone = {k: trained(group(ks=(k,), **recipe)) for k in (1, 3, 5)}
    assert trails(together) == trails(turned) == {k: trails(one)[k] for k, one in alone.items()}
    for k, one in alone.items():
        for name in ("accuracy", "loss"):
            assert together[name].sel(k=k).values.tolist() == one[name].sel(k=k).values.tolist()
    for name in ("rel_l1", "rel_l1_net", "churn", "changed"):
        assert np.array_equal(together[name], turned[name].sel(k=together.k))


def test_the_unperturbed_member_is_a_plain_loop_to_the_last_bit():
    made = group(ks=(1,))
    recipe, data, run = made.recipe, digits(), begun(made)
    finished(run)
    with reproducible():
        shape = {"channels": data.channels, "classes": data.classes, "size": data.size}
        net = nets.build("tiny", **shape, seed=made.seeds.init)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=5e-4)
        for epoch in range(recipe.epochs):
            optimizer.param_groups[0]["lr"] = [0.05, 0.05 * 0.1][epoch]
            for images, labels in batches(data.train, recipe.batch, made.seeds.order, made.seeds.augment, epoch):
                optimizer.zero_grad()
                cross_entropy(net(images), labels).backward()
                optimizer.step()
        net.eval()
        right = (net(data.test.images).argmax(1) == data.test.labels).float().mean()
    for ours, theirs in zip(run.stable[0].weights, net.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    assert float(run.results().accuracy[0, -1]) == pytest.approx(100 * float(right), abs=1e-4)


def test_trials_coincide():
    first, second = trained(group(trial=0)), trained(group(trial=1))
    assert trails(first) == trails(second)
    assert first.drop_attrs().equals(second.drop_attrs())


@pytest.mark.parametrize("form", ["paper", "code"])
def test_k_and_a_power_of_two_times_k_coincide(form):
    found = trails(trained(replace(group(ks=(1, 2, 8, 3, 12)), form=form)))
    assert found[1] == found[2] == found[8]
    assert found[3] == found[12]
    assert found[1] != found[3]


@pytest.mark.parametrize(
    "other",
    [
        {"seeds": Seeds(init=2)},
        {"seeds": Seeds(order=2)},
        {"seeds": Seeds(augment=2)},
        {"lr": 0.051},
        {"momentum": 0.8},
        {"weight_decay": 0.0},
        {"batch": 40},
        {"augment": False},
        {"dtype": "float64"},
    ],
)
def test_whatever_decides_the_run_changes_its_trail_from_the_first_epoch(other):
    reference, changed = trails(trained(group(epochs=1))), trails(trained(group(epochs=1, **other)))
    assert all(reference[k] != changed[k] for k in reference)


def test_the_seed_of_the_perturbation_changes_the_perturbed_members_only():
    kind = {"ks": (0, 1, 2), "kind": "stochastic-rounding", "epochs": 1}
    first, second = (trails(trained(group(seeds=Seeds(perturbation=n), **kind))) for n in (1, 2))
    assert first[0] == second[0]
    assert all(first[k] != second[k] for k in (1, 2))
    assert len({first[k][0] for k in first}) == 3


def test_one_weight_moved_by_one_ulp():
    found = trained(group(ks=(0, 1, 7), kind="ulp", trace=1))
    assert len({trail[-1] for trail in trails(found).values()}) == 3
    assert (found.rel_l1_net.sel(k=[1, 7]) > 0).all()


@pytest.mark.parametrize("dtype", ["bfloat16", "float64"])
def test_other_precisions(dtype):
    found = trained(group(dtype=dtype, epochs=1))
    assert np.isfinite(found.loss).all()
    assert trails(found) == trails(trained(group(dtype=dtype, epochs=1)))


def test_global_randomness_has_no_influence_and_is_left_alone():
    made = group(epochs=1)
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002
    first = trails(trained(made))
    torch.manual_seed(2)
    np.random.seed(2)  # noqa: NPY002
    before, drawn = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    assert trails(trained(made)) == first
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(np.random.get_state()[1], drawn)  # noqa: NPY002


def test_the_number_of_threads_has_no_influence():
    before, made = torch.get_num_threads(), group(epochs=1)
    first = trails(trained(made))
    torch.set_num_threads(2)
    try:
        assert trails(trained(made)) == first
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_progress_is_told_in_steps():
    told, run = [], begun(group(epochs=1))
    run.advance(lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert run.finished
    with pytest.raises(InputError, match="epochs left"):
        run.advance()


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (group(ks=()), "each once"),
        (group(ks=(1, 3, 1)), "each once"),
        (group(ks=(0,)), "k to be an integer"),
        (group(fluctuation=4), "at most the 3 batches of an epoch, got 4"),
    ],
)
def test_bad_groups_are_refused_before_training(made, message):
    with pytest.raises(InputError, match=message):
        begun(made)


@pytest.mark.gpu
def test_on_a_gpu_members_equal_their_solo_runs_side_by_side():
    together = trained(group(ks=(1, 3, 5)), "cuda")
    assert together.attrs["mode"].startswith("side by side")
    assert trails(together) == {k: trails(trained(group(ks=(k,)), "cuda"))[k] for k in (1, 3, 5)}
