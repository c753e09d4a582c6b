from __future__ import annotations

import pytest
import torch

from derive.errors import InputError
from numerics.optim import Perturbation, PerturbedAdam, PerturbedSGD, RoundedAdam, RoundedSGD, build
from tests.numerics.optim.cases import bits, parameters, train

ARGUMENTS = {"lr": 0.1, "weight_decay": 5e-4}
TORCH = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}


def trained(perturbation: Perturbation, name: str = "sgd", seed: int = 0):
    params = parameters([(40,), (3, 3)], torch.float32, 0)
    return bits(train(lambda p: build(perturbation, p, name=name, seed=seed, **ARGUMENTS), params, 1, steps=4))


@pytest.mark.parametrize("name", TORCH)
def test_what_is_not_perturbed_has_torch_s_bits(name):
    params = parameters([(40,), (3, 3)], torch.float32, 0)
    expected = bits(train(lambda p: TORCH[name](p, **ARGUMENTS), params, 1, steps=4))
    for kind, number in (("scaling", 1), ("scaling", 4), ("ulp", 0), ("stochastic-rounding", 0)):
        assert trained(Perturbation(kind, number), name) == expected
    for kind, number in (("scaling", 3), ("ulp", 1), ("stochastic-rounding", 1)):
        assert trained(Perturbation(kind, number), name) != expected


@pytest.mark.parametrize(
    ("perturbation", "name", "expected"),
    [
        (Perturbation("scaling", 3, "code"), "sgd", PerturbedSGD),
        (Perturbation("scaling", 3), "adam", PerturbedAdam),
        (Perturbation("ulp", 3), "sgd", PerturbedSGD),
        (Perturbation("stochastic-rounding", 3), "sgd", RoundedSGD),
        (Perturbation("stochastic-rounding", 3), "adam", RoundedAdam),
    ],
)
def test_kinds_of_optimisers(perturbation, name, expected):
    optimizer = build(perturbation, parameters([(4,)], torch.float32, 0), name=name, **ARGUMENTS)
    assert type(optimizer) is expected
    group = optimizer.param_groups[0]
    assert group["weight_decay"] == 5e-4
    if perturbation.kind == "scaling":
        assert (group["k"], group["form"]) == (perturbation.k, perturbation.form)
    if perturbation.kind == "ulp":
        assert group["k"] == 1


def test_number_and_seed_of_stochastic_rounding_both_count():
    runs = [trained(Perturbation("stochastic-rounding", k), seed=seed) for k in (1, 2) for seed in (0, 1)]
    assert len({str(run) for run in runs}) == 4


def test_loading_the_weights_after_building_undoes_the_nudge():
    model = torch.nn.Linear(3, 2)
    saved = {name: value.clone() for name, value in model.state_dict().items()}
    build(Perturbation("ulp", 2), model.parameters(), lr=0.1)
    assert not torch.equal(model.weight, saved["weight"])
    model.load_state_dict(saved)
    assert torch.equal(model.weight, saved["weight"])


def test_bad_input():
    params = parameters([(4,)], torch.float32, 0)
    with pytest.raises(InputError, match=r"unknown optimizer 'sdg'.*did you mean 'sgd'"):
        build(Perturbation(), params, name="sdg")
    with pytest.raises(InputError, match="from 1 to 4, got 5"):
        build(Perturbation("ulp", 5), params)
    for kind, bad in (("scaling", 0), ("scaling", -1), ("scaling", 1.5), ("scaling", True), ("ulp", -1), ("ulp", 0.5)):
        with pytest.raises(InputError, match="expected k to be an integer"):
            Perturbation(kind, bad)
    with pytest.raises(InputError, match="unknown perturbation"):
        Perturbation("scale")
    with pytest.raises(InputError, match="unknown form"):
        Perturbation("scaling", 3, "print")
