"""The plan for Section 4: what fits is trained, most telling first, and goes on where it stopped."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from math import inf
from pathlib import Path

import pytest

from derive.errors import InputError
from experiments.__main__ import main
from experiments.last_bits import section_4, table_5
from experiments.last_bits.section_4 import Stage, plan, run_plan, seconds
from experiments.last_bits.training_setting import PAPER, SMOKE
from experiments.running.means import Means

RECIPE = replace(SMOKE, subset=64, epochs=1)
CONFIG = table_5.Config("paper, 1 of 200 epochs", RECIPE, ks=(1, 2, 3), trials=2)
STAGES = [
    Stage("table-5", table_5, CONFIG),
    Stage("later", table_5, replace(CONFIG, recipe=replace(RECIPE, epochs=2), trials=1)),
]


@pytest.mark.parametrize(("budget", "length"), [("15min", 900), ("2h", 7200), ("1.5h", 5400), ("90s", 90), ("all", inf)])
def test_budgets(budget, length) -> None:
    assert seconds(budget) == length


@pytest.mark.parametrize("budget", ["", "15", "0min", "-1h", "2 hours", "inf", "all day"])
def test_no_budgets(budget) -> None:
    with pytest.raises(InputError, match="expected a budget such as 15min, 2h or all, got"):
        seconds(budget)


def test_the_plan_is_the_papers_but_for_what_its_labels_say() -> None:
    stages = plan(PAPER)
    assert [stage.name for stage in stages] == ["table-5", "figure-3-right", "table-1-short", "table-1", "figure-3-right-full"]
    assert [stage.config.preset == "paper" for stage in stages] == [False, False, False, True, True]
    assert sum(len(group.ks) for group in stages[3].groups) == 36
    for stage in stages:
        assert {(g.recipe.net, g.recipe.data, g.recipe.batch, g.recipe.augment) for g in stage.groups} == {
            ("resnet-56", "cifar-10", 128, True)
        }
    assert "2 of 200 epochs" in stages[0].config.preset
    assert stages[2].config.recipe.epochs == 5
    assert "5 of 200 epochs" in stages[2].config.preset


def test_a_stand_in_is_labelled_everywhere() -> None:
    stages = plan(replace(PAPER, data="fashion-mnist"))
    assert all("on fashion-mnist, which stands in for CIFAR-10" in stage.config.preset for stage in stages)
    assert {group.recipe.data for stage in stages for group in stage.groups} == {"fashion-mnist"}


def test_it_trains_what_fits_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    means, said = Means(store=tmp_path / "store"), []
    needs = {1: 10.0, 2: 1e6}  # seconds of a group, by its epochs
    measured = section_4.Steps.seconds
    monkeypatch.setattr(
        section_4.Steps, "seconds", lambda self, group: needs[group.recipe.epochs] if measured(self, group) else 0.0
    )
    run_plan(STAGES, time.monotonic() - 1, tmp_path, "test", means, said.append)
    assert not list(tmp_path.glob("section-4-*"))
    assert "no time left for the next 10 s (table-5)" in said[0]
    run_plan(STAGES, time.monotonic() + 1000, tmp_path, "test", means, said.append)
    record = json.loads((tmp_path / "section-4-table-5" / "gradcfl.json").read_text())
    assert record["preset"] == "paper, 1 of 200 epochs"
    assert "its numbers are none to compare" in record["caption"]
    assert "no time left" in said[-2]
    assert "(later)" in said[-2]
    kept = {file: file.stat().st_mtime_ns for file in (tmp_path / "store").rglob("k*.nc")}
    run_plan(STAGES, inf, tmp_path, "test", means, said.append)
    assert said[-1] == "section-4: everything is trained"
    assert all(file.stat().st_mtime_ns == then for file, then in kept.items())


@pytest.mark.parametrize(
    "arguments",
    [["run", "section-4"], ["run", "figure-1", "--budget", "2h"], ["run", "section-4", "figure-1", "--budget", "2h"]],
)
def test_a_budget_is_for_section_4_alone(arguments, capsys) -> None:
    assert main(arguments) == 2
    assert "expected --budget with section-4 alone" in capsys.readouterr().err


def test_a_wrong_budget_is_one_line(capsys, tmp_path) -> None:
    assert main(["run", "section-4", "--budget", "tomorrow", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("error: expected a budget such as")
