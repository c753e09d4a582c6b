"""Activations by name, each of `derive.activations` as torch has it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from numbers import Real

from torch import Tensor, nn

from derive.errors import InputError
from derive.registry import Registry


class Swish(nn.Module):
    """x sigmoid(beta x).

    Source: Section 5 and the authors' code; Ramachandran, Zoph, Le, Searching for activation functions, 2017.
    """

    def __init__(self, beta: float) -> None:
        super().__init__()
        self.beta = beta

    def forward(self, x: Tensor) -> Tensor:
        """Elementwise."""
        # For beta = 1, the most common, torch has one kernel in place of two, and keeps one tensor less for the gradient.
        return nn.functional.silu(x) if self.beta == 1 else x * (self.beta * x).sigmoid()

    def extra_repr(self) -> str:
        """For printing."""
        return f"beta={self.beta:g}"


def _plain(module: type[nn.Module]) -> Callable[[float], nn.Module]:
    """One without a parameter."""
    return lambda beta: module()


ACTIVATIONS: Registry[Callable[[float], nn.Module]] = Registry(
    "activation",
    {
        "swish": Swish,
        "silu": _plain(nn.SiLU),
        "relu": _plain(nn.ReLU),
        "leaky-relu": _plain(nn.LeakyReLU),
        "gelu": _plain(nn.GELU),
        "elu": _plain(nn.ELU),
        "softplus": _plain(nn.Softplus),
        "tanh": _plain(nn.Tanh),
        "sigmoid": _plain(nn.Sigmoid),
    },
)
"""Name -> what makes a module, of beta."""


def maker(name: str, beta: float) -> Callable[[], nn.Module]:
    """What makes an activation.

    Raises:
        InputError: an unknown name, or beta not finite.
    """
    made = ACTIVATIONS[name]
    if isinstance(beta, bool) or not isinstance(beta, Real) or not abs(beta) < float("inf"):
        raise InputError(f"expected beta to be a finite number, got {beta!r}")
    return partial(made, float(beta))
