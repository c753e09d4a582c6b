"""The commands of `python -m experiments`. Each imports what it needs when it runs: help and lists come at once."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import tyro

from derive.errors import InputError, choose
from derive.paper.keys import as_key
from experiments import registry
from experiments.commands.audit import audit
from experiments.commands.draw import draw
from experiments.commands.picture import picture


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


def run(
    names: Annotated[tuple[str, ...], tyro.conf.Positional],
    /,
    preset: str = "default",
    form: str = "paper",
    device: str = "cpu",
    out: Path = Path("results"),
    workers: int | None = None,
    scheduler: str | None = None,
    data_dir: Path | None = None,
    store: Path | None = None,
    budget: str | None = None,
    format: tyro.conf.UseAppendAction[tuple[str, ...]] = (),
    width: str = "",
    style: str = "",
) -> None:
    """Run experiments; write data (netCDF), figure (SVG, PNG) and record of each into OUT/NAME.

    Example: python -m experiments run figure-1 table-2 --preset smoke --out /tmp/results

    Training goes on where it was interrupted; members that are finished are never trained again.

    Args:
        names: one or more, as `list` prints them.
        preset: smoke (seconds), default (a minute to a quarter of an hour on two cores) or paper: every value that is
            printed, on the paper's data or not at all; what the print leaves open is chosen, see list --left-open.
        form: of Section 4's trainings: paper (as printed) or code (as the authors' public code runs it).
        device: cpu or cuda:N.
        out: folder that holds the results of all experiments.
        workers: train in so many processes on this machine.
        scheduler: train on the Dask cluster of this scheduler, tcp://HOST:PORT; see docs/clusters.md.
        data_dir: folder with data files of your own, searched first.
        store: folder that keeps trained members and checkpoints; by default OUT/.members.
        budget: for section-4, the trainings of Section 4 most telling first: 15min, 2h, or all.
        format: also as pdf, eps or tiff, beside SVG and PNG; may be repeated.
        width: of the figure, such as 3.3in, 84mm or 240pt.
        style: a style of Matplotlib's by name, or a file of settings.
    """
    from experiments.running.means import STORE, Means

    names = tuple(as_key(name, registry.names()) for name in names)
    if not names:
        raise InputError(f"expected the name of an experiment: one or more of {', '.join(registry.names())}")
    if (names == ("section-4",)) != (budget is not None):
        raise InputError("expected --budget with section-4 alone, as in: run section-4 --budget 2h")
    choose("form", form, dict.fromkeys(registry.FORMS))
    if budget is not None:
        from experiments.last_bits.section_4 import run_section

        run_section(budget, out, _command(), Means(device, data_dir, store or out / STORE, workers, scheduler), form=form)
        return
    for name in names:  # a typing error in the last must not cost the work of the first, nor wait for torch
        choose("experiment", name, registry.TITLES)
    choose("preset", preset, dict.fromkeys(registry.PRESETS))
    from experiments.look import Look

    look = Look(format, width, style)
    from experiments.running.paper_data import PAPER, check_data
    from experiments.running.runner import configured, run_experiment
    from experiments.running.store import check_writable
    from experiments.style import looking

    for name in names:
        check_writable(out / name)
    found = {name: registry.experiment(name) for name in names}
    settings = {name: configured(name, preset, form) for name in names}
    _check_use(found, {"--workers": workers, "--scheduler": scheduler, "--store": store}, data_dir, preset)
    means = Means(device, data_dir, store or out / STORE, workers, scheduler)
    for name, experiment in found.items() if preset == PAPER else ():
        check_data(name, experiment, settings[name], means)
    for name in names:
        with looking(look):
            print(run_experiment(name, preset, out, _command(), means, form=form), flush=True)


def _check_use(found: Mapping[str, Any], training: Mapping[str, object], data_dir: Path | None, preset: str) -> None:
    """Check that each option is of use to one of the experiments.

    Raises:
        InputError: those that are not.
    """
    from experiments.running.paper_data import reads_files

    if any(map(registry.trains, found.values())):
        return
    useless = [option for option, value in training.items() if value is not None]
    if data_dir is not None and not any(reads_files(one.PRESETS[preset]) for one in found.values()):
        useless.append("--data-dir")
    if useless:
        raise InputError(f"{', '.join(found)}: no training here, so {', '.join(useless)} has no use; leave it out")


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
    "audit": audit,
    "report": report,
    "demo": demo,
}
