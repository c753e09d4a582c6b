"""Derive, in closed form, when a discretised gradient flow is stable.

Public names are imported when first asked for, so that a command line which only lists or refuses does not wait for SymPy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    __version__: str
    from derive.conditions.bound import Stability
    from derive.conditions.curvature_edge import maximal_curvature
    from derive.conditions.enclosing.ellipse import EllipseBound, ellipse_bound
    from derive.conditions.mean_square import mean_square
    from derive.conditions.mean_square_edge import mean_square_edge
    from derive.conditions.optimizer_bound import stable_values
    from derive.conditions.stability import stability
    from derive.derivations import theorem, theorems
    from derive.errors import InputError
    from derive.fields.activations import Activation, activation, activations
    from derive.flows.generated import flow, loss
    from derive.lines.integrators import integrators
    from derive.lines.multistep import multistep
    from derive.lines.runge_kutta import runge_kutta
    from derive.modes.accuracy import modified_equation, order_of_accuracy
    from derive.modes.amplification import Amplification, amplification
    from derive.modes.dispersion import dispersion
    from derive.paper.derivation import Derivation, Step
    from derive.reading.parse import parse_scheme
    from derive.schemes.grid import GridFunction, GridScheme
    from derive.schemes.optimizers import optimizers

__all__ = [
    "Activation",
    "Amplification",
    "Derivation",
    "EllipseBound",
    "GridFunction",
    "GridScheme",
    "InputError",
    "Stability",
    "Step",
    "activation",
    "activations",
    "amplification",
    "dispersion",
    "ellipse_bound",
    "flow",
    "integrators",
    "loss",
    "maximal_curvature",
    "mean_square",
    "mean_square_edge",
    "modified_equation",
    "multistep",
    "optimizers",
    "order_of_accuracy",
    "parse_scheme",
    "runge_kutta",
    "stability",
    "stable_values",
    "theorem",
    "theorems",
]

_HOMES = {
    "conditions.bound": ("Stability",),
    "conditions.curvature_edge": ("maximal_curvature",),
    "conditions.enclosing.ellipse": ("EllipseBound", "ellipse_bound"),
    "conditions.mean_square": ("mean_square",),
    "conditions.mean_square_edge": ("mean_square_edge",),
    "conditions.optimizer_bound": ("stable_values",),
    "conditions.stability": ("stability",),
    "errors": ("InputError",),
    "fields.activations": ("Activation", "activation", "activations"),
    "flows.generated": ("flow", "loss"),
    "modes.accuracy": ("modified_equation", "order_of_accuracy"),
    "modes.amplification": ("Amplification", "amplification"),
    "modes.dispersion": ("dispersion",),
    "paper.derivation": ("Derivation", "Step"),
    "reading.parse": ("parse_scheme",),
    "schemes.grid": ("GridFunction", "GridScheme"),
    "lines.integrators": ("integrators",),
    "lines.multistep": ("multistep",),
    "lines.runge_kutta": ("runge_kutta",),
    "schemes.optimizers": ("optimizers",),
    "derivations": ("theorem", "theorems"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def _version() -> str:
    """Of the distribution, or of the sources where there is none."""
    from derive.bare import NAME, version_of

    return version_of(NAME)


def __getattr__(name: str) -> object:
    if name == "__version__":
        return _version()
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
