"""`gradcfl`: every command of both packages under one name, at once."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import derive
from derive.commands.table import COMMANDS as DERIVED
from experiments.commands.every import _commands, main
from experiments.commands.table import COMMANDS as RUN
from tests.derive.commands.test_console import HEAVY, ROOT

QUICK = ["--help", "--version", "list", "show 9", "scheme --help", "run figure-99", "--tyro-print-completion bash"]


def test_it_has_every_command_of_both() -> None:
    every = _commands()
    assert DERIVED.keys() & RUN.keys() == {"list"}
    assert every.keys() == DERIVED.keys() | RUN.keys()
    assert all(every[name] is command for name, command in {**DERIVED, **RUN}.items() if name != "list")


def test_its_list_is_both_lists(capsys: pytest.CaptureFixture) -> None:
    said = []
    for command in (main, import_module("derive.__main__").main, import_module("experiments.__main__").main):
        assert command(["list"]) == 0
        said.append(capsys.readouterr().out.splitlines())
    assert set(said[1]) | set(said[2]) < set(said[0])


@pytest.mark.parametrize("words", QUICK)
def test_help_lists_and_mistakes_load_nothing_heavy(words: str) -> None:
    program = (
        f"import sys\nfrom experiments.commands.every import main\ncode = main({words.split()!r})\n"
        f"print(code, *sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=100, check=True)
    assert done.stderr.splitlines()[-1] == ("2" if "9" in words else "0")


def test_the_version_is_that_of_the_distribution(capsys: pytest.CaptureFixture) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"gradcfl {derive.__version__}\n"
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", derive.__version__)


def test_the_script_is_registered_and_the_packages_are_typed() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    module, name = project["project"]["scripts"]["gradcfl"].split(":")
    assert getattr(import_module(module), name) is main
    assert all(
        Path(ROOT, package, "py.typed").exists()
        for package in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    )
