"""Both forms of Section 4's trainings: what differs, differs; powers of two coincide in either; a command reaches them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from experiments import registry
from experiments.__main__ import main
from experiments.last_bits import figure_3_right, section_4, table_1, table_5
from experiments.last_bits.training_setting import PAPER, SMOKE
from experiments.running.means import Means
from experiments.running.progress import silent
from experiments.running.runner import configured
from experiments.running.sweep import sweep
from numerics.optim.perturbation import FORMS
from numerics.training.recipe import Group, Seeds
from tests.experiments.fabricated import fabricated

pytestmark = pytest.mark.exact

NAMES = [
    name for name in registry.SECTIONS["Training to the last bit"] if name not in ("below-the-edge", "kept-last-bits")
]  # the paper trains none of it
SHORT = replace(SMOKE, subset=320, epochs=1)


def groups(name: str, preset: str, form: str) -> list[Group]:
    return registry.experiment(name).groups(configured(name, preset, form))  # type: ignore[attr-defined]


def trails(group: Group, tmp_path: Path) -> list[str]:
    (run,) = sweep([group], Means(store=tmp_path), silent, lambda line: None)
    return run.trail.isel(epoch=-1).values.tolist()


def test_the_command_line_has_the_forms_of_the_optimisers() -> None:
    assert registry.FORMS == FORMS


@pytest.mark.parametrize("preset", registry.PRESETS)
@pytest.mark.parametrize("name", NAMES)
def test_every_training_of_section_4_has_both_forms(name: str, preset: str) -> None:
    paper, code = (groups(name, preset, form) for form in registry.FORMS)
    assert paper == registry.experiment(name).groups(registry.experiment(name).PRESETS[preset])  # type: ignore[attr-defined]
    assert len(paper) == len(code)
    for one, other in zip(paper, code, strict=True):
        if one.kind == "scaling":
            assert (one.form, other.form) == registry.FORMS
        assert other.recipe.net == one.recipe.net.replace("resnet-", "resnet-b-")
        assert (one.ks, one.trial, one.recipe.epochs) == (other.ks, other.trial, other.recipe.epochs)


@pytest.mark.parametrize("name", ["table-1", "table-6", "table-6b", "table-7", "table-8"])
def test_columns_begin_alike_in_print_and_by_their_seeds_in_the_code(name: str) -> None:
    paper, code = (groups(name, "paper", form)[:6] for form in registry.FORMS)
    assert [group.seeds for group in paper] == [Seeds(1, n, n) for n in range(1, 7)]
    assert [group.seeds for group in code] == [Seeds(n, n, n) for n in range(1, 7)]


def test_accuracies_are_the_last_or_means_of_ten() -> None:
    found = {}
    for form in registry.FORMS:
        config = configured("table-1", "default", form)
        runs = [fabricated(group, n) for n, group in enumerate(table_1.groups(config))]
        found[form] = table_1.collect(config, runs)
    last, mean = found["paper"], found["code"]
    np.testing.assert_array_equal(last.final, last.accuracy.isel(epoch=-1))
    np.testing.assert_allclose(mean.final, mean.accuracy.isel(epoch=slice(-10, None)).mean("epoch"))
    assert "at the last epoch:" in table_1.caption(last)
    assert "authors' public code" not in table_1.caption(last)
    assert "at the last 10 epochs, averaged:" in table_1.caption(mean)
    assert "In the form of the authors' public code: k enters as (eta k)(d/k)" in table_1.caption(mean)
    assert mean.attrs["seeds"] == "init, order and augmentation 1, 2, 3, 4, 5, 6"
    config = configured("table-1", "smoke", "code")
    few = table_1.collect(config, [fabricated(group, n) for n, group in enumerate(table_1.groups(config))])
    assert "at the last 8 epochs, averaged:" in table_1.caption(few)


def test_figure_3_right_has_the_settings_of_either() -> None:
    (paper, *_), (code, *_) = (groups("figure-3-right", "paper", form) for form in registry.FORMS)
    assert (paper.recipe.momentum, paper.recipe.activation, paper.recipe.trace_of) == (0.9, "relu", "")
    assert (code.recipe.momentum, code.recipe.activation, code.recipe.trace_of) == (0.0, "swish", "17.conv1.weight")
    assert not code.recipe.nesterov
    config = configured("figure-3-right", "smoke", "code")
    runs = [fabricated(group, records=50) for group in figure_3_right.groups(config)]
    assert figure_3_right.caption(figure_3_right.collect(config, runs)).startswith("RelL1 of 3.weight between")


def test_powers_of_two_coincide_in_either_form_and_odd_k_differ_from_form_to_form(tmp_path: Path) -> None:
    ks = (1, 2, 3, 5, 6, 8)
    paper, code = (
        trails(table_5.groups(table_5.Config("smoke", SHORT, ks, trials=1, form=form))[0], tmp_path) for form in registry.FORMS
    )
    for found in (paper, code):
        assert found[0] == found[1] == found[5]  # 1, 2, 8
        assert found[2] == found[4]  # 3, 6
        assert len(set(found)) == 3
    assert paper[0] == code[0]
    assert paper[2] != code[2]
    assert paper[3] != code[3]


@pytest.mark.parametrize("form", registry.FORMS)
def test_run(form: str, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(table_1.PRESETS, "smoke", replace(table_1.PRESETS["smoke"], recipe=SHORT, ks=(1, 3), seeds=(1, 2)))
    assert main(["run", "table-1", "--preset", "smoke", "--form", form, "--out", str(tmp_path)]) == 0
    record = json.loads((tmp_path / "table-1" / "gradcfl.json").read_text())
    assert record["config"]["form"] == form
    assert [seeds["init"] for seeds in record["training_seeds"]] == ([1, 1] if form == "paper" else [1, 2])
    assert ("authors' public code" in capsys.readouterr().out) == (form == "code")


def test_section_4_runs_in_either() -> None:
    for stage in section_4.plan(PAPER, "code"):
        assert {group.form for group in stage.groups} == {"code"}
        assert {group.recipe.net for group in stage.groups} == {"resnet-b-56"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["table-1", "--form", "authors"], "unknown form 'authors': expected one of paper, code"),
        (["table-1", "figure-1", "--form", "code"], "figure-1: no training of Section 4, so --form has no use; leave it out"),
        (["figure-7", "--form", "code", "--preset", "smoke"], "figure-7: no training of Section 4"),
    ],
)
def test_a_form_that_is_none_is_one_line(
    arguments: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main(["run", *arguments, "--out", str(tmp_path / "out")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line


def test_help_tells_of_the_forms(capsys: pytest.CaptureFixture) -> None:
    assert main(["run", "--help"]) == 0
    told = capsys.readouterr().out
    assert "--form" in told
    assert "authors' public code" in " ".join(told.replace("│", " ").split())
