"""A caption names what was run: activations off the net that is built, the optimiser off the one that trains."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn

from experiments.edges.full_batch_drawing import active
from experiments.last_bits import figure_3_left
from experiments.last_bits.training_setting import SMOKE, described
from numerics import optim
from numerics.nets import activations, build
from numerics.nets.named import activations_of
from numerics.optim.named import named
from numerics.optim.perturbation import UNPERTURBED, Perturbation


class Sine(nn.Module):
    """An activation that nobody has heard of."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Elementwise."""
        return x.sin()

    def extra_repr(self) -> str:
        """For printing."""
        return "frequency=1"


MADE_UP = {"sine": Sine, "gelu": nn.GELU, "tanh": nn.Tanh, "elu": nn.ELU}
SAID = {"sine": "Sine (frequency = 1)", "gelu": "GELU (approximate = 'none')", "tanh": "Tanh", "elu": "ELU (alpha = 1.0)"}


@pytest.mark.parametrize("net", ["tiny", "resnet-8", "vgg16-bn", "chain-2"])
@pytest.mark.parametrize("name", MADE_UP)
def test_an_activation_added_tomorrow_is_named(name: str, net: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activations, "maker", lambda name, beta: MADE_UP[name])
    words = described(replace(SMOKE, net=net, activation=name))
    assert words.startswith(f"{net} with {SAID[name]} on digits")
    assert "ReLU" not in words
    assert "Swish" not in words


@pytest.mark.parametrize("activation", ["relu", "swish"])
@pytest.mark.parametrize("net", ["tiny", "resnet-8", "resnet-b-8", "vgg16-bn", "chain-2", "dense-2"])
def test_what_is_named_is_what_takes_part(net: str, activation: str) -> None:
    """Of the modules that a forward pass of the real net calls and that have no weights, the named ones are there."""
    model, called = build(net, channels=1, classes=2, size=32, activation=activation, beta=2.0).eval(), set()
    for module in model.modules():
        module.register_forward_hook(lambda module, *_: called.add(type(module).__name__))
    model(torch.zeros(1, 1, 32, 32))
    known = {"ReLU", "Swish", "Tanh"}
    assert {name.partition(" ")[0] for name in activations_of(net, activation, 2.0)} == called & known


def test_a_parameter_is_told_of_activations_that_have_it() -> None:
    assert activations_of("tiny", "swish", 5.0) == ("Swish (beta = 5)",)
    assert activations_of("tiny", "relu", 5.0) == ("ReLU",)
    assert activations_of("dense-2", "swish", 5.0) == ("Tanh",)


class Lion(torch.optim.Optimizer):
    """Somebody's own."""

    def __init__(self, weights: list[nn.Parameter]) -> None:
        super().__init__(weights, {"lr": 0.1})


def _weight() -> list[nn.Parameter]:
    return [nn.Parameter(torch.ones(3))]


OPTIMIZERS = {
    "Lion": Lion,
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
    "Adamax": torch.optim.Adamax,
    "SGD without momentum": torch.optim.SGD,
    "RMSprop with momentum 0.5": lambda weights: torch.optim.RMSprop(weights, momentum=0.5),
    "SGD with Nesterov momentum 0.9": lambda weights: torch.optim.SGD(weights, lr=1.0, momentum=0.9, nesterov=True),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimiser_is_named_by_its_own_class(name: str) -> None:
    assert named(OPTIMIZERS[name](_weight())) == name


@pytest.mark.parametrize("kind", UNPERTURBED)
@pytest.mark.parametrize(("name", "said"), [("sgd", "SGD without momentum"), ("adam", "Adam")])
def test_a_perturbed_optimiser_is_named_by_torchs(kind: str, name: str, said: str) -> None:
    assert named(optim.build(Perturbation(kind, 3), _weight(), name=name)) == said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "SGD with Nesterov momentum 0.9"),
        ({"nesterov": False}, "SGD with momentum 0.9"),
        ({"momentum": 0.0, "nesterov": False}, "SGD without momentum"),
        ({"optimizer": "adam"}, "Adam"),
    ],
)
def test_the_optimiser_of_a_recipe(changes: dict, said: str) -> None:
    assert f"digits, {said}, 8 epochs" in described(replace(SMOKE, **changes))


def test_labels_tell_activations_other_than_the_first_ones() -> None:
    recipes = (
        SMOKE,
        replace(SMOKE, activation="swish", beta=2.0),
        replace(SMOKE, net="dense-2"),
        replace(SMOKE, net="resnet-8"),
    )
    config = figure_3_left.Config("smoke", recipes)
    assert figure_3_left.labels(config)[:4] == [
        "tiny, k = 3", "tiny with Swish (beta = 2), k = 3", "dense-2 with Tanh, k = 3", "resnet-8, k = 3",
    ]  # fmt: skip


def test_full_batch_figures_name_what_is_in_their_nets() -> None:
    def of(*nets: str) -> str:
        return active(xr.Dataset(coords={"net": list(nets)}, attrs={"beta": np.float64(2)}))

    assert of("chain-1", "chain-3") == "Swish (beta = 2)"
    assert of("dense-2") == "Tanh"
    assert of("dense-2", "chain-1") == "Tanh and Swish (beta = 2)"
