"""A broken install is one line, before any work."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from derive.commands.installed import MODULES, check_installed, required
from derive.errors import InputError


def test_the_required_packages_are_those_of_the_metadata() -> None:
    assert {"torch", "h5netcdf", "pillow", "scikit-learn"} <= set(required())
    assert not {"z3-solver", "distributed", "pytest"} & set(required())
    check_installed()


@pytest.mark.parametrize("package", required())
def test_one_that_is_missing_is_named(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, MODULES.get(package, package), None)
    with pytest.raises(InputError, match=f"gradcfl needs {package}, which cannot be found; pip install {package}") as error:
        check_installed()
    assert "\n" not in str(error.value)


def test_it_is_named_before_the_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from experiments.page.report import build
    from experiments.running.store import check_writable
    from numerics.datasets import load

    monkeypatch.setitem(sys.modules, "h5netcdf", None)
    for call in (lambda: check_writable(tmp_path / "x"), lambda: build(tmp_path, tmp_path / "x"), lambda: load("digits")):
        with pytest.raises(InputError, match="gradcfl needs h5netcdf"):
            call()
