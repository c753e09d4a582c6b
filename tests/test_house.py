"""The picture of the house shows the rooms that there are, and the import contracts name each of them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import derive

ROOT = Path(__file__).parents[1]
FILES = 8
"""At the top of a package, at most."""


def rooms(package: str) -> set[str]:
    return {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}


def loose(package: str) -> set[str]:
    return {path.stem for path in (ROOT / package).glob("*.py")} - {"__init__"}


def pictured(package: str) -> set[str]:
    """The names in the first column of the package's table."""
    section = (ROOT / "docs" / "house.md").read_text(encoding="utf-8").partition(f"\n## {package}")[2].partition("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name.rstrip("/") for cell in cells for name in re.findall(r"`([\w/]+)`", cell)}


@pytest.mark.parametrize("package", ["derive", "numerics", "experiments"])
def test_the_picture_shows_the_rooms(package: str) -> None:
    assert rooms(package) <= pictured(package) <= rooms(package) | loose(package)


@pytest.mark.parametrize("package", ["derive", "numerics", "experiments"])
def test_few_files_lie_outside_of_a_room(package: str) -> None:
    assert len(loose(package)) < FILES


def test_a_public_name_is_never_a_module_too() -> None:
    assert not {*derive.__all__} & (rooms("derive") | loose("derive"))


@pytest.mark.parametrize("package", ["derive", "numerics", "experiments"])
def test_a_contract_names_every_room(package: str) -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract.get("containers") == [package])
    assert set(layers) == rooms(package) | loose(package)
    assert not any("ignore_imports" in contract for contract in contracts)


def test_what_is_to_be_changed_stands_where_the_page_says() -> None:
    section = (ROOT / "docs" / "house.md").read_text(encoding="utf-8").partition("\n## Where to change what")[2]
    named = re.findall(r"`([\w/]+/[\w.]*)`", section)
    assert len(named) > 20
    assert not [path for path in named if not (ROOT / path).exists()]
