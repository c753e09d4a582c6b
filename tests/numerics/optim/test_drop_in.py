from __future__ import annotations

import copy

import pytest
import torch

from derive.errors import InputError
from numerics.optim import PerturbedAdam, PerturbedSGD
from tests.numerics.optim.cases import bits, give_gradients, parameters, train

PAIRS = {"sgd": (PerturbedSGD, torch.optim.SGD), "adam": (PerturbedAdam, torch.optim.Adam)}


def test_groups_have_their_own_k_and_form():
    first, second = parameters([(40,), (40,)], torch.float32, 0)
    groups = [{"params": [first], "k": 3, "form": "code"}, {"params": [second], "lr": 0.3, "k": 5}]
    train(lambda p: PerturbedSGD(groups, lr=0.1, momentum=0.9), [first, second], 7)
    for position, own in enumerate([{"k": 3, "form": "code", "lr": 0.1}, {"k": 5, "lr": 0.3}]):
        alone = parameters([(40,), (40,)], torch.float32, 0)
        train(lambda p, own=own: PerturbedSGD(p, momentum=0.9, **own), alone, 7)
        assert bits([[first, second][position]]) == bits([alone[position]])


def test_mixed_number_formats_in_one_group():
    formats = (torch.float32, torch.float64, torch.bfloat16)
    mixed = [parameters([(9,)], dtype, 0)[0] for dtype in formats]
    train(lambda p: PerturbedAdam(p, foreach=True), mixed, 3)
    same = [parameters([(9,)], dtype, 0)[0] for dtype in formats]
    train(lambda p: torch.optim.Adam(p, foreach=True), same, 3)
    assert bits(mixed) == bits(same)


@pytest.mark.parametrize("name", PAIRS)
def test_schedulers_drive_it(name):
    ours, theirs = PAIRS[name]
    results = []
    for make in (lambda p: ours(p, lr=0.1, k=2), lambda p: theirs(p, lr=0.1)):
        params = parameters([(20,)], torch.float32, 0)
        optimizer = make(params)
        scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.3, total_steps=6)
        for step in range(5):
            give_gradients(params, step)
            optimizer.step()
            scheduler.step()
        results.append(bits(params))
    assert results[0] == results[1]


@pytest.mark.parametrize("name", PAIRS)
def test_resumed_from_its_state_it_goes_on_bit_for_bit(name):
    make = PAIRS[name][0]
    straight = parameters([(20,), (3, 3)], torch.float32, 0)
    optimizer = make(straight, lr=0.1, k=5, form="code", weight_decay=0.01)
    for step in range(3):
        give_gradients(straight, step)
        optimizer.step()
    resumed = [p.detach().clone().requires_grad_() for p in straight]
    other = make(resumed, lr=0.7)
    other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    assert other.param_groups[0]["k"] == 5
    assert other.param_groups[0]["form"] == "code"
    for params, opt in ((straight, optimizer), (resumed, other)):
        for step in range(3, 6):
            give_gradients(params, step)
            opt.step()
    assert bits(straight) == bits(resumed)


@pytest.mark.parametrize("name", PAIRS)
def test_takes_over_the_state_of_torch_s_optimiser(name):
    ours, theirs = PAIRS[name]
    arguments = {"lr": 0.1, "momentum": 0.9} if name == "sgd" else {"lr": 0.1}
    first = parameters([(20,)], torch.float32, 0)
    trained = theirs(first, **arguments, fused=True)
    give_gradients(first, 0)
    trained.step()
    second = [p.detach().clone().requires_grad_() for p in first]
    taking = ours(second, k=3)
    taking.load_state_dict(copy.deepcopy(trained.state_dict()))
    group = taking.param_groups[0]
    assert (group["k"], group["form"], group["lr"], group["fused"]) == (3, "paper", 0.1, None)
    trained.param_groups[0]["fused"] = None
    group["k"] = 1
    for params, optimizer in ((first, trained), (second, taking)):
        give_gradients(params, 1)
        optimizer.step()
    assert bits(first) == bits(second)


def test_a_state_with_a_bad_k_changes_nothing():
    params = parameters([(3,)], torch.float32, 0)
    optimizer = PerturbedSGD(params, lr=0.1, k=3)
    state = copy.deepcopy(optimizer.state_dict())
    state["param_groups"][0].update(k=0, lr=0.5)
    with pytest.raises(InputError, match="expected k"):
        optimizer.load_state_dict(state)
    assert optimizer.param_groups[0]["lr"] == 0.1


def test_a_copy_takes_new_groups():
    params = parameters([(3,), (4,)], torch.float32, 0)
    twin = copy.deepcopy(PerturbedSGD(params[:1], lr=0.1, k=3))
    twin.add_param_group({"params": params[1:]})
    assert twin.param_groups[1]["k"] == 3
    assert isinstance(twin, torch.optim.SGD)


def test_closures_named_parameters_and_gradients_left_alone():
    weight = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    optimizer = PerturbedSGD([("weight", weight)], lr=0.1, momentum=0.9, nesterov=True, foreach=True, k=3)

    def closure():
        optimizer.zero_grad()
        loss = (weight**2).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 5
    assert weight.grad is not None
    assert weight.grad.tolist() == [2, 4]
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"k": 0}, "expected k to be an integer from 1"),
        ({"k": -3}, "expected k to be an integer from 1"),
        ({"k": 1.5}, "expected k to be an integer from 1"),
        ({"k": 3.0}, "expected k to be an integer from 1"),
        ({"k": True}, "expected k to be an integer from 1"),
        ({"k": "3"}, "expected k to be an integer from 1"),
        ({"k": 2**24 + 1}, "from 1 to 16777216"),
        ({"form": "papers"}, "did you mean 'paper'"),
        ({"form": None}, "unknown form None"),
        ({"lr": float("nan")}, "expected lr to be a finite number"),
        ({"lr": -0.1}, "expected lr to be a finite number"),
        ({"lr": float("inf")}, "expected lr to be a finite number"),
        ({"lr": torch.tensor([0.1, 0.2])}, "expected lr to be a finite number"),
        ({"lr": torch.tensor(float("nan"))}, "expected lr to be a finite number"),
        ({"lr": "0.1"}, "expected lr to be a finite number"),
        ({"fused": True}, "fused kernel"),
        ({"differentiable": True}, "no derivative"),
        ({"weight_decay": -1.0}, "weight_decay"),
    ],
)
@pytest.mark.parametrize("make", [PerturbedSGD, PerturbedAdam])
def test_bad_input_is_refused_in_one_line(make, arguments, message):
    weight = torch.nn.Parameter(torch.ones(2))
    with pytest.raises(InputError, match=message) as caught:
        make([weight], **{"lr": 0.1, **arguments})
    assert "\n" not in str(caught.value)
    if set(arguments) <= {"k", "form", "lr"}:
        optimizer = make([torch.nn.Parameter(torch.ones(1))], lr=0.1)
        with pytest.raises(InputError, match=message):
            optimizer.add_param_group({"params": [weight], **arguments})
        assert len(optimizer.param_groups) == 1


def test_bad_parameters_and_gradients():
    with pytest.raises(InputError, match="real floating point"):
        PerturbedSGD([torch.ones(2, dtype=torch.complex64, requires_grad=True)])
    embedding = torch.nn.Embedding(4, 2, sparse=True)
    embedding(torch.tensor([1])).sum().backward()
    for make in (PerturbedSGD, PerturbedAdam):
        with pytest.raises(InputError, match="dense gradients"):
            make(embedding.parameters(), lr=0.1).step()
    with pytest.raises(InputError, match="two floats"):
        PerturbedAdam([torch.nn.Parameter(torch.ones(1))], betas=(torch.tensor(0.9), torch.tensor(0.99)))
    with pytest.raises(InputError, match="capturable"):
        PerturbedAdam([torch.nn.Parameter(torch.ones(1))], capturable=True, foreach=False)
    with pytest.raises(InputError, match="empty parameter list"):
        PerturbedSGD([])
