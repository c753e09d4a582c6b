"""The commands of `python -m experiments`. Each imports what it needs when it runs: help and lists come at once."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from experiments import registry
from experiments.commands.audit import audit
from experiments.commands.draw import draw
from experiments.commands.explore import explore
from experiments.commands.picture import picture
from experiments.commands.run import run


def list_experiments(left_open: bool = False) -> None:
    """List the experiments and their presets.

    Args:
        left_open: also what the print leaves open of each preset `paper`, and is chosen; all else of it is as printed.
    """
    from experiments.left_open import OPEN

    for title, section in registry.SECTIONS.items():
        print(title)
        for name, what in section.items():
            print(f"  {name:<18} {what}  [{', '.join(registry.PRESETS)}]")
            for field, why in OPEN.get(name, {}).items() if left_open else ():
                print(f"      {field}: {why}")


def bounds(
    image: Path,
    kernel: int,
    a: float = -0.5,
    beta: float = 1.0,
    lr: float | None = None,
    boundary: str = "valid",
    standardise: bool = False,
    scale: float | None = None,
    out: Path = Path("results"),
    json: bool = False,
) -> None:
    """Weight-decay bounds of the one-layer network for your own picture, and its spectrum.

    Example: python -m experiments bounds --image photo.png --kernel 16 --lr 1e-6 --boundary circular

    Args:
        image: PNG, JPEG, TIFF and the like; read as grey values in [0, 1].
        kernel: side of the convolution kernel.
        a: output error yhat - y, between -1 and 1; at the start of training yhat is near 1/2.
        beta: parameter of Swish.
        lr: step size; by default half the largest one that leaves room for a weight decay.
        boundary: valid, full or circular.
        standardise: shift and scale the grey values to mean 0 and variance 1, as training pipelines do.
        scale: the value that is white, for pictures of 32-bit whole numbers or floating point, which do not say it.
        out: the figure and data are written into OUT/bounds.
        json: for programs, instead of the table: see docs/json.md.
    """
    from experiments.pictures.bounds import run_bounds

    print(run_bounds(image, kernel, a, beta, lr, boundary, standardise, scale, out, _command(), json))


def report(results: Path = Path("results"), out: Path = Path("results/report.html"), recompute: bool = False) -> None:
    """Write one self-contained HTML page: theorems, what the paper prints, verdicts, figures and tables.

    Args:
        results: folder that holds the results of all experiments.
        out: the page.
        recompute: compute every verdict now (about ten minutes), instead of reading the record.
    """
    from experiments.page.report import build
    from experiments.running.side_by_side import cores

    print(f"report: {build(results, out, recompute, cores()).resolve()}")


def demo(out: Path = Path("results")) -> None:
    """Derive, simulate, draw, and write the page, on all cores at once: what `make demo` runs.

    Args:
        out: folder that holds the results of all experiments, and the page.
    """
    from experiments.commands.demo import run_demo
    from experiments.running.side_by_side import cores

    for said in run_demo(out, cores()):
        print(said, flush=True)


def _command() -> str:
    return shlex.join(["python", "-m", "experiments", *sys.argv[1:]])


COMMANDS: dict[str, Callable[..., None]] = {
    "list": list_experiments,
    "run": run,
    "bounds": bounds,
    "picture": picture,
    "draw": draw,
    "explore": explore,
    "audit": audit,
    "report": report,
    "demo": demo,
}
