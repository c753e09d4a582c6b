"""The textbooks' schemes as a table: condition, order of accuracy, and whether z3 proves the condition."""

from __future__ import annotations

import os

import sympy as sp
from site_text import code, inline, plain, table, title, write

from derive import Stability, order_of_accuracy, stability
from derive.errors import InputError
from derive.files.remembered import remembered
from derive.gallery import Entry, gallery
from derive.gallery.parameters import decay, dispersion, mass, nu, nu_x, nu_y, nu_z, r, r_x, r_y, r_z
from derive.printing.text import latex

SECONDS = float(os.environ.get("PROOF_SECONDS", 5))
"""For each of the two directions of a proof. What z3 does not find takes all of it, and a page that nobody reads needs less."""
COMPLEX = 200
"""Characters of LaTeX beyond which a condition stands below the table."""

dt, dx, dy, dz = sp.symbols("dt dx dy dz", positive=True)
_ALONG = {
    **{r: dx**2, r_x: dx**2, r_y: dy**2, r_z: dz**2, nu: dx, nu_x: dx, nu_y: dy, nu_z: dz},
    **{decay: sp.S.One, mass: sp.S.One, dispersion: dx**3},
}
_MEANING = {p.name: sp.Symbol(f"constant_{p.name}", positive=True) * dt / power for p, power in _ALONG.items()}


def pages() -> None:
    """The table, and the conditions that are too long for it."""
    told = {
        key: remembered(f"site-scheme-{key}-{SECONDS:g}", lambda entry=entry: _told(entry)) for key, entry in gallery.items()
    }
    rows = [_row(key, entry, told[key]) for key, entry in gallery.items()]
    long = {key: found for key, found in told.items() if len(found["latex"]) > COMPLEX}
    write(
        "schemes",
        ":html_theme.sidebar_secondary.remove:\n",  # the table needs the room
        title("Schemes of the textbooks"),
        f"All {len(gallery)}, with the condition that :py:func:`derive.stability` finds. *exact*: necessary and sufficient, "
        "the frequency eliminated; *decided* and *sampled*: no closed form was found in time. Of an exact one z3 is asked for "
        "a proof in both "
        f"directions, {SECONDS:g} s for each; *not decided* means that it found none in that time, not that there is none. "
        "The error is that of truncation: its leading powers of the steps, as ``order_of_accuracy`` derives them.\n",
        code("python -m derive schemes lax-wendroff", "text"),
        table(("Name", "Scheme", "Stable if and only if", "Error", "Proof"), rows, (18, 26, 34, 12, 10)),
        *(_below(key, found["latex"]) for key, found in long.items()),
    )


def _told(entry: Entry) -> dict[str, str]:
    found = stability(entry.scheme)
    return {
        "latex": latex(found.condition) if found.has_formula and found.condition not in (sp.true, sp.false) else "",
        "words": {sp.true: "always", sp.false: "never"}.get(found.condition, found.status),
        "grade": found.grade,
        "order": _order(entry),
        "proof": _proof(found),
    }


def _order(entry: Entry) -> str:
    """LaTeX of the leading powers of the steps; empty where they are not told."""
    names = {p.name for p in entry.scheme.parameters}
    try:
        found = order_of_accuracy(entry.scheme, {name: value for name, value in _MEANING.items() if name in names})
    except InputError:
        return ""
    return latex(sp.Add(*found.terms))


def _proof(found: Stability) -> str:
    if found.status != "exact":
        return ""
    return {"proved": "proved", "unknown": "not decided"}.get(verdict := found.prove(SECONDS).verdict, verdict)


def _row(key: str, entry: Entry, found: dict[str, str]) -> tuple[str, ...]:
    long = len(found["latex"]) > COMPLEX
    where = f":ref:`below <scheme-{key}>`" if long else inline(found["latex"]) if found["latex"] else f"*{found['words']}*"
    return (
        f"``{key}``",
        f"{plain(entry.title)}. {plain(entry.source)}",
        where,
        inline(found["order"]) if found["order"] else "\\ ",
        found["proof"] or "\\ ",
    )


def _below(key: str, condition: str) -> str:
    return f".. _scheme-{key}:\n\n{title(key, '-')}\n.. math::\n\n   {condition}\n"
