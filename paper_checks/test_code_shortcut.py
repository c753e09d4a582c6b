"""The network: the cited paper has shortcuts without parameters on CIFAR-10, the authors' code has convolutions in two of them."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import nn

from derive.paper.claim import Verdict
from experiments.last_bits.table_1 import PRESETS, groups
from numerics import nets
from paper_checks.claims import PRINTED

CLAIM = "code-shortcut"
CIFAR = {"channels": 3, "classes": 10, "size": 32}
NETS = (PRINTED[CLAIM].values["net"], PRINTED[CLAIM].authors["net"])


def parameters(name: str) -> int:
    """How many weights the net has."""
    return sum(weight.numel() for weight in nets.bare(name, **CIFAR).parameters())


def projections(name: str) -> int:
    """Convolutions of 1 x 1 in it."""
    found = nets.bare(name, **CIFAR).modules()
    return sum(isinstance(layer, nn.Conv2d) and layer.kernel_size == (1, 1) for layer in found)


def verdict() -> Verdict:
    """Both nets, counted."""
    printed, code = NETS
    return Verdict(
        CLAIM, "print and code differ", "", "",
        f"{printed} has {parameters(printed):,} weights and {projections(printed)} convolutions in its shortcuts, the code's net "
        f"({code}) {parameters(code):,} and {projections(code)}, with batch norm; its convolutions begin as N(0, 2/fan_out), ours of the printed net as "
        "N(0, 2/fan_in), as in the paper that it cites.",
        "python -m experiments run table-1 --form code",
        f"The code trains a net of option B, with {parameters(code) - parameters(printed):,} weights more.",
        f"None for the argument; if the tables are the code's, their accuracies are of a net with {parameters(code) / parameters(printed) - 1:.1%} more weights than the one named.",
    )  # fmt: skip


def test_the_nets_are_those_of_the_forms() -> None:
    assert PRESETS["paper"].recipe.net == NETS[0]
    assert {group.recipe.net for group in groups(replace(PRESETS["paper"], form="code"))} == {NETS[1]}


def test_option_b_has_two_projections_more() -> None:
    assert [projections(name) for name in NETS] == [0, 2]


def test_they_are_other_functions() -> None:
    x = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert not torch.allclose(*(nets.build(name, **CIFAR)(x) for name in NETS), atol=1e-2)
