"""`python -m experiments draw`: a figure again from its recorded data, in another look; nothing is computed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro


def draw(
    result: Annotated[Path, tyro.conf.Positional],
    /,
    format: tyro.conf.UseAppendAction[tuple[str, ...]] = (),
    width: str = "",
    style: str = "",
    out: Path | None = None,
) -> None:
    """Draw a result again from its netCDF; nothing is computed.

    Example: python -m experiments draw results/figure-5 --format pdf --width 3.3in

    Args:
        result: folder of a result, as `run`, `picture` and `bounds` write them.
        format: svg, png, pdf, eps or tiff; may be repeated; pdf if none is given.
        width: such as 3.3in, 84mm or 240pt.
        style: a style of Matplotlib's by name, or a file of settings.
        out: folder for the files; by default that of the result.
    """
    from experiments.look import Look

    look = Look(format or ("pdf",), width, style)
    from experiments.running.redraw import redrawn

    for path in redrawn(result, look, out or result):
        print(f"wrote {path}")
