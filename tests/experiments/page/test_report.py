"""The page: whole, self-contained, complete, and closed to what a caption or a claim may carry."""

from __future__ import annotations

import json
import os
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
import xarray as xr
from matplotlib.figure import Figure

from derive import theorems
from derive.errors import InputError
from derive.paper.claim import Claim, Verdict, claims
from experiments import registry
from experiments.page import report
from experiments.running import store
from experiments.running.swapping import HIDDEN
from numerics.common.netcdf import to_bytes

pytestmark = pytest.mark.exact

VOID = {"meta", "img", "br", "link", "input", "hr"}
HOSTILE = "</figcaption><script>alert(1)</script>\" onload='x'"
RECORD = {"title": HOSTILE, "caption": HOSTILE, "preset": "smoke", "command": HOSTILE, "device": "cpu"}


class Page(HTMLParser):
    """Checks that tags balance; collects tags, ids, addresses and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        self.ids += [value for key, value in attrs if key == "id" and value]
        self.addresses += [str(given[key]) for key in ("src", "href") if key in given]
        assert tag != "img" or given.get("alt")
        assert not any(key.startswith("on") for key in given)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style"} & set(self.open):
            self.text += data


DOUBTFUL = ("found at a setting of ours", "decided by the paper's")


def judged(claim: Claim) -> Verdict:
    if claim.id == "table-1":
        return Verdict(claim.id, "not run at the paper's setting", "", "", "evidence", f"command of {claim.id}", *DOUBTFUL)
    return Verdict(claim.id, "agrees", claim.latex, claim.latex, f"evidence of {claim.id}", f"command of {claim.id}")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """One result with a hostile record; everything else is missing."""
    store.save(xr.Dataset(attrs={"seeds": HOSTILE}), Figure(), "figure-1", RECORD, tmp_path / "figure-1")
    return tmp_path


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> str:
    """With one bad folder among the rest."""
    results = tmp_path_factory.mktemp("results")
    store.save(xr.Dataset(attrs={"seeds": HOSTILE}), Figure(), "figure-1", RECORD, results / "figure-1")
    (results / "figure-2").mkdir()
    (results / "figure-2" / store.MARKER).write_bytes(b"[" * 10**5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "verdicts", lambda _: {key: judged(claim) for key, claim in claims().items()})
        return report.build(results, results / "page" / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_tags_balance_and_ids_are_unique(page: Page) -> None:
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))


def test_what_speaks_against_a_claim_is_told_at_a_glance_in_a_section_and_with_the_claim(page: Page) -> None:
    if "table-1" not in claims():
        pytest.skip("no claims of the paper are registered")
    assert page.text.count("contradicted at ours") == 1
    for words in DOUBTFUL:
        assert page.text.count(words) == 2
    assert "Against it, at a setting of ours: found" in page.text
    assert "What would decide it: decided" in page.text
    assert {"against"} == {name for name in page.ids if name in ("against", "errata")}


def test_what_the_print_leaves_open_is_shown_with_values(page: Page) -> None:
    assert "recipe.lr0.001not printed: torch's default" in page.text


def test_nothing_is_fetched(page: Page, html: str) -> None:
    assert page.tags.isdisjoint({"script", "link", "iframe", "object"})
    assert not [address for address in page.addresses if not address.startswith(("#", "data:image/svg+xml;base64,"))]
    assert not re.search(r"@import|url\(", html)


def test_links_lead_somewhere(page: Page) -> None:
    assert {address[1:] for address in page.addresses if address.startswith("#")} <= set(page.ids)


def test_every_theorem_and_claim_is_there(page: Page) -> None:
    wanted = {f"theorem-{t.id}" for t in theorems.values()} | {f"claim-{key}" for key in claims()}
    assert wanted <= set(page.ids)
    assert all(f"command of {key}" in page.text for key in claims())


def test_missing_results_are_named_with_their_command(page: Page) -> None:
    missing = [name for name in registry.names() if name != "figure-1"]  # a recorded one names its command too
    assert all(f"python -m experiments run {name}" in page.text for name in missing)


def test_no_latex_leaks(page: Page) -> None:
    assert "\\" not in page.text


def test_hostile_text_is_shown_and_not_obeyed(page: Page) -> None:
    assert page.text.count("<script>alert(1)</script>") >= 3


def test_without_checks_the_page_says_so(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "verdicts", lambda _: {})
    monkeypatch.setattr(report, "claims", dict)
    page = Page(report.build(results, results / "report.html").read_text(encoding="utf-8"))
    assert "No collection of checks is installed" in page.text


def test_a_page_that_cannot_be_written_leaves_the_old_one(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(report, "verdicts", lambda _: {})
    out = results / "report.html"
    out.write_text("old")
    monkeypatch.setattr("os.replace", full)
    with pytest.raises(InputError, match="No space left on device"):
        report.build(results, out)
    assert out.read_text() == "old"
    assert sorted(path.name for path in results.iterdir()) == [HIDDEN, "figure-1", "report.html"]


def test_a_folder_is_no_page(results: Path) -> None:
    with pytest.raises(InputError, match="expected a file"):
        report.build(results, results)


def bad(results: Path, name: str = "figure-1") -> str | None:
    """The line on a folder that cannot be shown."""
    found = report._shown(name, results)
    if (line := found["bad"]) is not None:
        assert line.startswith(f"{results / name} cannot be shown (")
        assert line.endswith(f"); make it anew: python -m experiments run {name}")
        assert "\n" not in line
    return line


def marker(**changed: object) -> bytes:
    record = {"name": "figure-1", **RECORD, **changed}
    return json.dumps({key: value for key, value in record.items() if value is not ...}).encode()


MARKERS = {
    "caption null": marker(caption=None),
    "caption a number": marker(caption=5),
    "caption a list": marker(caption=["a"]),
    "no caption": marker(caption=...),
    "no title": marker(title=...),
    "title an object": marker(title={}),
    "of another": marker(name="figure-2"),
    "of a path": marker(name="../figure-1/figure-1"),
    "nested": b"[" * 10**5,
    "nested objects": b'{"a":' * 10**5,
    "a list": b"[]",
    "empty": b"",
    "not UTF-8": b"\xff",
}


@pytest.mark.parametrize("kind", MARKERS)
def test_a_bad_marker_costs_one_line(kind: str, results: Path) -> None:
    (results / "figure-1" / store.MARKER).write_bytes(MARKERS[kind])
    assert bad(results)


@pytest.mark.parametrize("name", ["figure-1.svg", "figure-1.nc"])
@pytest.mark.parametrize("what", ["gone", "folder", "pipe", "text"])
def test_a_bad_file_costs_one_line(name: str, what: str, results: Path) -> None:
    path = results / "figure-1" / name
    path.unlink()
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "text":
        path.write_text("text")
    assert bad(results) or (name, what) == ("figure-1.svg", "text")  # nothing looks into a picture


SHAPES = {
    "empty": lambda data: xr.Dataset(attrs=data.attrs),
    "a dimension renamed": lambda data: data.rename({next(iter(data.sizes)): "renamed"}),
    "no attributes": lambda data: data.drop_attrs(deep=False).assign_attrs(experiment="table-1"),
    "text": lambda data: data.map(lambda v: v.astype(str)),
    "another's": lambda data: data.assign_attrs(experiment="table-4"),
}


@pytest.mark.parametrize("kind", SHAPES)
def test_a_dataset_of_another_shape_costs_one_line(kind: str, results: Path) -> None:
    shutil.copytree(report.RECORDS / "table-1", results / "table-1")
    data, _ = store.load(results / "table-1")
    (results / "table-1" / "table-1.nc").write_bytes(to_bytes(SHAPES[kind](data)))
    assert bad(results, "table-1")


def test_what_is_no_text_for_a_page_is_shown_as_an_escape(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "verdicts", lambda _: {})
    monkeypatch.setattr(report, "entries", lambda workers: [])
    odd = "a\ud800\x00\u202e\x1b[31mb"
    (results / "figure-1" / store.MARKER).write_bytes(marker(caption=odd, title=odd, command=odd))
    html = report.build(results, results / "report.html").read_text(encoding="utf-8")
    assert html.count(r"a\ud800\x00\u202e\x1b[31mb") >= 3


def test_all_recorded_results_are_shown(tmp_path: Path) -> None:
    for folder in (path for path in report.RECORDS.iterdir() if path.is_dir()):
        assert store.load(folder)[1]["name"] == folder.name
        if not folder.name.startswith("benchmark-"):  # these stand in docs/control.md
            assert report._shown(folder.name, tmp_path)["bad"] is None


def test_a_bad_folder_does_not_cost_the_page(page: Page) -> None:
    assert re.search(r"figure-2 cannot be shown \(.*it is nested too deeply.*python -m experiments run figure-2", page.text)


def test_bad_folders_are_told_on_stderr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setattr(report, "verdicts", lambda _: {})
    monkeypatch.setattr(report, "entries", lambda workers: [])
    monkeypatch.setattr(registry, "SECTIONS", {"The PDEs": {"figure-1": "figure_1"}})
    for name in ("figure-1", "bounds"):
        (tmp_path / name).mkdir()
        (tmp_path / name / store.MARKER).write_bytes(b"[]")
    page = Page(report.build(tmp_path, tmp_path / "report.html").read_text(encoding="utf-8"))
    lines = [line for line in capsys.readouterr().err.splitlines() if "cannot be shown" in line]
    assert len(lines) == 2
    assert all(line in page.text for line in lines)
