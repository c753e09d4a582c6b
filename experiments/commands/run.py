"""`python -m experiments run`: experiments, one after the other, into their folders."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from derive.errors import InputError, choose
from derive.paper.keys import as_key
from experiments import registry

if TYPE_CHECKING:
    from experiments.look import Look
    from experiments.running.means import Means


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
    height: str = "",
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
        width: of the figure, such as 3.3in, 84mm or 240pt; a number alone is in inches.
        height: likewise; by default what the figure needs.
        style: a style of Matplotlib's by name, or a file of settings.
    """
    from experiments.running.means import STORE, Means

    names = tuple(as_key(name, registry.names()) for name in names)
    _check_names(names, preset, form, budget)
    from experiments.look import Look

    look = Look(format, width, style, height)
    means = Means(device, data_dir, store or out / STORE, workers, scheduler)
    if budget is not None:
        from experiments.last_bits.section_4 import run_section

        run_section(budget, out, _command(), means, form=form)
        return
    _run_each(names, preset, form, out, means, look, {"--workers": workers, "--scheduler": scheduler, "--store": store})


def _check_names(names: tuple[str, ...], preset: str, form: str, budget: str | None) -> None:
    """A typing error in the last must not cost the work of the first, nor wait for torch.

    Raises:
        InputError: no name, an unknown one, preset or form, or a budget for something else than section-4.
    """
    if not names:
        raise InputError(f"expected the name of an experiment: one or more of {', '.join(registry.names())}")
    if (names == ("section-4",)) != (budget is not None):
        raise InputError("expected --budget with section-4 alone, as in: run section-4 --budget 2h")
    choose("form", form, dict.fromkeys(registry.FORMS))
    if budget is None:
        for name in names:
            choose("experiment", name, registry.TITLES)
        choose("preset", preset, dict.fromkeys(registry.PRESETS))


def _run_each(
    names: tuple[str, ...], preset: str, form: str, out: Path, means: Means, look: Look, training: Mapping[str, object]
) -> None:
    """One after the other, once all are seen to be possible."""
    from experiments.running.paper_data import PAPER, check_data
    from experiments.running.runner import configured, run_experiment
    from experiments.running.store import check_writable
    from experiments.style import looking

    for name in names:
        check_writable(out / name)
    asked = {name: registry.experiment(name) for name in names}
    settings = {name: configured(name, preset, form) for name in names}
    _check_use(asked, training, means.data_dir, preset)
    for name, experiment in asked.items() if preset == PAPER else ():
        check_data(name, experiment, settings[name], means)
    for name in names:
        with looking(look):
            print(run_experiment(name, preset, out, _command(), means, form=form), flush=True)


def _check_use(asked: Mapping[str, Any], training: Mapping[str, object], data_dir: Path | None, preset: str) -> None:
    """Check that each option is of use to one of the experiments.

    Raises:
        InputError: those that are not.
    """
    from experiments.running.paper_data import reads_files

    if any(map(registry.trains, asked.values())):
        return
    useless = [option for option, value in training.items() if value is not None]
    if data_dir is not None and not any(reads_files(one.PRESETS[preset]) for one in asked.values()):
        useless.append("--data-dir")
    if useless:
        raise InputError(f"{', '.join(asked)}: no training here, so {', '.join(useless)} has no use; leave it out")


def _command() -> str:
    return shlex.join(["python", "-m", "experiments", *sys.argv[1:]])
