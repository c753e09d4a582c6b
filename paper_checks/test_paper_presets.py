"""Every field of every preset `paper` is as printed, or is listed as left open by the print (`experiments.left_open`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, make_dataclass, replace
from typing import Any

import pytest

from experiments import registry
from experiments.last_bits.forms import AVERAGE
from experiments.left_open import OPEN
from experiments.running.leaves import leaves
from paper_checks.claims import PRINTED

pytestmark = pytest.mark.exact


@dataclass(frozen=True)
class Print:
    """Where a field's value is printed: a claim, and a value of it, or what makes the field's of the claim's values."""

    claim: str
    value: str | Callable[[Mapping[str, Any]], Any]

    @property
    def expected(self) -> Any:
        values = PRINTED[self.claim].values
        return values[self.value] if isinstance(self.value, str) else self.value(values)


def of(claim: str, *names: str, under: str = "", **renamed: str | Callable) -> dict[str, Print]:
    """Field -> its print, for fields that are called as in the claim, and others."""
    prefix = f"{under}." if under else ""
    return {prefix + name: Print(claim, value) for name, value in ({n: n for n in names} | renamed).items()}


def chains(kind: str) -> Callable[[Mapping[str, Any]], tuple[str, ...]]:
    """Names of networks, from the printed numbers of layers."""
    return lambda values: tuple(f"{kind}-{layers}" for layers in values["layers"])


def with_first(values: Mapping[str, Any]) -> int:
    """The k that is compared with k = 1."""
    return next(k for k in values["k"] if k != 1)


def form(values: Mapping[str, Any]) -> str:
    """The one that averages as many last epochs as the print has."""
    return next(name for name, epochs in AVERAGE.items() if epochs == values["average"])


def rows(values: Mapping[str, Any]) -> int:
    """As many as there are rows of accuracies."""
    return len(values["accuracy"])


LINEAR = of("figure-4", "image", "a", "beta", "lr", under="setting")
PICTURE = of("figure-4", "image", "a", "beta")
NONLINEAR = of("figure-5", "image", "kernel", "beta", "y", under="setting")
ADAM = ("data", "net", "activation", "weight_decay", "batch", "epochs", "lr_every", "lr_factor", "dtype")
SGD = (*ADAM, "optimizer", "lr", "momentum")
CELLS = {"ks": "k", "seeds": "seed"}
FORM = of("table-1", form=form)
RECIPE = of("table-1", *SGD, under="recipe") | FORM
DIVERGENCE = of("table-1", "activation", under="recipe") | of(
    "figure-3-right", *(name for name in SGD if name not in ("activation", "lr", "epochs", "lr_factor")), under="recipe"
)
DIVERGENCE |= of("figure-3-right", k=with_first) | FORM

HELD: dict[str, dict[str, Print]] = {
    "figure-1": of("figure-1", "points", ratios=lambda v: (v["stable_ratio"], v["unstable_ratio"])),
    "figure-2": of("figure-2", multiples=lambda v: (*v["stable"], *v["restrained"], *v["unstable"])),
    "figure-4": LINEAR | of("figure-4", "kernel"),
    "table-2": LINEAR | of("table-2", kernels=lambda v: tuple(v["kernel"])),
    "window-bounds": PICTURE,
    "figure-5": NONLINEAR | of("figure-5", "alpha", k=with_first),
    "figure-11": of("figure-11", "image", "a", "beta", "lr", "momentum", under="setting") | of("figure-4", "kernel"),
    "table-9": of("figure-4", "image", "a", "beta", under="setting")
    | of("table-9", "lr", "momentum", under="setting")
    | of("table-9", kernels=lambda v: tuple(v["kernel"])),
    "phase-diagram": NONLINEAR,
    "table-1": RECIPE | of("table-1", **CELLS),
    "figure-3-left": of("table-1", *(name for name in SGD if name not in ("net", "data", "activation")), under="recipes")
    | of("figure-3-left", k=with_first)
    | FORM,
    "figure-3-right": DIVERGENCE,
    "table-4": RECIPE | of("table-4", trials=rows),
    "table-5": RECIPE | of("table-5", trials=rows, ks="k"),
    "table-6": of("table-6", *SGD, under="recipe") | of("table-6", **CELLS, form=form),
    "table-6b": of("table-6", *SGD, under="tables.recipe")
    | of("table-6b", "net", "data", under="tables.recipe")
    | of("table-6", **CELLS, form=form, under="tables")
    | FORM,
    "table-7": of("table-1", *ADAM, under="recipe")
    | of("table-7", "net", "data", "optimizer", under="recipe")
    | FORM
    | of("table-7", **CELLS),
    "table-8": of("table-1", "activation", under="recipe")
    | of("table-8", *(name for name in SGD if name != "activation"), under="recipe")
    | of("table-8", **CELLS, form=form),
    "figure-10": {f"divergence.{name}": found for name, found in DIVERGENCE.items()} | FORM,
    "figure-6": NONLINEAR | of("figure-5", "alpha"),
    "figure-7": of("figure-7", "classes", "data", "alpha", nets=chains("chain"), under="runs"),
    "figure-8": of("figure-8", "data", "alpha", subset="images", nets=chains("dense"), under="runs"),
    "figure-9": of("figure-9", "classes", "data", nets=chains("chain"), under="runs"),
    "regimes": NONLINEAR
    | of("figure-5", "alpha")
    | of("figure-7", "classes", "data", nets=chains("chain"), under="nets")
    | of("figure-7", alpha="alpha", under="nets"),
}
"""Experiment -> field -> where it is printed. What a table has "as Table 1" is held against that one."""

AMONG: dict[str, dict[str, Print]] = {
    "figure-5": of("figure-5", lrs=lambda v: (*v["stable_steps"], *v["restrained_steps"], v["restrained"], v["blowup"])),
    "figure-6": of("figure-5", lrs=lambda v: (*v["stable_steps"], *v["restrained_steps"], v["restrained"], v["blowup"])),
    "figure-3-right": of("figure-3-right", lrs=lambda v: (v["least_lr"],)),
    "figure-10": {"divergence.lrs": Print("figure-10", lambda v: (v["lr"],))},
    "figure-9": of("figure-9", lrs=lambda v: tuple(end for ends in v["largest"] for end in ends), under="runs"),
}
"""Fields that are left open but for some values, which are printed."""


def paper(name: str) -> Any:
    return registry.experiment(name).PRESETS["paper"]


def same(value: Any, expected: Any) -> bool:
    """Whether a value is the printed one, or each of several settings side by side has it."""
    several = isinstance(value, tuple) and (isinstance(expected, str | int | float) or value != expected)
    return value == expected or (bool(several and value) and all(one == expected for one in value))


ASKED = [name for name in registry.names() if re.match(r"(supp-)?(figure|table)-\d", name) or name in HELD or name in OPEN]
"""What the paper has, and what borrows from it; any other figure of ours has no print that could leave anything open."""


def faults(name: str, setting: Any) -> list[str]:
    """What is wrong with a preset, field by field."""
    found, held, left = leaves(setting), HELD.get(name, {}), OPEN.get(name, {})
    neither = [
        f"{field}: neither printed nor listed as left open, in HELD here or OPEN of experiments/left_open.py"
        for field in found
        if (field in held) + (field in left) == 0
    ]
    both = [f"{field}: printed, and listed as left open" for field in held if field in left]
    gone = [f"{field}: no such field" for field in {*held, *left} if field not in found]
    wrong = [
        f"{field}: {found[field]!r}, printed {at.expected!r}"
        for field, at in held.items()
        if field in found and not same(found[field], at.expected)
    ]
    missing = [field for field, at in AMONG.get(name, {}).items() if not set(at.expected) <= set(found[field])]
    return neither + both + gone + wrong + [f"{field}: without printed values" for field in missing]


@pytest.mark.parametrize("name", ASKED)
def test_every_field_of_the_paper_preset_is_as_printed_or_listed_as_left_open(name: str) -> None:
    assert faults(name, paper(name)) == []


def changed(setting: Any, path: list[str]) -> Any:
    """The setting with another value in one field; of several side by side, in the last."""
    name, *rest = path
    value = getattr(setting, name)
    if rest and isinstance(value, tuple):
        return replace(setting, **{name: (*value[:-1], changed(value[-1], rest))})
    return replace(setting, **{name: changed(value, rest) if rest else another(value)})


def another(value: Any) -> Any:
    """Some other value of its kind, which a recipe takes."""
    if isinstance(value, tuple):
        return (*value, value[-1])
    kinds = {"sgd": "adam", "adam": "sgd", "float32": "float64", "float64": "float32", "paper": "code"}
    return kinds.get(value, f"{value}-2") if isinstance(value, str) else value + 1


PRINTED_FIELDS = [(name, field) for name, held in HELD.items() for field in held]


@pytest.mark.parametrize(("name", "field"), PRINTED_FIELDS)
def test_another_value_would_be_seen(name: str, field: str) -> None:
    found = faults(name, changed(paper(name), field.split(".")))
    assert any(fault.startswith(f"{field}: ") for fault in found)


def grown(setting: Any) -> Any:
    """A setting with one field more, in its innermost part."""
    inner = next((f.name for f in fields(setting) if is_dataclass(getattr(setting, f.name))), None)
    if inner is not None:
        return replace(setting, **{inner: grown(getattr(setting, inner))})
    more = make_dataclass("More", [("momenta_of_the_moon", int)], bases=(type(setting),), frozen=True, kw_only=True)
    return more(**{f.name: getattr(setting, f.name) for f in fields(setting)}, momenta_of_the_moon=1)


@pytest.mark.parametrize("name", ASKED)
def test_a_field_more_would_be_seen(name: str) -> None:
    (fault,) = set(faults(name, grown(paper(name)))) - set(faults(name, paper(name)))
    assert "momenta_of_the_moon: neither printed nor listed as left open, in HELD" in fault


@pytest.mark.parametrize("name", AMONG)
def test_printed_values_left_out_of_a_list_would_be_seen(name: str) -> None:
    (field,) = AMONG[name]
    *path, last = field.split(".")
    setting = paper(name)
    if path:
        inner = getattr(setting, path[0])
        setting = replace(setting, **{path[0]: replace(inner, **{last: (-1.0,)})})
    else:
        setting = replace(setting, **{last: (-1.0,)})
    assert f"{field}: without printed values" in faults(name, setting)


def test_the_lists_are_of_the_experiments_that_there_are() -> None:
    for table in (OPEN, HELD):
        assert [name for name in registry.names() if name in table] == list(table)
    assert all(why for left in OPEN.values() for why in left.values())
