"""Experiments by name. Adding one is a file and an entry here.

Titles stand here too, so that a list of them does not wait for torch and the experiments; a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard

from derive.registry import Registry

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from experiments.running.progress import Report
    from numerics.training.recipe import Group

SECTIONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "The PDEs": {
            "figure-1": "Heat equation below and above the CFL bound",
            "last-bit-heat": "Last bits of the heat equation below and above the CFL bound",
            "figure-2": "Beltrami flow: restrained and unstable steps",
            "figure-4": "Linear PDE inside and outside the bounds",
            "table-2": "Bounds on the weight decay, windowed linear PDE",
            "window-bounds": "Bounds of finite windows against the window's size",
            "figure-5": "Nonlinear PDE: stable, restrained, unstable",
            "figure-11": "Nesterov's scheme inside and outside the bounds",
            "table-9": "Bounds on the weight decay, Nesterov's scheme",
            "phase-diagram": "Phase diagram of the nonlinear PDE",
        },
        "Training to the last bit": {
            "table-1": "Accuracy over last-bit perturbations and batch orders, ReLU",
            "figure-3-left": "Divergence of the weights over epochs",
            "figure-3-right": "Divergence of the weights and learning rate",
            "table-4": "Determinism: repeated trials",
            "table-5": "Determinism: powers of two",
            "table-6": "Accuracy over last-bit perturbations and batch orders, Swish",
            "table-6b": "Accuracy over last-bit perturbations and batch orders, other networks and data",
            "table-7": "Accuracy over last-bit perturbations and batch orders, Adam",
            "table-8": "Accuracy over last-bit perturbations and batch orders, float64",
            "figure-10": "Accuracy at a step size that amplifies nothing",
            "below-the-edge": "Training kept below its edge, and beyond it",
            "kept-last-bits": "Last bits in training kept below its edge",
        },
        "The edge of stability": {
            "figure-6": "Nonlinear PDE: step size times sharpness",
            "figure-7": "One and three layers at the edge of stability",
            "figure-8": "Two and four layers: spikes",
            "figure-9": "One and two layers with weight decay: largest stable step size",
            "supp-figure-2": "Strong weight decay: step sizes of deep networks",
            "regimes": "Regimes along a run, and crossings of the edge",
            "spreading": "An instability of one layer, followed to the others",
            "edge-of-optimizers": "Four optimisers at their edges of stability",
        },
    }
)
"""Heading -> name of an experiment -> its title. Its module has its name, with underscores, and lies in the heading's room."""
ROOMS = {"The PDEs": "pdes", "Training to the last bit": "last_bits", "The edge of stability": "edges"}
TITLES: Registry[str] = Registry("experiment", *SECTIONS.values())
PRESETS = ("smoke", "default", "paper")
"""What every experiment offers."""

FORMS = ("paper", "code")
"""How the trainings of Section 4 can be run: see `experiments.last_bits.forms`."""


class Experiment(Protocol):
    """What the module of an experiment offers, or, if it trains networks, what `Training` says instead of `compute`."""

    TITLE: str
    PRESETS: Mapping[str, Any]

    def compute(self, config: Any, device: str, report: Report) -> xr.Dataset:
        """Run a preset on a device; `report` is told the work done and all of it."""
        ...

    def render(self, results: xr.Dataset) -> Figure:
        """Draw what was computed; nothing is computed again."""
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


def trains(module: Any) -> TypeGuard[Training]:
    """Whether an experiment trains networks."""
    return hasattr(module, "groups")


def names() -> list[str]:
    """All experiments, in the paper's order."""
    return list(TITLES)


def experiment(name: str) -> Experiment:
    """The experiment called `name`.

    Raises:
        InputError: unknown; the message lists the valid ones.
    """
    return EXPERIMENTS[name]


def _imported(room_and_name: tuple[str, str]) -> Any:
    room, name = room_and_name
    return import_module(f"experiments.{room}.{name.replace('-', '_')}")


EXPERIMENTS: Registry[Experiment] = Registry(
    "experiment",
    *({name: (ROOMS[heading], name) for name in section} for heading, section in SECTIONS.items()),
    make=_imported,
)
"""By name, each imported when first asked for."""
