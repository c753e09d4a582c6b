"""Figures for a column: of the width that is asked for, in one font, drawn again from their data; refusals before the work."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib as mpl
import pytest

from derive.errors import InputError
from experiments import style
from experiments.__main__ import main
from experiments.look import Look, mathematics
from experiments.style import looking, styled

pytestmark = pytest.mark.exact
REGION = ("picture", "region", "advection-diffusion-ftcs", "--vary", "r=0:0.7", "--vary", "nu=-1.2:1.2")


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("results")
    assert main(["run", "Fig. 1", "--preset", "smoke", "--out", str(out), "--format", "pdf", "--width", "3.3in"]) == 0
    return out / "figure-1"


def inches(svg: Path) -> float:
    return float(re.search(r'width="([\d.]+)pt"', svg.read_text(encoding="utf-8"))[1]) / 72


def test_a_run_also_writes_what_is_asked_for(result: Path) -> None:
    assert {p.suffix for p in result.iterdir()} == {".nc", ".svg", ".png", ".pdf", ".json"}
    assert (result / "figure-1.pdf").read_bytes().startswith(b"%PDF")
    assert inches(result / "figure-1.svg") == pytest.approx(3.3)


@pytest.mark.parametrize(("width", "expected"), [("84mm", 8.4 / 2.54), ("240pt", 240 / 72.27), ("5", 5.0), ("", style.WIDE)])
def test_a_result_is_drawn_again(result: Path, tmp_path: Path, width: str, expected: float) -> None:
    before = {p.name: p.read_bytes() for p in result.iterdir()}
    assert main(["draw", str(result), "--format", "svg", "--width", width, "--out", str(tmp_path)]) == 0
    assert inches(tmp_path / "figure-1.svg") == pytest.approx(expected)
    assert {p.name: p.read_bytes() for p in result.iterdir()} == before


def test_a_picture_is_drawn_again(tmp_path: Path) -> None:
    assert main([*REGION, "--out", str(tmp_path)]) == 0
    folder = tmp_path / "picture-region"
    assert main(["draw", str(folder), "--style", "ggplot"]) == 0
    assert (folder / "picture-region.pdf").is_file()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--format", "pfd"), "unknown format 'pfd': expected one of svg, png, pdf"),
        (("--width", "3.3"), ""),
        (("--width", "wide"), "such as 3.3in, 84mm or 240pt (a number alone is in inches), got 'wide'"),
        (("--height", "0.2in"), "expected a height from 1 to 40 inches"),
        (("--width", "900in"), "from 2 to 40 inches"),
        (("--style", "nope"), "one of its styles, such as ggplot, got 'nope'"),
    ],
)
def test_mistakes_are_one_line_before_the_work(
    options: tuple[str, ...], message: str, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("experiments.running.runner.run_experiment", lambda *_, **__: "ran")
    code = main(["run", "figure-1", "--out", str(tmp_path / "R"), *options])
    assert (code, "ran" in capsys.readouterr().out) == ((0, True) if not message else (2, False))
    if message:
        assert main(["draw", str(tmp_path), *options]) == 2
        err = capsys.readouterr().err
        assert message in err
        assert err.count("\n") == 1


def test_a_folder_that_is_not_there_is_refused_at_once(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["draw", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.startswith("error: expected the folder of a result")


def test_a_figure_is_as_high_as_asked_for() -> None:
    figure = Look(width="5", height="72.27pt").fitted(style.panels(1)[0])
    assert tuple(figure.get_size_inches()) == pytest.approx((5, 1))


def test_a_broken_style_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "own.mplstyle").write_text("font.size: huge?")
    with pytest.raises(InputError, match="expected a file of Matplotlib settings, got"):
        Look(style=str(tmp_path / "own.mplstyle"))


@pytest.mark.parametrize(
    ("family", "fontset"),
    [("serif", "dejavuserif"), ("sans-serif", "dejavusans"), ("STIXGeneral", "stix"), ("Nimbus", "custom")],
)
def test_mathematics_has_the_font_of_the_text(family: str, fontset: str) -> None:
    with mpl.rc_context({"font.family": family}):
        found = mathematics({})
    assert found["mathtext.fontset"] == fontset
    assert found.get("mathtext.it", "Nimbus:italic") == "Nimbus:italic"
    assert mathematics({"mathtext.fontset": "stix"}) == {}


def test_a_matplotlibrc_is_heard_and_a_style_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "matplotlibrc"
    own.write_text("font.family: serif\nlines.linewidth: 3\nfigure.figsize: 5, 3\n")
    with styled():
        assert mpl.rcParams["lines.linewidth"] == style._SETTINGS["lines.linewidth"]
    monkeypatch.setenv("MATPLOTLIBRC", str(own))
    (tmp_path / "x.mplstyle").write_text("lines.linewidth: 4\n")
    with styled():
        assert (mpl.rcParams["lines.linewidth"], mpl.rcParams["mathtext.fontset"]) == (3, "dejavuserif")
        assert mpl.rcParams["font.size"] == style._SETTINGS["font.size"]
    with looking(Look(style=str(tmp_path / "x.mplstyle"))), styled():
        assert mpl.rcParams["lines.linewidth"] == 4
    assert style.asked().wanted() == 5
    assert Look(width="3in").wanted() == 3
