"""The page: whole, self-contained, complete, and closed to what a caption or a claim may carry."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import xarray as xr
from matplotlib.figure import Figure

from derive import theorems
from derive.claim import Claim, Verdict, claims
from derive.errors import InputError
from experiments import registry, report, store

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


def judged(claim: Claim) -> Verdict:
    return Verdict(claim.id, "agrees", claim.latex, claim.latex, f"evidence of {claim.id}", f"command of {claim.id}")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """One result with a hostile record; everything else is missing."""
    store.save(xr.Dataset(attrs={"seeds": HOSTILE}), Figure(), "figure-1", RECORD, tmp_path / "figure-1")
    return tmp_path


@pytest.fixture
def html(results: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(report, "verdicts", lambda _: {key: judged(claim) for key, claim in claims().items()})
    return report.build(results, results / "page" / "report.html").read_text(encoding="utf-8")


@pytest.fixture
def page(html: str) -> Page:
    return Page(html)


def test_tags_balance_and_ids_are_unique(page: Page) -> None:
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))


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
    assert sorted(path.name for path in results.iterdir()) == ["figure-1", "report.html"]


def test_a_folder_is_no_page(results: Path) -> None:
    with pytest.raises(InputError, match="expected a file"):
        report.build(results, results)


def test_a_result_without_its_figure_is_an_input_error(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "verdicts", lambda _: {})
    (results / "figure-1" / "figure-1.svg").unlink()
    with pytest.raises(InputError, match="run the experiment again"):
        report.build(results, results / "report.html")


def test_a_marker_that_is_not_ours_is_an_input_error(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "verdicts", lambda _: {})
    (results / "figure-1" / store.MARKER).write_text(json.dumps({"name": "figure-1"}))
    with pytest.raises(InputError, match="figure-1"):
        report.build(results, results / "report.html")
