"""The record of a first run, as the report shows it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from derive.errors import InputError

FOLDER, RECORD = "first-run", "first-run.json"
KEYS = {"date", "device", "hardware", "platform", "versions", "seconds", "counts", "lines"}


def first_run(results: Path, records: Path) -> dict[str, Any] | None:
    """The user's own record, else the one kept with the package, which says so; None if there is neither.

    Raises:
        InputError: the file is no record of a first run.
    """
    for folder in (results, records):
        file = folder / FOLDER / RECORD
        if file.is_file():
            return _read(file) | {"recorded": folder == records}
    return None


def _read(file: Path) -> dict[str, Any]:
    try:
        log = json.loads(file.read_text(encoding="utf-8"))
        if log.keys() >= KEYS and all({"result", "name", "told", "at"} <= line.keys() for line in log["lines"]):
            return log
    except (OSError, ValueError, AttributeError, TypeError):
        pass
    raise InputError(f"expected the record of a first run in {file}, got something else; make gpu writes it anew")
