"""How a user wants figures: kinds of files, width, style; and what his own matplotlibrc says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import style as styles
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec

from derive.errors import InputError, choose
from derive.shown import message

FORMATS = ("svg", "png", "pdf", "eps", "tiff")
UNITS = {"in": 1.0, "": 1.0, "cm": 1 / 2.54, "mm": 1 / 25.4, "pt": 1 / 72.27}
"""Of a width -> inches; a point is TeX's."""

NARROWEST, LOWEST, WIDEST = 2.0, 1.0, 40.0
HIGHEST = 9.5
"""Inches that a page has for a figure."""

NARROW = 0.75
"""Share of its width below which panels side by side are too narrow for their letters."""


@dataclass(frozen=True)
class Look:
    """What was asked for; empty where nothing was.

    Attributes:
        formats: kinds of files.
        width: such as ``"3.3in"``, ``"84mm"``, ``"240pt"``, a number alone in inches; letters keep their size.
        style: a style of Matplotlib's by name, or a file of settings.
        height: likewise; as the figure needs it if empty.

    Raises:
        InputError: an unknown format, unit or style, or a width or height beyond its range.
    """

    formats: tuple[str, ...] = ()
    width: str = ""
    style: str = ""
    height: str = ""

    def __post_init__(self) -> None:
        for name in self.formats:
            choose("format", name, dict.fromkeys(FORMATS))
        self.inches()
        self.tall()
        self.settings()

    def inches(self) -> float | None:
        """The width; None if none was asked for."""
        return _inches("width", self.width, NARROWEST)

    def tall(self) -> float | None:
        """The height in inches; None if none was asked for."""
        return _inches("height", self.height, LOWEST)

    def settings(self) -> dict[str, Any]:
        """Of the style."""
        if not self.style:
            return {}
        path = Path(self.style)
        if path.is_file():
            try:
                return dict(mpl.rc_params_from_file(path, fail_on_error=True, use_default_template=False))
            except (ValueError, OSError, KeyError) as error:
                raise InputError(f"expected a file of Matplotlib settings, got {self.style}: {message(error)}") from None
        if self.style not in styles.library:
            raise InputError(f"expected a file of Matplotlib settings or one of its styles, such as ggplot, got {self.style!r}")
        return dict(styles.library[self.style])

    def wanted(self) -> float | None:
        """Width in inches: as asked for, else as the user's matplotlibrc says; None if neither does."""
        return self.inches() or own_settings().get("figure.figsize", (None,))[0]

    def fitted(self, figure: Figure) -> Figure:
        """The figure made so wide and high, letters as before; panels go below one another where they lack the room."""
        width, height = figure.get_size_inches()
        wanted = self.wanted() or width
        needed = _stacked(figure, height) if wanted < NARROW * width else height
        figure.set_size_inches(wanted, self.tall() or needed)
        return figure


def _inches(name: str, text: str, least: float) -> float | None:
    if not text:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)\s*(in|cm|mm|pt|)", text.strip())
    inches = float(match[1]) * UNITS[match[2]] if match else 0.0
    if not least <= inches <= WIDEST:
        raise InputError(
            f"expected a {name} from {least:g} to {WIDEST:g} inches, such as 3.3in, 84mm or 240pt (a number alone is in "
            f"inches), got {text!r}"
        )
    return inches


def _stacked(figure: Figure, height: float) -> float:
    """Panels one below the other, each as high as it was, if a page has room for them; returns the figure's height."""
    panels = [(ax, spec) for ax in figure.axes if (spec := ax.get_subplotspec()) is not None]
    shares = [spec.get_position(figure).height for _, spec in panels]
    whole = max((spec.get_position(figure).y1 for _, spec in panels), default=1) - min(
        (spec.get_position(figure).y0 for _, spec in panels), default=0
    )
    total = height * sum(shares) / whole
    if len(panels) < 2 or total > HIGHEST:
        return height
    order = sorted(range(len(panels)), key=lambda n: (panels[n][1].rowspan.start, panels[n][1].colspan.start))
    grid = GridSpec(len(panels), 1, figure=figure, height_ratios=[shares[n] for n in order])
    for place, n in enumerate(order):
        panels[n][0].set_subplotspec(grid[place])
    return total


def own_settings() -> dict[str, Any]:
    """What the user's matplotlibrc says, as against what it leaves to Matplotlib."""
    path = Path(mpl.matplotlib_fname())
    if path.parent == Path(mpl.get_data_path()):
        return {}
    return dict(mpl.rc_params_from_file(path, use_default_template=False))


def mathematics(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by which mathematics has the font of the text, unless `settings` say something else."""
    if any(name.startswith("mathtext.") for name in settings) or mpl.rcParams["text.usetex"]:
        return {}
    family = mpl.rcParams["font.family"][0]
    font = mpl.rcParams.get(f"font.{family}", [family])[0] if family in ("serif", "sans-serif", "monospace") else family
    known = {"DejaVu Sans": "dejavusans", "DejaVu Serif": "dejavuserif", "STIXGeneral": "stix", "cmr10": "cm"}
    if font in known:
        return {"mathtext.fontset": known[font]}
    faces = {"rm": font, "it": f"{font}:italic", "bf": f"{font}:bold", "sf": font}
    return {"mathtext.fontset": "custom", **{f"mathtext.{face}": name for face, name in faces.items()}}
