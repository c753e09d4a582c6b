"""What the site is made of; `make docs` builds it, runs its whole gallery, and ends at any warning or dead link."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
from importlib import import_module
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

import numerics
from experiments.page.mathml import mathml

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted((ROOT / "docs" / "gallery").glob("plot_*.py"))
CHEAP = ("stable_region", "root_locus")
LINES = 60


@pytest.fixture(autouse=True)
def _extensions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "_ext"))


def test_the_gallery_has_a_dozen_pictures() -> None:
    assert len(SCRIPTS) >= 12


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_of_the_gallery_is_short_and_has_a_title(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LINES
    title, line, *_ = (ast.get_docstring(ast.parse(text)) or "").splitlines()
    assert set(line) == {"="}
    assert len(line) >= len(title)
    assert "plt.show()" in text


@pytest.mark.exact
@pytest.mark.parametrize("name", CHEAP)
def test_a_script_of_the_gallery_draws(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plt, "show", lambda: None)
    path = ROOT / "docs" / "gallery" / f"plot_{name}.py"
    with mpl.rc_context({"backend": "agg"}):
        exec(compile(path.read_text(encoding="utf-8"), path.name, "exec"), {"__name__": name})
        drawn = plt.get_fignums()
        plt.close("all")
    assert drawn


def public() -> dict[str, list[str]]:
    """Public names by package: all rooms of numerics, and of derive what is not a stage of the pipeline."""
    rooms = [f"numerics.{room.name}" for room in pkgutil.iter_modules(numerics.__path__) if room.ispkg]
    return {name: import_module(name).__all__ for name in ["derive", "derive.gallery", "numerics", *rooms]}


def test_the_reference_has_every_package_with_public_names() -> None:
    from site_api import PACKAGES

    assert set(public()) == set(PACKAGES)


def test_what_a_module_makes_public_has_one_package() -> None:
    """So that the page of its source leads back to one page of the reference."""
    homes = {}
    for package, names in public().items():
        for value in (getattr(import_module(package), name) for name in names):
            if inspect.isclass(value) or inspect.isfunction(value):
                homes.setdefault(value.__module__, set()).add(package)
    assert {module: packages for module, packages in homes.items() if len(packages) > 1} == {}


def test_a_page_names_every_public_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import site_api
    import site_text

    monkeypatch.setattr(site_text, "GENERATED", tmp_path)
    site_api.pages()
    for package, names in public().items():
        text = (tmp_path / "api" / f"{package}.rst").read_text(encoding="utf-8")
        assert [n for n in names if f":: {package}::{n}\n" not in text and f"py:data:: {n}\n" not in text] == []


def test_the_reference_tells_what_goes_in() -> None:
    """Every public class and function has words of its own; one of several arguments tells each, or whose they are."""
    silent = []
    for package, names in public().items():
        for name in names:
            value = getattr(import_module(package), name)
            told = (callable(value) and value.__doc__) or ""
            if callable(value) and (not told or told.startswith(f"{name}(")):  # what a dataclass says of itself
                silent.append(f"{package}.{name}")
            if inspect.isfunction(value) and len(parameters := inspect.signature(value).parameters) > 1:
                untold = [p for p in parameters if not re.search(rf"^ +\**{p}: ", told, re.MULTILINE)]
                elsewhere = re.search(r"[Aa]rguments as (for |in )?`|\bAs `", told)
                silent += [f"{package}.{name}: {p}" for p in untold if not elsewhere]
    assert silent == []


def test_a_formula_stands_in_a_line_or_alone() -> None:
    assert 'display="block"' in mathml("x")
    assert 'display="inline"' in mathml("x", "inline")


def test_links_are_followed(tmp_path: Path) -> None:
    pytest.importorskip("sphinx")
    from site_links import faults

    (tmp_path / "a.html").write_text(
        '<a href="b.html#there">1</a><a href="b.html#not">2</a><img src="c.png">'
        '<a href="https://numpy.org/doc/">3</a><a href="http://numpy.org">4</a><a href="https://example.org">5</a>',
        encoding="utf-8",
    )
    (tmp_path / "b.html").write_text('<p id="there"><script src="https://elsewhere.org/x.js"></script>', encoding="utf-8")
    found = list(faults(tmp_path))
    assert [line.rpartition('" ')[2] for line in found] == [
        "leads to no place of that page",
        "leads nowhere",
        "is no address",
        "is no address",
        "fetches from elsewhere",
    ]
