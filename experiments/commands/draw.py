"""`python -m experiments draw`: a figure again from its recorded data, in another look; nothing is computed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from derive.errors import InputError


def draw(
    result: Annotated[Path, tyro.conf.Positional],
    /,
    format: tyro.conf.UseAppendAction[tuple[str, ...]] = (),
    width: str = "",
    height: str = "",
    style: str = "",
    out: Path | None = None,
) -> None:
    """Draw a result again from its netCDF; nothing is computed.

    Example: python -m experiments draw results/figure-5 --format pdf --width 3.3in

    Args:
        result: folder of a result, as `run`, `picture` and `bounds` write them.
        format: svg, png, pdf, eps or tiff; may be repeated; pdf if none is given.
        width: such as 3.3in, 84mm or 240pt; a number alone is in inches.
        height: likewise; by default what the figure needs.
        style: a style of Matplotlib's by name, or a file of settings.
        out: folder for the files; by default that of the result.
    """
    if not result.is_dir():  # before anything large is loaded
        raise InputError(f"expected the folder of a result, as `python -m experiments run` writes it, got {result}")
    from experiments.look import Look

    look = Look(format or ("pdf",), width, style, height)
    from experiments.running.redraw import redrawn

    for path in redrawn(result, look, out or result):
        print(f"wrote {path}")
