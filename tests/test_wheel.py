"""The wheel alone, in a fresh environment without the sources: with all packages, and with those of `derive` alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from derive.commands.installed import EXTRA, MODULES, required

pytestmark = [pytest.mark.slow, pytest.mark.exact]
ROOT = Path(__file__).parents[1]
HEAT = "u[1,0] - u[0,0] == r*(u[0,1] - 2*u[0,0] + u[0,-1])"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, folder], cwd=ROOT, check=True, timeout=300)
    return next(folder.glob("*.whl"))


def installed(wheel: Path, folder: Path, without: set[str]) -> Path:
    """A new environment with the wheel, and with links to what is installed here, but for our sources and `without`."""
    venv.create(folder, symlinks=True, with_pip=False)
    here = Path(sysconfig.get_path("purelib"))
    there = folder / here.relative_to(sys.prefix)
    for path in here.iterdir():
        if not re.match(r"_editable_impl_|gradcfl|__pycache__", path.name) and path.name.partition(".")[0] not in without:
            (there / path.name).symlink_to(path)
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        folder / "bin" / "python",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        wheel,
    ]
    subprocess.run(pip, check=True, timeout=300)
    return folder / "bin"


def asked(command: list, folder: Path) -> tuple[int, str, str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    settings = {"GRADCFL_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        command, cwd=folder, env=environment | settings, capture_output=True, text=True, timeout=300, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_all_commands_run_without_the_sources(wheel: Path, tmp_path: Path) -> None:
    bin_ = installed(wheel, tmp_path / "new", set())
    for program in ([bin_ / "gradcfl"], [bin_ / "python", "-m", "derive"]):
        code, said, wrong = asked([*program, "scheme", HEAT], tmp_path)
        assert (code, wrong) == (0, "")
        assert "r ≤ 1/2" in said
    code, said, wrong = asked([bin_ / "gradcfl", "run", "table-2", "--preset", "smoke"], tmp_path)
    assert code == 0, wrong
    assert (tmp_path / "results" / "table-2").is_dir()
    code, said, _ = asked([bin_ / "python", "-c", "import derive; print(derive.__file__)"], tmp_path)
    assert Path(said.strip()).is_relative_to(tmp_path)
    assert all((Path(said.strip()).parents[1] / one / "py.typed").exists() for one in ("derive", "numerics", "experiments"))


def test_derive_alone_needs_no_extra(wheel: Path, tmp_path: Path) -> None:
    without = {MODULES.get(package, package) for package in required(EXTRA)}
    bin_ = installed(wheel, tmp_path / "new", without)
    for words in (
        ["list"],
        ["scheme", HEAT],
        ["show", "5.4"],
        ["show", "5.4", "--code", "torch"],
        ["schemes"],
        ["integrators", "RK4"],
        ["cite", "5.4"],
    ):
        code, said, wrong = asked([bin_ / "gradcfl", *words], tmp_path)
        assert (code, wrong, bool(said)) == (0, "", True), words
    code, said, wrong = asked([bin_ / "gradcfl", "run", "table-2", "--preset", "smoke"], tmp_path)
    assert (code, said, wrong.count("\n")) == (2, "", 1)
    assert wrong.endswith(f"which cannot be found; pip install 'gradcfl[{EXTRA}]'\n")
    assert asked([bin_ / "gradcfl", "explore", "--port", "0"], tmp_path) == (
        2,
        "",
        "error: gradcfl needs latex2mathml, which cannot be found; pip install 'gradcfl[explore]'\n",
    )
    code, _, wrong = asked([bin_ / "python", "-c", "import numerics"], tmp_path)
    assert (code, wrong.splitlines()[-1]) == (
        1,
        f"ModuleNotFoundError: numerics needs torch, which cannot be found; pip install 'gradcfl[{EXTRA}]'",
    )
