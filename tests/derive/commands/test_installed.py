"""A broken install is one line, before any work."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from derive.commands.console import guarded
from derive.commands.installed import EXTRA, MODULES, check_installed, required
from derive.errors import InputError

ROOT = Path(__file__).parents[3]
ALL = (*required(), *required(EXTRA))


def cure(package: str) -> str:
    return package if package in required() else f"'gradcfl[{EXTRA}]'"


def test_the_required_packages_are_those_of_the_metadata() -> None:
    assert {"torch", "h5netcdf", "pillow", "scikit-learn"} <= set(required(EXTRA))
    assert {"sympy", "numpy", "tyro"} <= set(required())
    assert not {"z3-solver", "distributed", "pytest", "torch"} & set(required())
    assert not {"z3-solver", "distributed", "pytest"} & set(required(EXTRA))
    check_installed()


@pytest.mark.parametrize("package", ALL)
def test_one_that_is_missing_is_named(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, MODULES.get(package, package), None)
    with pytest.raises(InputError, match=f"gradcfl needs {package}, which cannot be found; pip install ") as error:
        check_installed()
    assert str(error.value).endswith(f"pip install {cure(package)}")


@pytest.mark.parametrize("package", ALL)
def test_one_that_a_command_cannot_import_is_one_line(
    package: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    module = MODULES.get(package, package).replace("-", "_")
    monkeypatch.setitem(sys.modules, module, None)
    assert guarded(lambda: import_module(module)) == 2
    assert capsys.readouterr().err == f"error: gradcfl needs {package}, which cannot be found; pip install {cure(package)}\n"


COMMANDS = [
    ("tyro", "derive", "list"), ("rich", "experiments", "list"), ("sympy", "derive", "show", "5.4"),
    ("jinja2", "experiments", "report"), ("torch", "experiments", "run", "figure-1"), ("rich", "experiments", "audit", "x:y"),
    ("matplotlib", "experiments", "picture", "curves", "lax-wendroff"), ("numpy", "experiments", "bounds", "--help"),
]  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_without_its_package(words: tuple[str, ...], tmp_path: Path) -> None:
    """In a process of its own, in which nothing is imported yet. One that needs none of it works."""
    package, where, *arguments = words
    program = (
        f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nsys.modules[{package!r}] = None\n"
        f"from {where}.__main__ import main\nsys.exit(main({arguments!r}))"
    )
    empty = os.environ | {"GRADCFL_CACHE": str(tmp_path / "nothing derived")}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=empty, capture_output=True, text=True, timeout=100, check=False
    )
    told = (2, f"error: gradcfl needs {package}, which cannot be found; pip install {cure(package)}\n")
    assert (done.returncode, done.stderr) in (told, (0, ""))
    assert done.returncode or "--help" in arguments or "list" in arguments


def _raising(error: Exception):
    def work() -> None:
        raise error

    return work


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("sympy.core.missing", "the installed sympy lacks sympy.core.missing; pip install --force-reinstall sympy"),
        ("PIL._imaging", "the installed pillow lacks PIL._imaging; pip install --force-reinstall pillow"),
        ("mpmath", "mpmath, which they need, cannot be found; pip install --force-reinstall gradcfl"),
    ],
)
def test_a_package_that_is_not_whole(module: str, said: str, capsys: pytest.CaptureFixture) -> None:
    assert guarded(_raising(ModuleNotFoundError(f"No module named {module!r}", name=module))) == 2
    assert capsys.readouterr().err == f"error: expected whole installs of gradcfl's packages, but {said}\n"


@pytest.mark.parametrize("module", ["derive.nothing", "experiments", "numerics.pdes.nothing", None])
def test_a_module_of_ours_that_is_not_there_is_a_fault_of_ours(module: str | None) -> None:
    with pytest.raises(ModuleNotFoundError, match="ours"):
        guarded(_raising(ModuleNotFoundError("ours", name=module)))


def test_it_is_named_before_the_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from experiments.page.report import build
    from experiments.running.store import check_writable
    from numerics.datasets import load

    monkeypatch.setitem(sys.modules, "h5netcdf", None)
    for call in (lambda: check_writable(tmp_path / "x"), lambda: build(tmp_path, tmp_path / "x"), lambda: load("digits")):
        with pytest.raises(InputError, match="gradcfl needs h5netcdf"):
            call()
