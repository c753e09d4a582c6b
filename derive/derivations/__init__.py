"""The theorems: one file each, the same chain run on one problem. Adding one is a file and an entry here.

Titles stand here too, so that a list of them does not wait for SymPy and the derivations; a test holds the two equal.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from derive.errors import choose
from derive.paper.keys import as_key
from derive.registry import Registry

if TYPE_CHECKING:
    from derive.paper.derivation import Derivation

_ENTRIES = {
    "eq-1-3": ("heat", "CFL condition of the heat equation"),
    "eq-3": ("error_recursion", "Recursion of the error"),
    "convergence": ("convergence", "Consistency and stability imply convergence"),
    "eq-4": ("beltrami", "CFL condition of the Beltrami flow"),
    "swish": ("swish", "Swish and its derivatives"),
    "5.1": ("gradient_flow", "Gradient descent PDE of the one-layer network"),
    "indicators": ("indicators", "Kernel as a sum of indicator functions"),
    "bias": ("bias", "Bias and the bounds"),
    "any-loss": ("any_loss", "Losses other than cross-entropy"),
    "relu": ("relu", "ReLU as the limit of Swish"),
    "5.2": ("linearization", "Linearised PDE"),
    "eq-11": ("forward_euler", "Forward Euler of the linearised PDE"),
    "5.3": ("amplifier", "Fourier transform of the discretisation"),
    "5.4": ("stability_bounds", "Stability conditions"),
    "sign-of-error": ("sign_of_error", "Weight decay and the sign of the error"),
    "eq-19": ("unit_window", "Window of size 1"),
    "5.5": ("nesterov_limit", "Nesterov's scheme and its flow"),
    "E.1": ("nesterov_transform", "Fourier transform of Nesterov's scheme"),
    "eq-73": ("nesterov_step", "Step size of Nesterov's scheme"),
    "5.6": ("nesterov_bounds", "Stability conditions of Nesterov's scheme"),
    "generous": ("generous", "Nesterov's steps against those of gradient descent"),
    "conjecture": ("finite_windows", "Bounds of finite windows"),
    "D.4": ("error_linearised", "Linear PDE with the error linearised too"),
    "table-3": ("regimes", "Three regimes of the activation"),
    "5.7": ("multilayer", "Gradient of any layer of an L-layer network"),
    "layer-hessian": ("layer_hessian", "Hessian block of one layer"),
    "eq-25": ("layer_regimes", "Bounds layer by layer"),
    "coupling": ("coupling", "Two layers near zero kernels"),
    "supp-eq-51": ("strong_decay", "Step size under strong weight decay"),
    "quadratic": ("quadratic", "A quadratic at the edge of stability"),
    "checkerboard": ("checkerboard", "The active mode of a checkerboard"),
    "beltrami": ("beltrami_oscillation", "Restrained and unstable steps of the Beltrami flow"),
}


def _derive(entry: tuple[str, str]) -> Derivation:
    return import_module(f"derive.derivations.{entry[0]}").derive()


theorems: Registry[Derivation] = Registry("theorem", _ENTRIES, make=_derive)


def titles() -> dict[str, str]:
    """Title of every theorem by key; nothing is derived."""
    return {key: title for key, (_, title) in _ENTRIES.items()}


def theorem(key: str) -> Derivation:
    """The derivation called `key`, such as ``"5.4"``, or as it is printed: ``"Thm 5.4"``.

    Raises:
        InputError: unknown key; the message lists the valid ones.
    """
    return theorems[as_key(key, theorems)]


def key_of(text: str) -> str:
    """The key of a theorem that is called otherwise, such as ``"Thm 5.4"``; nothing is derived.

    Raises:
        InputError: no theorem is called so; the message lists the valid keys.
    """
    key = as_key(text, theorems)
    choose("theorem", key, _ENTRIES)
    return key
