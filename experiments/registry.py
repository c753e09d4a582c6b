"""Experiments by name. Adding one is a file and an entry here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Any, Protocol, TypeGuard

import xarray as xr
from matplotlib.figure import Figure

from derive.errors import choose
from experiments.progress import Report
from numerics.training.recipe import Group

SECTIONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "The PDEs": {
            "figure-1": "figure_1",
            "figure-2": "figure_2",
            "figure-4": "figure_4",
            "table-2": "table_2",
            "window-bounds": "window_bounds",
            "figure-5": "figure_5",
            "figure-11": "figure_11",
            "table-9": "table_9",
            "phase-diagram": "phase_diagram",
        },
        "Training to the last bit": {
            "table-1": "table_1",
            "figure-3-left": "figure_3_left",
            "figure-3-right": "figure_3_right",
            "table-4": "table_4",
            "table-5": "table_5",
            "table-6": "table_6",
            "table-6b": "table_6b",
            "table-7": "table_7",
            "table-8": "table_8",
            "figure-10": "figure_10",
        },
        "The edge of stability": {
            "figure-6": "figure_6",
            "figure-7": "figure_7",
            "figure-8": "figure_8",
            "figure-9": "figure_9",
            "supp-figure-2": "supp_figure_2",
            "edge-of-optimizers": "edge_of_optimizers",
        },
    }
)
"""Heading -> name of an experiment -> its module."""
_MODULES: Mapping[str, str] = {name: module for section in SECTIONS.values() for name, module in section.items()}


class Experiment(Protocol):
    """What the module of an experiment offers, or, if it trains networks, what `Training` says instead of `compute`."""

    TITLE: str
    PRESETS: Mapping[str, Any]

    def compute(self, config: Any, device: str, report: Report) -> xr.Dataset:
        """Run it."""
        ...

    def render(self, results: xr.Dataset) -> Figure:
        """Draw it."""
        ...

    def caption(self, results: xr.Dataset) -> str:
        """Say what the picture shows, with its numbers."""
        ...


class Training(Protocol):
    """What the module of an experiment offers that trains networks, beside title, presets, picture and caption."""

    def groups(self, config: Any) -> list[Group]:
        """The groups of members to train."""
        ...

    def collect(self, config: Any, runs: Sequence[xr.Dataset]) -> xr.Dataset:
        """The result, from one dataset per group, in their order."""
        ...


def trains(found: Any) -> TypeGuard[Training]:
    """Whether an experiment trains networks."""
    return hasattr(found, "groups")


def names() -> list[str]:
    """All experiments, in the paper's order."""
    return list(_MODULES)


def experiment(name: str) -> Experiment:
    """The experiment called `name`.

    Raises:
        InputError: unknown; the message lists the valid ones.
    """
    return import_module(f"experiments.{choose('experiment', name, _MODULES)}")  # type: ignore[return-value]
