from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import InputError
from numerics.training.recipe import Group, Recipe, Seeds


def test_the_step_size_falls_by_a_tenth_every_forty_epochs():
    recipe = Recipe(lr=0.1, lr_every=40, lr_factor=0.1)
    found = [recipe.lr_at(epoch) for epoch in (0, 39, 40, 79, 80, 199)]
    assert found == pytest.approx([0.1, 0.1, 0.01, 0.01, 0.001, 0.00001])
    assert found[:2] == [0.1, 0.1]


@given(st.integers(0, 10**6), st.floats(0, 1e3))
def test_without_an_interval_it_never_changes(epoch, lr):
    assert Recipe(lr=lr, lr_every=0).lr_at(epoch) == lr


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lr": nan}, "lr to be a finite number of at least 0, got nan"),
        ({"lr": inf}, "lr to be a finite number"),
        ({"lr": -0.1}, "lr to be a finite number of at least 0, got -0.1"),
        ({"lr": "0.1"}, "lr to be a finite number"),
        ({"momentum": nan}, "momentum to be a finite"),
        ({"batch": 0}, "batch to be an integer of at least 1, got 0"),
        ({"batch": 12.5}, "batch to be an integer"),
        ({"epochs": True}, "epochs to be an integer"),
        ({"trace": -1}, "trace to be an integer"),
        ({"momentum": 0.0}, "nesterov to False"),
        ({"fluctuation": 1}, "0 or at least 2 batches"),
        ({"optimizer": "adamm"}, "did you mean 'adam'"),
        ({"dtype": "float8"}, "unknown dtype"),
    ],
)
def test_a_bad_recipe_is_refused_in_one_line(changes, message):
    with pytest.raises(InputError, match=message) as error:
        Recipe(**changes)
    assert "\n" not in str(error.value)


def test_groups_that_differ_in_more_than_their_numbers_have_other_names():
    group = Group()
    others = [
        group,
        *(replace(group, seeds=replace(Seeds(), **{name: 2})) for name in ("init", "order", "augment", "perturbation")),
        replace(group, recipe=replace(group.recipe, lr=0.2)),
        replace(group, recipe=replace(group.recipe, trace_of="0.weight")),
        replace(group, form="code"),
        replace(group, trial=1),
    ]
    assert all(a.key() != b.key() for a, b in combinations(others, 2))
    assert replace(group, ks=(3, 1)).key() == group.key()
