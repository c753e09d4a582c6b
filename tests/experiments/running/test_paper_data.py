"""The preset `paper` on a machine without its data: one line, at once, nothing else taken, nothing fetched, nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.errors import InputError
from experiments import registry
from experiments.__main__ import main
from experiments.running import runner, training_run
from experiments.running.leaves import leaves, located
from experiments.running.means import Means
from experiments.running.members import GroupFolder
from experiments.running.paper_data import check_data, reads_files
from numerics.datasets import check_available

pytestmark = pytest.mark.exact

NAMES = [name for name in registry.names() if reads_files(registry.experiment(name).PRESETS["paper"])]
WHERE = {"mnist": "ossci-datasets", "cifar-5k": "~kriz", "cifar-10": "~kriz", "fashion-mnist": "fashion-mnist/master"}


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without data files and without a network; nothing may be computed on it."""
    monkeypatch.setattr("numerics.datasets.loading.places", lambda name, source, own: [own or tmp_path / "cache" / name])
    monkeypatch.setattr("socket.socket", None)
    monkeypatch.setattr(runner, "run_config", lambda *_: pytest.fail("computed"))
    monkeypatch.setattr(training_run, "trained", lambda *_: pytest.fail("trained"))
    return tmp_path


def test_those_that_train_on_pictures_are_all_here() -> None:
    assert {"figure-7", "figure-8", "figure-9", "supp-figure-2", "edge-of-optimizers"} < set(NAMES)
    assert {name for name in registry.names() if registry.trains(registry.experiment(name))} < set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_refuses_in_a_line(name: str, bare: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["run", "figure-1", name, "--preset", "paper", "--out", str(bare / "out")]) == 2
    said, data = capsys.readouterr().err, leaves(registry.experiment(name).PRESETS["paper"])
    wanted = next(value for field, value in data.items() if field.rpartition(".")[2] == "data")
    first = wanted if isinstance(wanted, str) else wanted[0]
    assert said.startswith(f"error: {name}, preset paper: expected ")
    assert said.count("\n") == 1
    assert f" of {first} in {bare / 'cache'}" in said
    assert WHERE[first] in said
    assert f"load('{first}')" in said
    assert not (bare / "out").exists()


def test_all_data_are_looked_for_before_anything_is_trained(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second set of Table 6b would be missed after days."""
    monkeypatch.setattr("numerics.datasets.loading.available", lambda name, *_: name == "fashion-mnist")
    found = registry.experiment("table-6b")
    with pytest.raises(InputError, match=r"^table-6b, preset paper: expected cifar-10-binary.tar.gz of cifar-10 in"):
        check_data("table-6b", found, found.PRESETS["paper"], Means(store=bare))


def test_who_has_all_members_needs_no_data(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GroupFolder, "missing", lambda _: ())
    found = registry.experiment("table-1")
    check_data("table-1", found, found.PRESETS["paper"], Means(store=bare))


@pytest.mark.parametrize("name", ["figure-7", "figure-8", "figure-9", "supp-figure-2"])
def test_no_other_data_are_taken(name: str, bare: Path) -> None:
    """Not by the experiment itself either, and the user's folder is where it looks."""
    runs = located(registry.experiment(name).PRESETS["paper"], bare / "mine").runs
    (bare / "mine").mkdir()
    assert isinstance(runs.data, str)
    with pytest.raises(InputError, match="found none"):
        runs.images("cpu")
    with pytest.raises(InputError, match=f"in {bare / 'mine'}, found none"):
        check_available(runs.data, runs.data_dir)


@pytest.mark.parametrize("name", registry.names())
def test_a_folder_changes_nothing_but_where_files_are_looked_for(name: str) -> None:
    setting = registry.experiment(name).PRESETS["paper"]
    assert leaves(located(setting, Path("mine"))) == leaves(setting)
    assert located(setting, None) == setting


def test_a_folder_of_data_is_refused_where_none_are_read(capsys: pytest.CaptureFixture, tmp_path: Path) -> None:
    assert main(["run", "figure-7", "--preset", "smoke", "--data-dir", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == "error: figure-7: no training here, so --data-dir has no use; leave it out\n"


def test_the_smoke_preset_is_what_the_page_says() -> None:
    text = (Path(__file__).parents[3] / "docs" / "last-bits.md").read_text(encoding="utf-8")
    smoke = registry.experiment("table-1").PRESETS["smoke"]
    assert (len(smoke.ks), len(smoke.seeds)) == (3, 3)
    assert "table-1 --preset smoke            # three k, three batch orders" in text


def test_what_is_left_open_is_listed(capsys: pytest.CaptureFixture) -> None:
    assert main(["list", "--left-open"]) == 0
    assert "      recipe.lr: not printed: torch's default\n" in capsys.readouterr().out
