"""`python -m experiments.benchmarks`: the table of benchmarks; exit code 1 if a target is missed."""

from __future__ import annotations

import sys

import torch
from rich.console import Console
from rich.table import Table

from experiments.benchmarks import (
    checkpointing,
    large_images,
    memory,
    monitor,
    on_gpu,
    optimizer_edges,
    pde_step,
    perturbed_step,
    rel_l1_logging,
    sharpness_tracking,
    side_by_side,
    textbook,
    windowed_bounds,
)
from experiments.benchmarks.timing import Result
from experiments.running.provenance import hardware

MODULES = (
    pde_step,
    windowed_bounds,
    large_images,
    memory,
    textbook,
    perturbed_step,
    rel_l1_logging,
    side_by_side,
    checkpointing,
    optimizer_edges,
    sharpness_tracking,
    monitor,
    on_gpu,
)


def main() -> int:
    """Run all, print one table."""
    results = [result for module in MODULES for result in module.run()]
    Console().print(_table(results))
    return 0 if all(r.met for r in results) else 1


def devices() -> str:
    """What the rows ran on: the CPU, and where one says cuda that GPU."""
    return " and ".join(map(hardware, ["cpu", *(["cuda:0"] if torch.cuda.is_available() else [])]))


def _table(results: list[Result]) -> Table:
    table = Table(title=f"Benchmarks, {devices()}, torch {torch.__version__}")
    for column in ("what", "reached", "target", "met", "floor"):
        table.add_column(column)
    for r in results:
        target = f"{'>=' if r.at_least else '<='} {r.target:g}"
        table.add_row(r.name, f"{r.value:.3g} {r.unit}", target, "yes" if r.met else "NO", r.note)
    return table


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
