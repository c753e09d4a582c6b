"""Build a network by its name."""

from __future__ import annotations

import re
from collections.abc import Callable
from numbers import Integral
from typing import NamedTuple

import torch
from torch import nn

from derive.errors import InputError
from derive.registry import Registry
from numerics.nets import activations
from numerics.nets.chain import chain
from numerics.nets.dense import dense
from numerics.nets.initial import Rule, begin, he, he_out, uniform
from numerics.nets.resnet import resnet, resnet_b
from numerics.nets.spec import Spec
from numerics.nets.tiny import tiny
from numerics.nets.vgg import vgg16

DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)

LARGEST_SEED = 2**63 - 1


class Kind(NamedTuple):
    """A family of networks.

    Attributes:
        make: the net, its weights to be filled in.
        rule: how weights begin.
        what: a line for listings.
    """

    make: Callable[[Spec], nn.Module]
    rule: Rule
    what: str


NETS: Registry[Kind] = Registry(
    "net",
    {
        "tiny": Kind(tiny, he, "two convolutions with batch norm, for quick runs"),
        "resnet-L": Kind(resnet, he, "residual net of L = 8, 14, 20, ..., 56, ... layers for small images"),
        "resnet-b-L": Kind(
            resnet_b, he_out, "the same with projections as shortcuts (option B), as the authors of Section 4 train it"
        ),
        "vgg16-bn": Kind(vgg16, he, "VGG16 with batch norm and a small head"),
        "chain-L": Kind(chain, uniform, "L convolutions of one channel, two classes (Section 6)"),
        "dense-L": Kind(dense, uniform, "L hidden layers of 200 units, tanh"),
    },
)
"""Name -> family; L stands for a number. A new family is a new entry."""


def build(
    name: str,
    *,
    channels: int,
    classes: int,
    size: int,
    activation: str = "relu",
    beta: float = 1.0,
    seed: int = 1,
    dtype: torch.dtype = torch.float32,
    device: str = "cpu",
) -> nn.Module:
    """A network with its initial weights, in training mode.

    Weights are drawn on the CPU in float64 by the seed alone, then rounded to `dtype`: see `numerics.nets.initial`.

    Args:
        name: one of NETS, with a number for L: "resnet-20", "chain-3".
        channels: of an image, >= 1.
        classes: >= 2.
        size: height and width of an image, >= 1.
        activation: of `numerics.nets.activations.ACTIVATIONS`; the fully connected nets have tanh whatever is asked for.
        beta: parameter of Swish.
        seed: of the initial weights, 0 to 2^63 - 1.
        dtype: float16, bfloat16, float32 or float64.
        device: where it is to be.

    Returns:
        A module that takes images (N, channels, size, size) to logits (N, classes).

    Raises:
        InputError: an unknown name or activation, a number out of its range, or images too small for the net.
    """
    _check("seed", seed, 0)
    if dtype not in DTYPES:
        raise InputError(f"expected dtype to be one of {', '.join(map(str, DTYPES))}, got {dtype!r}")
    net = bare(name, channels=channels, classes=classes, size=size, activation=activation, beta=beta)
    net = net.double().to_empty(device="cpu")
    begin(net, _parsed(name)[0].rule, int(seed))
    return net.to(device=device, dtype=dtype)


def bare(name: str, *, channels: int, classes: int, size: int, activation: str = "relu", beta: float = 1.0) -> nn.Module:
    """A network without weights, on the device "meta": its layers, names and shapes.

    Args:
        name: as `build` has it, and so the others.
        channels: of an image.
        classes: how many.
        size: of an image.
        activation: as of `build`.
        beta: parameter of Swish.

    Raises:
        InputError: as `build`.
    """
    kind, layers = _parsed(name)
    for what, value, least in (("channels", channels, 1), ("classes", classes, 2), ("size", size, 1)):
        _check(what, value, least)
    with torch.device("meta"):
        return kind.make(Spec(name, channels, classes, size, activations.maker(activation, beta), layers))


def _parsed(name: object) -> tuple[Kind, int]:
    """The family and the number L, 0 where the name has none.

    Raises:
        InputError: an unknown name, or L < 1.
    """
    match = re.fullmatch(r"([a-z]+(?:-[a-z]+)?)-(0|[1-9][0-9]{0,3})", name) if isinstance(name, str) else None
    if match is None or f"{match[1]}-L" not in NETS:
        if isinstance(name, str) and name.endswith("-L") and name in NETS:
            raise InputError(f"expected a number for L in {name!r}, for example {name[:-1]}8")
        return NETS[name], 0
    layers = int(match[2])
    if layers < 1:
        raise InputError(f"expected at least one layer, got {name!r}")
    return NETS[f"{match[1]}-L"], layers


def _check(what: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, Integral) or not least <= value <= LARGEST_SEED:
        raise InputError(f"expected {what} to be an integer of at least {least}, got {value!r}")
