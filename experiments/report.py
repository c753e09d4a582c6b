"""One self-contained HTML page: verdicts on the paper's claims, theorems with their steps, figures and tables."""

from __future__ import annotations

import base64
from collections import Counter
from pathlib import Path
from typing import Any

import xarray as xr
from jinja2 import Environment, PackageLoader, StrictUndefined

from derive import theorems
from derive.bare import version_of
from derive.claim import claims, verdicts
from derive.errors import InputError
from derive.files import write_whole
from experiments import registry
from experiments.first_run.shown import first_run
from experiments.mathml import mathml
from experiments.progress import bar
from experiments.prose import prose
from experiments.store import MARKER, load

RECORDS = Path(__file__).parent / "records"
"""Results of runs that take longer than a demonstration; each says on what machine it was made."""

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


def build(results: Path, out: Path) -> Path:
    """Write the page.

    Args:
        results: folder with the results of `run`; what is missing is named on the page with the command that makes it.
        out: file to write, whole or not at all.

    Returns:
        The file.

    Raises:
        InputError: the file cannot be written.
    """
    if out.is_dir():  # before the work, not after it
        raise InputError(f"expected a file for the page, got the folder {out}; try --out {out / 'report.html'}")
    with bar("report") as progress:
        progress(0, 3)
        judged = _verdict_rows()
        found = {"verdicts": judged, "count": Counter(verdict.status for _, verdict in judged)}
        progress(1, 3)
        found |= {"theorems": list(theorems.values()), "sections": _sections(results)}
        progress(2, 3)
        found |= {"open_claims": _open_claims(), "version": version_of("gradcfl")}
        found |= {"first_run": first_run(results, RECORDS)}
        page = _environment().get_template("report.html.j2").render(**found)
    write_whole(out, page)
    return out


def _environment() -> Environment:
    loader = PackageLoader("experiments", "templates")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"mathml": mathml, "prose": prose}
    return environment


def _data_uri(picture: Path) -> str:
    """An SVG as the address of an image: it stays sharp in print, and its styles cannot meet the page's."""
    try:
        return f"data:image/svg+xml;base64,{base64.b64encode(picture.read_bytes()).decode()}"
    except OSError as error:
        raise InputError(f"expected the figure {picture}, got: {error.strerror}; run the experiment again") from None


def _verdict_rows() -> list[tuple[Any, Any]]:
    """(claim, verdict) of every checked claim, in the paper's order."""
    judged = verdicts()
    return [(claim, judged[key]) for key, claim in claims().items() if key in judged]


def _open_claims() -> list[Any]:
    judged = verdicts()
    return [claim for key, claim in claims().items() if key not in judged]


def _sections(results: Path) -> dict[str, list[dict[str, Any]]]:
    """What is shown of every experiment, by heading; a picture of the user's own comes with the PDEs."""
    shown = {title: [_shown(name, results) for name in section] for title, section in registry.SECTIONS.items()}
    if (results / "bounds" / MARKER).is_file():
        next(iter(shown.values())).append(_experiment("bounds", results / "bounds"))
    return shown


def _shown(name: str, results: Path) -> dict[str, Any]:
    """The user's own result, else the one recorded with the package, else the command that makes it."""
    command = f"python -m experiments run {name}"
    for folder in (results / name, RECORDS / name):
        if (folder / MARKER).is_file():
            return _experiment(name, folder) | {"recorded": command if folder.parent == RECORDS else None}
    return {"name": name, "title": registry.experiment(name).TITLE, "missing": command}


def _experiment(name: str, folder: Path) -> dict[str, Any]:
    data, record = load(folder)
    if not {"caption", "title"} <= record.keys():
        raise InputError(f"expected a caption and a title in {folder / MARKER}, got {', '.join(record)}; run {name} again")
    module = None if name == "bounds" else registry.experiment(name)
    table = module.rows(data) if hasattr(module, "rows") else None
    caption = record["caption"].split("\n")[0] if table else record["caption"]
    shown = {key: record[key] for key in PROVENANCE if key in record}
    return {
        "name": name, "title": record["title"], "missing": None, "image": _data_uri(folder / f"{name}.svg"),
        "caption": caption, "table": table, "recorded": None, "record": shown | {"seeds": _seeds(data)},
    }  # fmt: skip


def _seeds(data: xr.Dataset) -> str:
    return str(data.attrs.get("seeds", "none"))
