"""The fields of a setting, however deep they lie, by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

LABELS = ("claim", "preset", "data_dir")
"""Fields that decide nothing of a result: what it is called, and where files lie."""


def leaves(setting: Any) -> dict[str, Any]:
    """Name, such as ``tables.recipe.lr``, -> value; of several settings side by side, a tuple of theirs. Not the labels."""
    flat: dict[str, Any] = {}
    for name, value in _leaves(setting, ""):
        flat.setdefault(name, []).append(value)
    return {name: tuple(values) if len(values) > 1 else values[0] for name, values in flat.items()}


def _leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if is_dataclass(value):
        for field in fields(value):
            if field.name not in LABELS:
                yield from _leaves(getattr(value, field.name), f"{name}.{field.name}".lstrip("."))
    elif isinstance(value, tuple) and any(map(is_dataclass, value)):
        for item in value:
            yield from _leaves(item, name)
    else:
        yield name, value


def located(setting: Any, folder: Path | None) -> Any:
    """The setting, with files looked for in the user's folder wherever it reads some."""
    own = {field.name: getattr(setting, field.name) for field in fields(setting)}
    changed = {name: located(value, folder) for name, value in own.items() if is_dataclass(value)}
    if "data_dir" in own and folder is not None:
        changed["data_dir"] = str(folder)
    return replace(setting, **changed) if changed else setting
