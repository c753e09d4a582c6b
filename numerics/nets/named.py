"""What stands between the layers of a network, by the names of what is there, not of what was asked for."""

from __future__ import annotations

from torch import nn

from numerics.nets import activations
from numerics.nets.building import bare

SHAPE = {"channels": 1, "classes": 2, "size": 256}
"""Of images that every net takes; nothing is computed, and no weight takes memory."""


def activations_of(net: str, activation: str = "relu", beta: float = 1.0) -> tuple[str, ...]:
    """The activations that a network has, each once, in order; none where it has none.

    Args:
        net: its name, as `numerics.nets.build` knows it.
        activation: as `build` has it; not every network takes it.
        beta: parameter of Swish.

    Raises:
        InputError: as `build`.

    >>> activations_of("tiny", "swish", 5.0), activations_of("dense-2", "swish")
    (('Swish (beta = 5)',), ('Tanh',))
    """
    asked = type(activations.maker(activation, beta)())
    inside = bare(net, **SHAPE, activation=activation, beta=beta).modules()
    return tuple(dict.fromkeys(_named(one) for one in inside if type(one) is asked or _is_torchs(one)))


def _is_torchs(module: nn.Module) -> bool:
    return type(module).__module__ == nn.ReLU.__module__ and not isinstance(module, nn.MultiheadAttention)


def _named(module: nn.Module) -> str:
    """Its class, with its parameters as it prints them itself."""
    own = module.extra_repr().replace("=", " = ")
    return f"{type(module).__name__} ({own})" if own else type(module).__name__
