"""`make demo`: derive, simulate, draw, and write the page, on all cores at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, as_completed
from pathlib import Path

from derive.derivations import titles
from derive.files.writing import check_file
from experiments import registry
from experiments.page.theorem_entries import entry
from experiments.running.side_by_side import processes
from experiments.running.store import check_writable

FIGURES = ("figure-1", "table-2", "phase-diagram", "figure-5", "figure-4")
"""What is drawn: the quickest first, to have something to look at; then those that take longest."""


def run_demo(out: Path, workers: int) -> Iterator[str]:
    """Run it in so many processes; yields what to tell the user, as it comes.

    Raises:
        InputError: a folder or the page cannot be written.
    """
    page = out / "report.html"
    check_file(page)
    for name in FIGURES:
        check_writable(out / name)
    yield _announcement(out, workers)
    started = time.monotonic()
    with processes(workers) as pool:
        figures: list[Future[str]] = [pool.submit(_figure, name, out) for name in FIGURES]
        derived = [pool.submit(entry, key) for key in titles()]
        for figure in as_completed(figures):
            yield f"{figure.result()} ({time.monotonic() - started:.0f} s after the start)\n"
        entries = [theorem.result() for theorem in derived]
    from experiments.page.report import build

    yield f"report: {build(out, page, theorems=entries).resolve()} ({time.monotonic() - started:.0f} s after the start)"


def _announcement(out: Path, workers: int) -> str:
    shown = "\n".join(f"  {name:<14} {registry.TITLES[name]}" for name in FIGURES)
    return (
        f"Simulates and draws, in {workers} processes, each into its folder in {out}:\n{shown}\n"
        f"derives {len(titles())} theorems step by step, and writes all of it on one page, {out / 'report.html'}.\n"
        "All takes 70 to 110 s of processor time, shared by the cores; the first picture comes within seconds.\n"
    )


def _figure(name: str, out: Path) -> str:
    """Run an experiment on one thread; there is a process for each core."""
    import torch

    from experiments.running.means import STORE, Means
    from experiments.running.progress import silent
    from experiments.running.runner import run_experiment

    torch.set_num_threads(1)
    command = f"python -m experiments run {name} --out {out}"
    return run_experiment(name, "default", out, command, Means(store=out / STORE), silent)
