"""What `show` and `cite` print: the paper's form, the erratum, the symbols; and it is kept."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest

import derive.files.remembered as cache
from derive import theorem, theorems
from derive.__main__ import main
from derive.files.remembered import remembered
from derive.paper.citing import FILE, citation, of_paper, of_tool
from derive.paper.keys import as_key, plain
from derive.reports import theorem_page
from experiments import registry

pytestmark = pytest.mark.exact


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.FOLDER, str(tmp_path / "cache"))
    return tmp_path / "cache"


def shown(capsys: pytest.CaptureFixture, *arguments: str) -> str:
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


def kept(folder: Path) -> Path:
    (path,) = folder.rglob("*.json")
    return path


def test_paper_erratum_and_symbols_stand_below_the_result(capsys: pytest.CaptureFixture) -> None:
    text = shown(capsys, "show", "5.4")
    parts = (
        "stable if and only if",
        "α > ",
        "α < ",
        "as it was derived",
        "Eq 14 prints:",
        "Erratum: For a > 0",
        "step size (learning rate) [time]",
    )
    assert [text.index(part) for part in parts] == sorted(text.index(part) for part in parts)
    assert "greatest value of |Ihat|^2 over frequency [image^2]" in text


@pytest.mark.parametrize("key", ["5.1", "5.4", "5.6", "eq-19", "table-3", "eq-25"])
def test_it_fits_80_columns(key: str) -> None:
    lines = theorem_page.page(key)["summary"].splitlines()
    assert max(sum(not unicodedata.combining(c) for c in line) for line in lines) <= 80


def test_a_kept_page_is_what_would_be_derived(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    forms = [("show", "5.1", *more) for more in ((), ("--steps",), ("--latex",), ("--steps", "--latex"))]
    first = [shown(capsys, *form) for form in forms]
    monkeypatch.setattr(theorem_page, "_derived", lambda _: pytest.fail("derived again"))
    assert [shown(capsys, *form) for form in forms] == first
    assert first[1].rstrip() == str(theorem("5.1"))
    assert main(["show", "5.1", "--code", "numpy"]) == 2
    assert "equation between fields" in capsys.readouterr().err


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"entry": {"a": "2"}}', b'{"sha256": "0", "entry": {"a": "2"}}'])
def test_what_is_damaged_is_made_anew(damage: bytes, folder: Path) -> None:
    assert remembered("x", lambda: {"a": "1"}) == {"a": "1"}
    kept(folder).write_bytes(damage)
    assert remembered("x", lambda: {"a": "1"}) == {"a": "1"}
    assert json.loads(kept(folder).read_text())["entry"] == {"a": "1"}


def test_other_sources_read_nothing_of_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remembered("x", lambda: {"a": "old"})
    monkeypatch.setattr(cache, "sources_sha256", lambda: "f" * 64)
    assert remembered("x", lambda: {"a": "new"}) == {"a": "new"}


def test_a_folder_that_cannot_be_written_costs_no_answer(folder: Path) -> None:
    folder.write_text("a file in its place")
    assert remembered("x", lambda: {"a": "1"}) == {"a": "1"}


def test_keys_are_taken_as_they_are_printed() -> None:
    for keys in (list(theorems), registry.names()):
        assert len({plain(key) for key in keys}) == len(keys)
        assert [as_key(key.upper().replace("-", " "), keys) for key in keys] == keys
    for text, key in (("Thm 5.4", "5.4"), ("theorem 5.4", "5.4"), ("tab 3", "table-3"), ("supp. Eq 51", "supp-eq-51")):
        assert theorem(text).id == key
    assert as_key("5.9", theorems) == "5.9"


def test_signs_are_as_an_author_prints_them() -> None:
    assert r"\left(\hat{y} - y\right)" in theorem("5.1").latex()
    assert theorem("eq-11").latex().startswith("K^{n+1} - K = ")
    assert "(ŷ - y)" in unicodedata.normalize("NFC", theorem("5.1").summary())


def test_a_citation_names_version_status_and_proof(capsys: pytest.CaptureFixture) -> None:
    pytest.importorskip("z3")
    text = " ".join(shown(capsys, "cite", "Thm 5.4").split())
    for part in (
        "author = {Sun, Yuxin and Lao, Dong",
        "@misc{gradcfl,",
        "by gradcfl 0.",
        "necessary and sufficient; both",
        "by z3",
    ):
        assert part in text
    assert "It corrects the print. For a > 0" in text
    assert "(Thm 5.4 of Sun et al. 2022, numbered as in its long version, arXiv:2206.02001v4)" in text
    assert "no formal proof" in " ".join(shown(capsys, "cite", "5.1").split())


def test_bibtex_is_balanced_and_has_what_its_kinds_require() -> None:
    paper, tool = of_paper(), of_tool()
    assert all(entry.count("{") == entry.count("}") for entry in (paper, tool))
    assert all(f"  {name} " in paper for name in ("author", "title", "booktitle", "year"))
    assert all(f"  {name} " in tool for name in ("author", "title", "year"))


def test_an_installation_has_its_citation_with_the_licence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are no sources beside it; and one line where it is missing."""
    text = Path(__file__).parents[3].joinpath(FILE).read_text(encoding="utf-8")
    installed = type("Installed", (), {"read_text": lambda self, name: {f"licenses/{FILE}": text}.get(name)})
    before = citation()
    monkeypatch.setattr("derive.paper.citing.PROJECT", tmp_path / "pyproject.toml")
    monkeypatch.setattr("derive.paper.citing.distribution", lambda _: installed())
    assert citation.__wrapped__() == before
    text = ""
    monkeypatch.setattr("derive.paper.citing.distribution", lambda _: type("None", (), {"read_text": lambda *_: None})())
    with pytest.raises(ValueError, match=r"expected CITATION\.cff"):
        citation.__wrapped__()
