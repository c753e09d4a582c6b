"""One self-contained HTML page: verdicts on the paper's claims, theorems with their steps, figures and tables."""

from __future__ import annotations

import base64
import sys
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from derive.bare import version_of
from derive.commands.installed import check_installed
from derive.errors import InputError
from derive.files.reading import Unreadable, read_regular
from derive.files.writing import check_file, write_whole
from derive.paper.claim import claims, verdicts
from derive.shown import PARAGRAPH, shown
from experiments import registry
from experiments.left_open import OPEN
from experiments.page.first_runs import first_run
from experiments.page.mathml import mathml
from experiments.page.prose import prose
from experiments.page.theorem_entries import Entry, entries
from experiments.running.leaves import leaves
from experiments.running.progress import bar
from experiments.running.store import MARKER, load
from experiments.running.swapping import tidy

RECORDS = Path(__file__).parents[1] / "records"
"""Results of runs that take longer than a demonstration; each says on what machine it was made."""

LARGEST = 2**26
"""Bytes of a figure, at most."""

PROVENANCE = (
    "preset",
    "device",
    "platform",
    "python",
    "version_gradcfl",
    "version_torch",
    "version_sympy",
    "seconds",
    "command",
)


def build(results: Path, out: Path, recompute: bool = False, workers: int = 1, theorems: list[Entry] | None = None) -> Path:
    """Write the page.

    Args:
        results: folder with the results of `run`; what is missing is named on the page with the command that makes it.
        out: file to write, whole or not at all.
        recompute: compute every verdict now, about ten minutes, instead of reading the record.
        workers: processes that derive the theorems.
        theorems: the theorems, if they are derived already.

    Returns:
        The file.

    Raises:
        InputError: the file cannot be written, or a package is missing.
    """
    check_installed()
    if out.is_dir():  # before the work, not after it
        raise InputError(f"expected a file for the page, got the folder {out}; try --out {out / 'report.html'}")
    check_file(out)
    with bar("report") as progress:
        progress(0, 3)
        judged = _verdict_rows(recompute)
        context = {"verdicts": judged, "count": Counter(verdict.status for _, verdict in judged)}
        progress(1, 3)
        context |= {"theorems": theorems or entries(workers), "sections": _sections(results)}
        progress(2, 3)
        context |= {"open_claims": _open_claims(recompute), "version": version_of("gradcfl")}
        context |= {
            "first_run": first_run(results, RECORDS),
            "left_open": {name: _left_open(name) for name in registry.names()},
        }
        page = _environment().get_template("report.html.j2").render(**context)
    tidy(results)
    write_whole(out, page)
    for line in (e["bad"] for section in context["sections"].values() for e in section if e.get("bad")):
        print(line, file=sys.stderr)
    return out


def _environment() -> Environment:
    loader = PackageLoader("experiments.page")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"mathml": mathml, "prose": prose}
    return environment


def _data_uri(picture: Path) -> str:
    """An SVG as the address of an image: it stays sharp in print, and its styles cannot meet the page's."""
    return f"data:image/svg+xml;base64,{base64.b64encode(read_regular(picture, LARGEST)).decode()}"


def _verdict_rows(recompute: bool) -> list[tuple[Any, Any]]:
    """(claim, verdict) of every checked claim, in the paper's order."""
    judged = verdicts(recompute)
    return [(claim, judged[key]) for key, claim in claims().items() if key in judged]


def _open_claims(recompute: bool) -> list[Any]:
    judged = verdicts(recompute)
    return [claim for key, claim in claims().items() if key not in judged]


def _sections(results: Path) -> dict[str, list[dict[str, Any]]]:
    """What is shown of every experiment, by heading; a picture of the user's own comes with the PDEs."""
    sections = {title: [_shown(name, results) for name in section] for title, section in registry.SECTIONS.items()}
    if (results / "bounds" / MARKER).is_file():
        command = "python -m experiments bounds --image FILE --kernel SIDE"
        next(iter(sections.values())).append(_readable("bounds", results / "bounds", "Bounds for a picture", command))
    return sections


def _shown(name: str, results: Path) -> dict[str, Any]:
    """The user's own result, else the one recorded with the package, else the command that makes it."""
    title, command = registry.TITLES[name], f"python -m experiments run {name}"
    for folder in (results / name, RECORDS / name):
        if (folder / MARKER).is_file():
            fields = _readable(name, folder, title, command)
            return fields | {"recorded": command if folder.parent == RECORDS else None}
    return {"name": name, "title": title, "missing": command, "bad": None}


def _left_open(name: str) -> list[tuple[str, str, str]]:
    """(field, value, why) of what the print leaves open of the experiment's preset `paper`."""
    chosen = leaves(registry.experiment(name).PRESETS["paper"])
    return [(field, shown(repr(chosen[field])), why) for field, why in OPEN.get(name, {}).items()]


def _readable(name: str, folder: Path, title: str, command: str) -> dict[str, Any]:
    """What is shown of a folder; if it is of another version, or damaged, a line that says so: it must not cost the page."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of infinities in a table
            return _experiment(name, folder)
    except Exception as error:  # the code of an experiment meets data of any shape
        reason = shown(error, 500) if isinstance(error, InputError) else f"{type(error).__name__}: {shown(error, 80)}"
        bad = f"{folder} cannot be shown ({reason}); make it anew: {command}"
        return {"name": name, "title": title, "missing": command, "bad": bad}


def _experiment(name: str, folder: Path) -> dict[str, Any]:
    data, record = load(folder)
    if record["name"] != name:
        raise Unreadable(folder / MARKER, f"it is of {shown(record['name'], 40)}, not of {name}")
    if odd := [key for key in ("caption", "title") if not isinstance(record.get(key), str)]:
        raise Unreadable(folder / MARKER, f"expected text for {' and '.join(odd)}")
    module = None if name == "bounds" else registry.experiment(name)
    table = _cells(*module.rows(data)) if hasattr(module, "rows") else None
    caption = record["caption"].split("\n")[0] if table else record["caption"]
    told = {key: shown(record[key]) for key in PROVENANCE if key in record}
    return {
        "name": name, "title": shown(record["title"]), "missing": None, "bad": None,
        "image": _data_uri(folder / f"{name}.svg"),
        "caption": "\n".join(shown(line, PARAGRAPH) for line in caption.split("\n")),
        "table": table, "recorded": None, "record": told | {"seeds": shown(data.attrs.get("seeds", "none"))},
    }  # fmt: skip


def _cells(head: list[str], rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    return [shown(cell) for cell in head], [[shown(cell) for cell in row] for row in rows]
