"""The command line as a user meets it."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from derive.errors import InputError
from experiments.__main__ import main
from experiments.pictures import grey_values
from experiments.pictures.bounds import standardised
from experiments.pictures.grey_values import read_grey
from experiments.running import progress
from experiments.running.store import load

pytestmark = pytest.mark.exact


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    grey = np.random.default_rng(0).integers(0, 256, (24, 32), dtype=np.uint8)
    Image.fromarray(grey).save(tmp_path / "picture.png")
    return tmp_path / "picture.png"


def test_list(capsys: pytest.CaptureFixture) -> None:
    assert main(["list"]) == 0
    assert "table-2" in capsys.readouterr().out


def test_run_writes_a_labelled_result(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["run", "figure-1", "--preset", "smoke", "--out", str(tmp_path)]) == 0
    data, record = load(tmp_path / "figure-1")
    assert {"preset", "config", "seconds", "command", "device", "version_torch", "caption"} <= set(record)
    assert data.attrs["preset"] == "smoke"
    assert "wrote" in capsys.readouterr().out


@pytest.mark.parametrize("boundary", ["valid", "full", "circular"])
def test_bounds_of_a_picture(boundary: str, picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    arguments = ["bounds", "--image", str(picture), "--kernel", "5", "--boundary", boundary, "--out", str(tmp_path / "out")]
    assert main(arguments) == 0
    data, _ = load(tmp_path / "out" / "bounds")
    low, high = (float(v) for v in data.windowed)
    assert low < high
    assert "this kernel (exact)" in capsys.readouterr().out


def test_bounds_for_programs(picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    page = (Path(__file__).parents[3] / "docs" / "json.md").read_text(encoding="utf-8")
    arguments = ["bounds", "--image", str(picture), "--kernel", "5", "--a", "0", "--json", "--out", str(tmp_path / "out")]
    assert main(arguments) == 0
    told = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert f"| `bounds` | {', '.join(told)} |" in page
    data, _ = load(tmp_path / "out" / "bounds")
    assert (told["windowed"], told["limit"]) == (data.windowed.values.tolist(), data.limit.values.tolist())
    assert (told["shape"], told["largest_useful_lr"], told["folder"]) == ([24, 32], None, str(tmp_path / "out" / "bounds"))


def test_bounds_that_take_long_say_how_far_they_are(
    picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["bounds", "--image", str(picture), "--kernel", "5", "--out", str(tmp_path / "out")]
    assert main(arguments) == 0
    assert capsys.readouterr().err == ""
    seconds = count(0, 3)
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    assert main(arguments) == 0
    assert capsys.readouterr().err.splitlines()[0] == "bounds: 0% done after 3 s"


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "I;16", "LA"])
def test_pictures_of_every_kind_are_read(mode: str, tmp_path: Path) -> None:
    image = Image.new("I;16", (5, 4), 65535) if mode == "I;16" else Image.new("RGB", (5, 4), "white").convert(mode)
    image.save(tmp_path / "x.png")
    grey = read_grey(tmp_path / "x.png")
    assert grey.shape == (4, 5)
    np.testing.assert_allclose(grey, 1.0)


BAD = [
    (["run", "figure-99"], "unknown experiment 'figure-99': expected one of figure-1"),
    (["run"], "expected the name of an experiment"),
    (["run", "figure-1", "--preset", "big"], "unknown preset 'big': expected one of smoke, default, paper"),
    (["run", "figure-1", "--device", "tpu"], "unknown device 'tpu': expected one of cpu"),
    (["bounds", "--image", "none.png", "--kernel", "3"], "found no file none.png"),
    (["bounds", "--image", "PICTURE", "--kernel", "64"], "no larger than the 24x32 image, got 64x64"),
    (["bounds", "--image", "PICTURE", "--kernel", "0"], "positive integers"),
    (["bounds", "--image", "PICTURE", "--kernel", "3", "--boundary", "wrap"], "expected one of valid, full, circular"),
    (["bounds", "--image", "PICTURE", "--kernel", "3", "--lr", "-1"], "above 0"),
    (["bounds", "--image", "PICTURE", "--kernel", "3", "--lr", "nan"], "above 0"),
    (["bounds", "--image", "PICTURE", "--kernel", "3", "--a", "inf"], "expected a finite"),
    (["bounds", "--image", "NOTPICTURE", "--kernel", "3"], "not a picture"),
    (["bounds", "--image", "FLAT", "--kernel", "3", "--standardise"], "at least two grey values"),
    (["bounds", "--image", "CUT", "--kernel", "3"], "could not read"),
    (["bounds", "--image", "FOLDER", "--kernel", "3"], "could not read"),
    (["report", "--out", "FOLDER"], "expected a file for the page"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=lambda v: " ".join(v) if isinstance(v, list) else "")
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: list[str], message: str, picture: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = picture.parent
    (folder / "text.png").write_text("no picture")
    (folder / "cut.png").write_bytes(picture.read_bytes()[:200])
    (folder / "folder").mkdir()
    Image.new("L", (9, 9), 7).save(folder / "flat.png")
    names = {
        "FLAT": folder / "flat.png",
        "PICTURE": picture,
        "NOTPICTURE": folder / "text.png",
        "CUT": folder / "cut.png",
        "FOLDER": folder / "folder",
    }
    monkeypatch.chdir(folder)
    before = sorted(p.name for p in folder.iterdir())
    assert main([str(names.get(word, word)) for word in arguments]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert message in captured.err
    assert sorted(p.name for p in folder.iterdir()) == before


def test_a_picture_that_would_fill_the_memory_is_refused(
    picture: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(grey_values, "MOST_PIXELS", 24 * 32)
    arguments = ["bounds", "--image", str(picture), "--kernel", "3", "--out", str(picture.parent)]
    assert main(arguments) == 0
    assert main([*arguments, "--boundary", "full"]) == 2
    assert "2 more to either side for the boundary" in capsys.readouterr().err


def test_the_limit_is_held_against_the_head_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("1", (8193, 8192)).save(tmp_path / "x.png")
    monkeypatch.setattr(Image.Image, "load", lambda _: pytest.fail("decoded"))
    with pytest.raises(InputError, match=r"8193x8192: about 4\.0 GB"):
        read_grey(tmp_path / "x.png")


def test_standardised_pictures_have_mean_0_and_variance_1(picture: Path) -> None:
    grey = standardised(read_grey(picture))
    np.testing.assert_allclose([grey.mean(), grey.std()], [0, 1], atol=1e-14)


def test_interrupt_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, tmp_path: Path) -> None:
    def interrupted(*_: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("experiments.running.runner.run_experiment", interrupted)
    assert main(["run", "figure-1", "--out", str(tmp_path)]) == 130
    assert capsys.readouterr().err == "interrupted; nothing was half written\n"
