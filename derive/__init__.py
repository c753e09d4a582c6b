"""Derive, in closed form, when a discretised gradient flow is stable.

Public names are imported when first asked for, so that a command line which only lists or refuses does not wait for SymPy.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from derive.accuracy import modified_equation, order_of_accuracy
    from derive.activations import Activation, activation, activations
    from derive.curvature_edge import maximal_curvature
    from derive.derivation import Derivation, Step
    from derive.dispersion import dispersion
    from derive.errors import InputError
    from derive.flows import flow, loss
    from derive.fourier import Amplification, amplification
    from derive.grid import GridFunction, GridScheme
    from derive.integrators import integrators
    from derive.parse import parse_scheme
    from derive.schemes import optimizers
    from derive.stability import Stability, stability
    from derive.theorems import theorem, theorems

__all__ = [
    "Activation",
    "Amplification",
    "Derivation",
    "GridFunction",
    "GridScheme",
    "InputError",
    "Stability",
    "Step",
    "activation",
    "activations",
    "amplification",
    "dispersion",
    "flow",
    "integrators",
    "loss",
    "maximal_curvature",
    "modified_equation",
    "optimizers",
    "order_of_accuracy",
    "parse_scheme",
    "stability",
    "theorem",
    "theorems",
]

_HOMES = {
    "accuracy": ("modified_equation", "order_of_accuracy"),
    "activations": ("Activation", "activation", "activations"),
    "curvature_edge": ("maximal_curvature",),
    "derivation": ("Derivation", "Step"),
    "dispersion": ("dispersion",),
    "errors": ("InputError",),
    "flows": ("flow", "loss"),
    "fourier": ("Amplification", "amplification"),
    "grid": ("GridFunction", "GridScheme"),
    "integrators": ("integrators",),
    "parse": ("parse_scheme",),
    "schemes": ("optimizers",),
    "stability": ("Stability", "stability"),
    "theorems": ("theorem", "theorems"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


class _Package(ModuleType):
    """This package. A public name stands before the module of the same name, such as `stability`, whichever comes first."""

    def __getattr__(self, name: str) -> object:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
        self.__dict__[name] = found
        return found

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):  # Python binds a module here once it is imported
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})


sys.modules[__name__].__class__ = _Package
