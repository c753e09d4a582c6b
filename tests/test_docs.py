"""What is written for readers holds: commands run, links lead somewhere, the version is one. Python examples are doctests."""

from __future__ import annotations

import re
import shlex
import tomllib
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from derive.commands.option_errors import parsed
from experiments import registry
from numerics.thresholds.optimizers import LIVE
from tests.demands import demand

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(p for p in (ROOT / "docs").rglob("*.md") if "generated" not in p.parts)]
)
LINES = 150
"""Of the README, at most: three minutes."""


def project() -> dict:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["project"]


def commands(page: Path) -> list[tuple[str, ...]]:
    """The command lines of this package on a page, in blocks and in sentences: program, arguments."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^(?:    )?python -m ((?:derive|experiments) .+)$", text, re.MULTILINE)
    sentences = re.findall(r"`python\s-m\s((?:derive|experiments)\s[^`]+)`", text)
    return [tuple(shlex.split(line, comments=True)) for line in blocks + sentences]


WRITTEN = sorted({command for page in PAGES for command in commands(page)})
LONG = ("run", "audit", "report", "demo", "export", "draw", "explore")
"""Commands that train, need a result, draw the whole page or derive everything; tests of their own run them."""
SHORT = sorted({command for command in commands(ROOT / "README.md") if command[1] not in LONG and "EQUATION" not in command})


def test_pages_show_commands() -> None:
    assert {("derive", "list"), ("experiments", "run", "figure-5", "--preset", "smoke")} < set(WRITTEN)
    assert len(SHORT) > 5


@pytest.mark.parametrize("command", WRITTEN, ids=" ".join)
def test_a_command_is_understood(command: tuple[str, ...]) -> None:
    program, *arguments = command
    table = import_module(f"{program}.commands.table").COMMANDS
    assert callable(parsed(table, program, "", arguments))
    if arguments[0] == "run":
        assert arguments[1] in (*registry.names(), "section-4")
        assert dict(pairwise(arguments)).get("--preset", "default") in registry.PRESETS


@pytest.mark.exact
@pytest.mark.parametrize("command", SHORT, ids=" ".join)
def test_a_command_of_the_readme_runs(command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.arange(4096, dtype=np.uint8).reshape(64, 64)).save("photo.png")
    assert import_module(f"{command[0]}.__main__").main(list(command[1:])) == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_targets_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    links = [link for link in re.findall(r"\]\(([^)#\s]*)[^)]*\)", prose) if link and "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:^ *|`)make ([a-z-]+)", text, re.MULTILINE)) <= targets


def test_recipes_name_files_and_tests_that_there_are() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    files = re.findall(r"\b((?:derive|numerics|experiments|paper_checks|tests)/[\w/.]*\w)", text)
    assert len(files) > 20
    assert [file for file in files if not (ROOT / file).exists()] == []
    tests = "".join(
        path.read_text(encoding="utf-8") for room in ("tests", "paper_checks") for path in (ROOT / room).rglob("test_*.py")
    )
    assert [name for name in re.findall(r"`(test_\w+)`", text) if f"def {name}(" not in tests] == []


def test_the_readme_reads_in_three_minutes() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= LINES


def test_the_citation_is_of_this_version() -> None:
    """Citation File Format 1.2.0: what it requires, and that it tells what pyproject.toml tells."""
    yaml = pytest.importorskip("yaml")
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(cited)
    assert (cited["cff-version"], cited["type"]) == ("1.2.0", "software")
    told = project()
    assert (cited["title"], cited["version"], cited["license"]) == (told["name"], told["version"], told["license"])
    assert all({"name"} <= set(one) or {"family-names", "given-names"} <= set(one) for one in cited["authors"])
    (paper,) = cited["references"]
    assert {"type", "title", "authors"} <= set(paper)
    assert [one["value"] for one in paper["identifiers"]] == ["arXiv:2206.02001v4"]


def test_the_changelog_opens_with_what_comes_next() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[:2] == ["Unreleased (0.2.0)", f"{project()['version']}"]


def test_the_readme_names_the_optimisers_that_are_known() -> None:
    told = re.search(r"\)\. ([^.]+) are known", (ROOT / "README.md").read_text(encoding="utf-8"))
    names = told[1].replace("\n", " ").replace(" and ", ", ").split(", ") if told else []
    demand("place among those that are known, in README.md", names, [live.cls.__name__ for live in LIVE.values()])
