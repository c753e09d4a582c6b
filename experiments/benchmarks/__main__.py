"""Benchmarks, each a ratio against a peer in the same run.

python -m experiments.benchmarks                            all of them in one table; exit code 1 if a target is missed
python -m experiments.benchmarks control                    what capping the step size is worth: half an hour on two cores
python -m experiments.benchmarks control --preset smoke     a small part of it
python -m experiments.benchmarks caps                       which cap: c, or a share of the mean-square edge
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from experiments.benchmarks.timing import Result

MODULES = (
    "pde_step",
    "windowed_bounds",
    "large_images",
    "memory",
    "textbook",
    "harder_schemes",
    "perturbed_step",
    "rel_l1_logging",
    "side_by_side",
    "checkpointing",
    "optimizer_edges",
    "sharpness_tracking",
    "monitor",
    "on_gpu",
)


def main(arguments: list[str] | None = None) -> int:
    """Run what is asked for; all without arguments."""
    from derive.commands.console import run

    given = sys.argv[1:] if arguments is None else arguments
    return run(_commands, "python -m experiments.benchmarks", __doc__ or "", given) if given else every()


def every() -> int:
    """Run all, print one table."""
    from rich.console import Console

    results = [result for name in MODULES for result in import_module(f"experiments.benchmarks.{name}").run()]
    Console().print(_table(results))
    return 0 if all(r.met for r in results) else 1


def devices() -> str:
    """What the rows ran on: the CPU, and where one says cuda that GPU."""
    import torch

    from experiments.running.provenance import hardware

    return " and ".join(map(hardware, ["cpu", *(["cuda:0"] if torch.cuda.is_available() else [])]))


def _commands():
    from experiments.benchmarks.caps.command import caps
    from experiments.benchmarks.control.command import control

    return {"control": control, "caps": caps}


def _table(results: list[Result]) -> Table:
    import torch
    from rich.table import Table

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
