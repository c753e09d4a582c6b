"""One look for all figures: a paper's column width, colour-blind safe colours, labels with units, text as text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.look import Look, mathematics, own_settings

WIDE = 6.75
"""Width of a page of two columns, in inches."""

# Okabe and Ito's palette.
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
)  # fmt: skip
CYCLE = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, BLACK, "#8A8A8A")
VERDICT_COLOURS = {"stable": BLUE, "restrained": ORANGE, "unstable": VERMILION}
VERDICT_MARKERS = {"stable": "o", "restrained": "s", "unstable": "X"}
# Light enough for lines over them; in grey they stay apart.
REGION_COLOURS = ("#CFE3F1", "#F6D58F", "#C9624B")
# Colour maps: of a quantity, of one with a sign, of pictures; the last one is of lines, one colour each.
ORDERED, SIGNED, GREY, LINES = "cividis", "RdBu_r", "gray", "viridis"

_SETTINGS = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": mpl.cycler(color=CYCLE),
    "lines.linewidth": 1.2,
    "svg.fonttype": "none",
    "svg.hashsalt": "gradcfl",
    "pdf.fonttype": 42,
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "white",
}


_look: ContextVar[Look] = ContextVar("look")


def asked() -> Look:
    """What the user asked for; the house's look if nothing."""
    return _look.get(Look())


@contextmanager
def looking(look: Look) -> Iterator[None]:
    """All figures that are drawn and saved within the block look so."""
    token = _look.set(look)
    try:
        yield
    finally:
        _look.reset(token)


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the house style, but for what the user's matplotlibrc or the style that he asked for says."""
    settings = _SETTINGS | own_settings() | asked().settings()
    with mpl.rc_context():
        mpl.rcParams.update(settings)
        mpl.rcParams.update(mathematics(settings))
        yield


def columns(count: int) -> int:
    """Columns of a legend that is as wide as a page: fewer where the figure is to be narrower."""
    wanted = asked().wanted()
    return count if wanted is None or wanted >= WIDE else max(1, int(count * wanted / WIDE))


def panels(count: int, height: float = 2.3, width: float = WIDE) -> tuple[Figure, list[Axes]]:
    """A figure with panels side by side, without a window."""
    figure = Figure(figsize=(width, height))
    return figure, [figure.add_subplot(1, count, i + 1) for i in range(count)]
