"""Figures again from recorded data, in another look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from derive.errors import InputError
from derive.files.writing import check_file, write_whole
from experiments import registry
from experiments.look import Look
from experiments.running.store import load, picture
from experiments.style import looking, styled

ELSEWHERE = {
    "bounds": ("experiments.pictures.bounds", "render"),
    **{f"picture-{kind}": ("experiments.pictures.drawing", f"draw_{kind}") for kind in ("curves", "region", "locus")},
    "picture-dispersion": ("experiments.pictures.waves", "draw_waves"),
    "benchmark-caps": ("experiments.benchmarks.caps.comparison", "render"),
}
"""What is no experiment and has a figure -> its module, and the function that draws it."""


def redrawn(folder: Path, look: Look, out: Path) -> Iterator[Path]:
    """Draw the result of a folder; yields the files as they are written, each whole or not at all.

    Raises:
        InputError: the folder holds no result that has a figure, or a file cannot be written.
    """
    data, record = load(folder)
    name = record["name"]
    paths = {kind: out / f"{name}.{kind}" for kind in dict.fromkeys(look.formats)}
    for path in paths.values():
        check_file(path)
    with looking(look), styled(), np.errstate(all="ignore"):
        figure = _drawer(name)(data)
        for kind, path in paths.items():
            write_whole(path, picture(figure, kind))
            yield path


def _drawer(name: str) -> Callable[[xr.Dataset], Figure]:
    if name in registry.TITLES:
        return registry.experiment(name).render
    if name not in ELSEWHERE:
        raise InputError(f"expected the result of an experiment, a picture or bounds, got one of {name}, which is a page")
    module, function = ELSEWHERE[name]
    return getattr(import_module(module), function)
