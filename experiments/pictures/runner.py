"""Compute, draw and save a picture of a scheme."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from derive.errors import choose
from experiments.pictures import drawing as picture_drawing
from experiments.pictures import pictures, waves
from experiments.pictures.setting import Setting
from experiments.running.provenance import provenance
from experiments.running.runner import labelled
from experiments.running.store import check_writable, save
from experiments.style import styled

Kind = tuple[Callable[..., xr.Dataset], Callable[[xr.Dataset], Figure], Callable[[xr.Dataset], str]]

KINDS: dict[str, Kind] = {
    "curves": (pictures.curves, picture_drawing.draw_curves, picture_drawing.caption_curves),
    "region": (pictures.region, picture_drawing.draw_region, picture_drawing.caption_region),
    "locus": (pictures.locus, picture_drawing.draw_locus, picture_drawing.caption_locus),
    "dispersion": (waves.waves, waves.draw_waves, waves.caption_waves),
}
TITLES = {
    "curves": "Amplification factors",
    "region": "Region of stability",
    "locus": "Root locus",
    "dispersion": "Dispersion",
}


def run_picture(kind: str, setting: Setting, phases: tuple[float, ...], out: Path, command: str) -> str:
    """Draw a picture into OUT/picture-KIND; returns what to tell the user.

    Raises:
        InputError: unknown kind, parameters that do not fit it, or a folder that cannot be written.
    """
    compute, draw, describe = choose("kind of picture", kind, KINDS)
    folder = out / f"picture-{kind}"
    check_writable(folder)
    with setting.within_floating_point():
        results = (partial(compute, phases=phases) if phases else compute)(setting)
        caption = describe(results)
        with styled():
            figure = draw(results)
    record = {"title": TITLES[kind], "preset": "none", "config": results.attrs, "command": command, "seeds": "none"}
    record |= {"caption": caption, **provenance("cpu")}
    with styled(), np.errstate(all="ignore"):
        save(labelled(results, record), figure, f"picture-{kind}", record, folder)
    return f"{record['caption']}\nwrote {folder}"
