"""Steps recorded and replayed. On a CPU a lane runs at once and a recording is the step itself; the rest is the same code."""

from __future__ import annotations

from itertools import islice

import pytest
import torch

from numerics.common.determinism import reproducible
from numerics.training.eager import EagerStepper
from numerics.training.feed import training_batches
from numerics.training.graph import GraphStepper
from numerics.training.lane import Lane
from numerics.training.member import Member, members
from numerics.training.preflight import compared, preflight
from numerics.training.trail import trail
from tests.numerics.training.cases import begun, digits, finished, group

ADAM = {"optimizer": "adam", "lr": 0.01}
ROUNDED = {"kind": "stochastic-rounding"}


def steps(made, data, epochs=3):
    for epoch in range(epochs):
        for images, labels in training_batches(made, data, epoch):
            yield images, labels, made.recipe.lr_at(epoch)


def run(stepper, team, made, data):
    """Losses, and trails at the end."""
    losses = []
    with reproducible():
        for images, labels, lr in steps(made, data):
            for member in team:
                member.set_lr(lr)
            losses.append(stepper.step(images, labels).tolist())
    return losses, [trail(member.net, member.optimizer) for member in team]


@pytest.mark.parametrize("recipe", [{}, {"momentum": 0.0, "nesterov": False}, ADAM, ROUNDED, ROUNDED | ADAM])
def test_replayed_steps_have_the_bits_of_eager_ones(recipe, device):
    made, data = group(ks=(1, 3, 5), **recipe), digits(device=device)
    with reproducible():
        recorded, eager = members(made, data, device), members(made, data, device)
    found = run(GraphStepper(recorded, torch.device(device)), recorded, made, data)
    assert found == run(EagerStepper(eager), eager, made, data)
    assert len(set(found[1])) == 3


def test_a_step_is_recorded_once_per_step_size_and_never_for_a_small_batch(monkeypatch, device):
    sizes, recorded = [], Lane.recorded
    monkeypatch.setattr(Lane, "recorded", lambda lane, step: sizes.append(team[0].lr) or recorded(lane, step))
    made, data = group(ks=(1, 3), lr_every=2), digits(device=device)
    with reproducible():
        team = members(made, data, device)
    run(GraphStepper(team, torch.device(device)), team, made, data)
    assert sizes == [0.05, 0.05, pytest.approx(0.005), pytest.approx(0.005)]


def test_a_forgotten_recording_is_noticed():
    """Negative control: a stepper that goes on with the old step size."""
    made, data = group(ks=(1,)), digits()
    stale, eager = members(made, data, "cpu"), members(made, data, "cpu")
    stale[0].set_lr = lambda lr: None
    assert run(EagerStepper(stale), stale, made, data)[1] != run(EagerStepper(eager), eager, made, data)[1]


def test_the_batch_is_in_place_before_any_member_reads_it(device):
    """Each step sees its own batch though the place is always the same one."""
    made, data = group(ks=(1,)), digits(device=device)
    seen, team = [], members(made, data, device)
    stepper = GraphStepper(team, torch.device(device))
    for images, labels in islice(training_batches(made, data, 0), 2):
        stepper.step(images, labels)
        seen.append((stepper.images.clone(), stepper.images.data_ptr()))
        assert torch.equal(stepper.images, images)
        assert torch.equal(stepper.labels, labels)
    assert seen[0][1] == seen[1][1]


class Company:
    """Steps in company that disturb one member, from some step on."""

    def __init__(self, team, number, since):
        self.team, self.number, self.since, self.taken = team, number, since, 0

    def step(self, images, labels):
        self.taken += 1
        losses = EagerStepper(self.team).step(images, labels)
        if self.taken == self.since:
            weight = next(self.team[self.number].net.parameters()).detach()
            weight.view(torch.int32).view(-1)[0] ^= 1
        return losses


@pytest.mark.parametrize("since", [1, 4, 8])
def test_a_preflight_finds_a_single_bit_and_says_where(since):
    made, data = group(ks=(1, 3)), digits()
    team = members(made, data, "cpu")
    found = compared(made, data, "cpu", Company(team, 1, since), team)
    assert not found.exact
    name = next(name for name, _ in team[1].net.named_parameters())
    assert found.sentence.startswith(f"one after another: side by side k = 3 differs from its solo run in {name} by up to ")
    assert found.sentence.endswith(f"in step {since} of the preflight")


class Unrecordable(Company):
    """Whose step cannot be taken, from some step on."""

    def step(self, images, labels):
        if self.taken + 1 == self.since:
            raise RuntimeError("operation not permitted\nwhen stream is capturing")
        return super().step(images, labels)


def test_steps_that_cannot_be_recorded_fail_the_preflight():
    made, data = group(ks=(1, 3)), digits()
    team = members(made, data, "cpu")
    told = "one after another: side by side fails (operation not permitted when stream is capturing) in step 2 of the preflight"
    assert compared(made, data, "cpu", Unrecordable(team, 0, 2), team).sentence == told


def test_a_preflight_of_recorded_steps_finds_nothing():
    made, data = group(ks=(1, 3)), digits()
    team = members(made, data, "cpu")
    found = compared(made, data, "cpu", GraphStepper(team, torch.device("cpu")), team)
    assert found.exact
    assert found.sentence.startswith("side by side")


def test_on_a_cpu_members_train_one_after_another():
    assert preflight(group(), digits(), "cpu").sentence == "one after another"


@pytest.mark.gpu
@pytest.mark.parametrize("recipe", [{}, ADAM, {"dtype": "float64"}, ROUNDED, ROUNDED | ADAM])
def test_the_preflight_passes_on_a_gpu(recipe):
    found = preflight(group(ks=(1, 3, 5), **recipe), digits(recipe.get("dtype", "float32"), "cuda"), "cuda")
    assert found.exact, found.sentence


@pytest.mark.gpu
def test_after_a_step_that_cannot_be_recorded_the_device_is_sound(monkeypatch):
    """It asks for a number, which ends a capture; what is drawn and trained afterwards must not notice."""
    step = Member.step

    def asking(self, images, labels):
        loss = step(self, images, labels)
        loss.item()
        return loss

    made, data = group(ks=(1, 3)), digits(device="cuda")
    monkeypatch.setattr(Member, "step", asking)
    found = preflight(made, data, "cuda")
    assert not found.exact
    assert "fails" in found.sentence
    monkeypatch.undo()
    dropped = torch.nn.functional.dropout(torch.ones(1000, device="cuda"))
    assert 300 < int((dropped == 0).sum()) < 700
    assert preflight(made, data, "cuda").exact


@pytest.mark.gpu
def test_a_run_on_a_gpu_resumes_to_the_same_bits():
    made = group(ks=(1, 3), epochs=3)
    straight, run = finished(begun(made, "cuda")), begun(made, "cuda")
    run.advance()
    resumed = begun(made, "cuda")
    resumed.restore(*run.state())
    assert finished(resumed).identical(straight)
