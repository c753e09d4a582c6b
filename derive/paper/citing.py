"""How to cite: BibTeX of the paper and of this toolkit, from CITATION.cff, which is the one home of both."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

from derive.bare import NAME, PROJECT, version_of
from derive.errors import InputError
from derive.files.sources import UNKNOWN, state

FILE = "CITATION.cff"


@cache
def citation() -> dict[str, Any]:
    """CITATION.cff: of these sources, else as it was installed with the licence.

    Raises:
        InputError: it is not there, or broken.
    """
    import yaml

    try:
        content = yaml.safe_load(_text())
    except yaml.YAMLError:
        content = None
    if not isinstance(content, dict):
        raise InputError(
            f"expected {FILE} beside the sources or in the installation, found none that can be read; install again"
        )
    return content


def _text() -> str:
    path = PROJECT.with_name(FILE)
    if path.is_file():
        return path.read_text(encoding="utf-8")
    try:
        return distribution(NAME).read_text(f"licenses/{FILE}") or ""
    except PackageNotFoundError:
        return ""


def long_version() -> str:
    """Of the paper, by whose numbers theorems, equations and tables are called here."""
    (arxiv,) = (one for one in citation()["references"][0]["identifiers"] if one["value"].startswith("arXiv:"))
    return f"{arxiv['description'].lower()}, {arxiv['value']}"


def of_paper() -> str:
    """BibTeX of the paper, with its long version, whose numbers are cited."""
    (paper,) = citation()["references"]
    return _entry(
        "inproceedings",
        f"{paper['authors'][0]['family-names'].lower()}{paper['year']}surprising",
        author=_names(paper["authors"]),
        title=f"{{{paper['title']}}}",
        booktitle=paper["conference"]["name"],
        year=paper["year"],
        eprint=long_version().rpartition(":")[2],
        archiveprefix="arXiv",
        url=paper["url"],
        note=f"Cited by the numbers of the {long_version()}",
    )


def of_tool() -> str:
    """BibTeX of the toolkit in this version, with its commit, its year and its address where they are known."""
    tool, commit = citation(), state()["commit"]
    released = str(tool.get("date-released", ""))
    year = {"year": released[:4]} if released else {}
    url = {"url": tool["url"]} if "url" in tool else {}
    return _entry(
        "misc",
        tool["title"],
        author=_names(tool["authors"]),
        title=f"{{{tool['title']}}}",
        howpublished="Software",
        version=version_of(NAME),
        note=f"Version {version_of(NAME)}" + (f", commit {commit[:12]}" if commit != UNKNOWN else ""),
        **year,
        **url,
    )


def _names(authors: list[dict[str, str]]) -> str:
    """As BibTeX has them; a name of many people is one word."""
    each = (f"{{{one['name']}}}" if "name" in one else f"{one['family-names']}, {one['given-names']}" for one in authors)
    return " and ".join(each)


def _entry(kind: str, key: str, **fields: object) -> str:
    lines = [f"  {name:<13} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@{kind}{{{key},", *lines, "}"])
