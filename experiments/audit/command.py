"""The audit from the command line: check, run, write, and say so."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from derive.errors import InputError
from derive.shown import PARAGRAPH, shown
from experiments.audit.outcome import run
from experiments.audit.page import NAME, write
from experiments.audit.session import Session
from experiments.audit.target import find
from experiments.running.store import check_writable
from numerics.monitor import Options

SHADOW = 0.25
"""Share of the steps with a shadow beside them."""


def run_audit(
    target: str, every: int, budget: float, shadow: bool, smallest: bool, steps: int | None, out: Path, command: str
) -> str:
    """Audit MODULE:FUNCTION into OUT/audit; returns what to tell the user.

    Args:
        target: "module:function".
        every: least number of steps between two measurements, >= 1.
        budget: Hessian products per step, > 0.
        shadow: whether a shadow is trained.
        smallest: whether the smallest eigenvalue is measured.
        steps: most steps, >= 1; None for all.
        out: folder that holds results.
        command: for the record.

    Raises:
        InputError: an option out of range; no such function; the user's function raised, after the page is written.
        KeyboardInterrupt: it came, after the page is written.
    """
    folder = out / NAME
    check_writable(folder)  # before the work, not after it
    options = {"every": every, "budget": budget, "smallest": smallest, "shadow": SHADOW if shadow else 0.0}
    _check(options, steps)
    training = find(target)
    session = Session(options, steps, _told, say=_said)
    outcome = run(training, session)
    findings = write(target, session, outcome, command, folder)
    page = (folder / f"{NAME}.html").resolve()
    if outcome.kind in ("failed", "refused"):
        raise InputError(f"{shown(outcome.line, PARAGRAPH)}; the page of the {session.steps} steps before it: {page}")
    lines = [*findings.sentences, *(f"- {text}" for text in findings.advice), f"page: {page}"]
    report = "\n".join(shown(line, PARAGRAPH) for line in lines)
    if outcome.kind == "interrupted":
        print(report, flush=True)
        raise KeyboardInterrupt
    return report


def _check(options: Mapping[str, Any], steps: int | None) -> None:
    from numerics.monitor.budget import Budget

    Options(**options)
    Budget(options["budget"], options["every"])
    if steps is not None and steps < 1:
        raise InputError(f"expected --steps to be at least 1, got {steps}")


def _said(text: str) -> None:
    """A line to be read while the training goes on."""
    print(f"audit: {shown(text, PARAGRAPH)}", file=sys.stderr, flush=True)


def _told(step: int, row: Mapping[str, Any]) -> None:
    """One line in place, where there is a terminal to show it."""
    if "normalised" in row and sys.stderr.isatty():
        value = float(row["normalised"])
        state = "not a number" if math.isnan(value) else f"{value:.3g} of the edge"
        print(f"\raudit: step {step}, {state}, {row.get('verdict', '')}\x1b[K", end="", file=sys.stderr, flush=True)
