"""A page per theorem: what it assumes, its steps, the paper's print beside it, its code. From what is kept of derivations."""

from __future__ import annotations

import json
import re

from site_text import bullets, code, formula, plain, table, title, write

from derive.derivations import titles
from derive.paper.claim import claims, verdicts
from derive.reports.theorem_page import Page, page


def pages() -> None:
    """All of them, and their list."""
    told = {key: json.loads(page(key)["json"]) for key in titles()}
    for key in told:
        write(f"theorems/{key}", *_page(key, page(key)))
    rows = [(f":doc:`{plain(key)} </generated/theorems/{key}>`", *_row(key, entry)) for key, entry in told.items()]
    write(
        "theorems/index",
        title("Theorems"),
        "Each is the output of the pipeline from the loss up, with every step; no result is typed in. The last column is "
        "what became of the paper's print; :doc:`/errata` says what is wrong with it.\n",
        table(("Key", "Theorem", "In the paper", "Print"), rows, (12, 48, 25, 15)),
        ".. toctree::\n   :hidden:\n\n" + "".join(f"   {key}\n" for key in told),
    )


def _row(key: str, entry: dict) -> tuple[str, str, str]:
    verdict = verdicts().get(key)
    return plain(entry["title"]), plain(entry["source"]), plain(verdict.status) if verdict else "\\ "


def _page(key: str, found: Page) -> list[str]:
    entry = json.loads(found["json"])
    head = [title(f"{key}: {entry['title']}"), f"*{plain(entry['source'])}* of the paper.\n"]
    assumed = [title("Assumes", "-"), bullets(map(plain, entry["assumptions"]))] if entry["assumptions"] else []
    result = [title("Result", "-"), formula(entry["latex"])] if entry["latex"] else []
    return [*head, *assumed, *result, *_print(key), title("Steps", "-"), *_steps(entry, found), *_code(key, found)]


def _steps(entry: dict, found: Page) -> list[str]:
    headings = re.findall(r"^% (.+)$", found["steps_latex"], re.MULTILINE)
    steps = zip(headings, entry["steps"], strict=True)
    told = [
        (title(f"{n}. {head}", "~"), plain(step["why"]) + "\n", formula(step["latex"]))
        for n, (head, step) in enumerate(steps, 1)
    ]
    return [block for blocks in told for block in blocks]


def _print(key: str) -> list[str]:
    """What the paper prints, and what became of it."""
    claim, verdict = claims().get(key), verdicts().get(key)
    if claim is None:
        return []
    blocks = [title("In print", "-"), f"{plain(claim.source)} prints: {plain(claim.statement)}\n"]
    if verdict is None:
        return blocks
    told = (f"**{plain(verdict.status.capitalize())}.**", verdict.finding and plain(verdict.finding), plain(verdict.evidence))
    return [*blocks, " ".join(filter(None, told)) + "\n"]


def _code(key: str, found: Page) -> list[str]:
    shown = [f"python -m derive show {key} --steps", f"python -m derive cite {key}"]
    if not found["code"]:
        return [title("Code", "-"), plain(found["no_code"]) + "\n", code("\n".join(shown), "text")]
    shown.append(f"python -m derive show {key} --code torch")
    return [title("Code", "-"), code(found["code"]["numpy"]), code("\n".join(shown), "text")]
