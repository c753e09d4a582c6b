"""What the page shows of a theorem, as plain text and LaTeX: it can be made in another process and handed over."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from derive.derivations import theorem, titles
from experiments.running.side_by_side import processes

Entry = dict[str, Any]


def entry(key: str) -> Entry:
    """Derive a theorem; id, title, source, assumptions, and of each step heading, reason and LaTeX."""
    derivation = theorem(key)
    steps = [{"heading": step.heading, "why": step.why, "latex": step.latex} for step in derivation.steps]
    return {
        "id": derivation.id,
        "title": derivation.title,
        "source": derivation.source,
        "assumptions": derivation.assumptions,
        "steps": steps,
    }


def entries(workers: int) -> list[Entry]:
    """All of them, in the paper's order, derived in so many processes; with one, in this one."""
    return list(_each(titles(), workers))


def _each(keys: Iterable[str], workers: int) -> Iterable[Entry]:
    if workers == 1:
        return map(entry, keys)
    with processes(workers) as pool:
        return list(pool.map(entry, keys))
