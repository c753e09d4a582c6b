"""One look for all figures: a paper's column width, colour-blind safe colours, labels with units, text as text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDE = 6.75
"""Width of a page of two columns, in inches."""

# Okabe and Ito's palette.
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
)  # fmt: skip
CYCLE = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, BLACK, "#8A8A8A")
VERDICT_COLOURS = {"stable": BLUE, "restrained": ORANGE, "unstable": VERMILION}
# Light enough for lines over them; in grey they stay apart.
REGION_COLOURS = ("#CFE3F1", "#F6D58F", "#C9624B")

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
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "white",
}


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the house style, whatever the user's own."""
    with mpl.rc_context(_SETTINGS):
        yield


def panels(count: int, height: float = 2.3, width: float = WIDE) -> tuple[Figure, list[Axes]]:
    """A figure with panels side by side, without a window."""
    figure = Figure(figsize=(width, height))
    return figure, [figure.add_subplot(1, count, i + 1) for i in range(count)]
