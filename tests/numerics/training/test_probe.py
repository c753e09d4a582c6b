"""The step size kept below the measured edge: against a dense Hessian, and what a recipe without it is left as."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
import torch
from torch.func import functional_call
from torch.nn.functional import cross_entropy

from derive.errors import InputError
from numerics.datasets import load
from numerics.training.group import GroupRun
from numerics.training.layout import fault, layout
from numerics.training.member import members
from numerics.training.probe import edge, probed
from numerics.training.recipe import Group, Recipe

RECIPE = Recipe(
    net="chain-1", data="digits", momentum=0.0, nesterov=False, lr=1.0, lr_every=0, batch=64, augment=False, epochs=2,
    weight_decay=0.01, dtype="float64", activation="swish", probe=40, cap=0.5,
)  # fmt: skip
GROUP = Group(RECIPE, ks=(1, 3))


def dense(member, data, images: int) -> float:
    """Largest eigenvalue of the Hessian on the first images."""
    (name, weight), *_ = member.net.named_parameters()
    x, y = data.train.images[:images], data.train.labels[:images]

    def loss(flat: torch.Tensor) -> torch.Tensor:
        return cross_entropy(functional_call(member.net, {name: flat.view_as(weight)}, (x,)), y)

    return float(torch.linalg.eigvalsh(torch.autograd.functional.hessian(loss, weight.detach().flatten()))[-1])


def test_it_is_the_derived_edge_over_the_dense_hessian() -> None:
    data = load("digits", classes=(0, 1), dtype=torch.float64)
    (member, _), curvature = members(GROUP, data, "cpu"), None
    curvature = dense(member, data, RECIPE.probe) + RECIPE.weight_decay
    for cap in (0.0, 0.5, 1e-3):
        found = probed(member, replace(GROUP, recipe=replace(RECIPE, cap=cap)), data, 0)
        assert found.normalised == pytest.approx(found.lr * curvature / 2, rel=2e-2)  # 2/lr is the edge
        assert found.normalised <= (cap or 1e9)
        assert found.lr == RECIPE.lr or (found.lr.hex().startswith("0x1.0000") and 4 * found.normalised > cap)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_the_edge_is_as_one_over_the_step_size(momentum: float) -> None:
    recipe = replace(RECIPE, momentum=momentum, nesterov=momentum > 0)
    assert edge(recipe, 0.25) == pytest.approx(4 * edge(recipe, 1.0))


def test_members_are_trained_at_the_kept_step_size_and_it_is_told() -> None:
    recipe = replace(RECIPE, net="dense-1", lr=8.0, subset=64, epochs=1, dtype="float32")
    group = replace(GROUP, recipe=recipe)
    run = GroupRun(group, load("digits", subset=64), "cpu")
    run.advance()
    found = run.results()
    assert (found.lr < recipe.lr).all()
    assert (found.normalised <= recipe.cap).all()
    assert fault(found, group, layout(group)) == ""
    for member in run.stable:
        assert member.lr == float(found.lr.sel(k=member.k)[0])


def test_a_run_that_is_put_back_goes_on_to_the_same_bits() -> None:
    """The step size of an epoch is decided by the weights before it alone."""
    data = load("digits", classes=(0, 1), dtype=torch.float64)
    whole, again = GroupRun(GROUP, data, "cpu"), GroupRun(GROUP, data, "cpu")
    whole.advance()
    again.restore(*whole.state())
    for run in (whole, again):
        run.advance()
    assert again.results().identical(whole.results())


def test_a_recipe_without_a_probe_is_the_one_it_was() -> None:
    """Members trained before there were probes keep their place."""
    plain = Group(replace(RECIPE, probe=0, cap=0.0)).shared()["recipe"]
    assert plain.keys() == asdict(RECIPE).keys() - {"probe", "cap"}
    assert Group(RECIPE).shared()["recipe"]["cap"] == RECIPE.cap


@pytest.mark.parametrize(("wrong", "told"), [({"probe": 0}, "images to measure"), ({"optimizer": "adam"}, "expected sgd")])
def test_recipes_that_cannot_be(wrong: dict, told: str) -> None:
    with pytest.raises(InputError, match=told):
        replace(RECIPE, **wrong)
