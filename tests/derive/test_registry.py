"""What there is by name: as any mapping, but an unknown name is told in one line."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import derive
from derive.fields.losses import losses
from derive.gallery import gallery
from derive.registry import Registry
from experiments.registry import EXPERIMENTS, TITLES
from numerics.datasets import DATASETS
from numerics.nets import NETS
from numerics.nets.activations import ACTIVATIONS

ALL: dict[str, Registry[Any]] = {
    "theorem": derive.theorems,
    "optimizer": derive.optimizers,
    "integrator": derive.integrators,
    "activation": derive.activations,
    "scheme": gallery,
    "loss": losses,
    "data set": DATASETS,
    "net": NETS,
    "torch activation": ACTIVATIONS,
    "experiment": TITLES,
    "imported experiment": EXPERIMENTS,
}
every = pytest.mark.parametrize("registry", ALL.values(), ids=list(ALL))


def test_every_public_name_is_there() -> None:
    assert {name for name in derive.__all__ if getattr(derive, name, None) is None} == set()


@every
def test_unknown_is_told_as_of_a_mapping_and_as_bad_input(registry: Registry[Any]) -> None:
    for name in ("no such name", "", None, 3, ("a",)):
        assert name not in registry
        assert registry.get(name, registry) is registry  # type: ignore[call-overload]
        with pytest.raises(KeyError) as caught:
            registry[name]  # type: ignore[index]
        assert isinstance(caught.value, derive.InputError)
        assert f"{name!r}: expected one of {next(iter(registry))}" in str(caught.value)


@every
def test_near_misses_are_named(registry: Registry[Any]) -> None:
    name = next(iter(registry))
    with pytest.raises(derive.InputError, match=rf"did you mean '{name}'\?"):
        registry[f"{name}x"]


@given(st.dictionaries(st.text(), st.integers()), st.text())
def test_it_is_the_mapping_of_its_entries(entries: dict[str, int], other: str) -> None:
    registry = Registry("entry", entries)
    assert dict(registry) == entries
    assert list(registry) == list(entries)
    assert (other in registry, registry.get(other)) == (other in entries, entries.get(other))


@given(st.lists(st.dictionaries(st.sampled_from("abcdef"), st.integers(), max_size=2), max_size=3))
def test_one_name_is_one_entry(parts: list[dict[str, int]]) -> None:
    names = [name for part in parts for name in part]
    if len(set(names)) == len(names):
        assert list(Registry("entry", *parts)) == names
    else:
        with pytest.raises(ValueError, match="expected one entry of each name"):
            Registry("entry", *parts)


def test_later_changes_of_a_part_do_not_reach_it() -> None:
    part = {"a": 1}
    registry = Registry("entry", part)
    part["b"] = 2
    assert list(registry) == ["a"]
    with pytest.raises(TypeError):
        registry["b"] = 2  # type: ignore[index]


def test_a_value_is_made_once_and_only_when_asked_for() -> None:
    made: list[int] = []
    registry: Registry[list[int]] = Registry("entry", {"a": 1, "b": 2}, make=lambda n: made.append(n) or [n])
    assert (len(registry), "a" in registry, repr(registry), made) == (2, True, "<Registry of 2: a, b>", [])
    assert registry["b"] is registry["b"]
    assert made == [2]
