"""The cap where its edge is known, and what it must not touch."""

from __future__ import annotations

import io
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss
from torch.optim import SGD, Adagrad, Adam, AdamW, NAdam, RMSprop
from torch.optim.lr_scheduler import ExponentialLR, OneCycleLR

from derive.errors import InputError
from numerics.control import ControlWarning, EdgeController, suggest_lr
from numerics.monitor import StabilityMonitor

CURVATURES = torch.tensor([5.0, 2.0, 0.5], dtype=torch.float64)


def bowl(inputs, targets):
    """h w^2 / 2, summed."""
    return (CURVATURES * inputs[0] ** 2).sum() / 2 + 0 * targets.sum()


class Weights(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64))

    def forward(self, x):
        return self.w.expand(len(x), 3)


def batch(rows=8):
    return torch.zeros(rows, 1, dtype=torch.float64), torch.zeros(rows, 1, dtype=torch.float64)


def take(model, optimizer, control, steps, loss_fn=bowl, data=None, scheduler=None) -> list[float]:
    x, y = data or batch()
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        if control:
            control.step(x, y)
        optimizer.step()
        if scheduler:
            scheduler.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.98])
@pytest.mark.parametrize("c", [0.3, 1.0])
def test_sgd_is_held_at_its_edge(momentum: float, c: float) -> None:
    model = Weights()
    optimizer = SGD(model.parameters(), lr=100.0, momentum=momentum)
    with EdgeController(model, optimizer, bowl, c=c) as control:
        take(model, optimizer, control, 3)
    applied = control.dataset().applied.values
    assert applied == pytest.approx(c * 2 * (1 - momentum) / 5, rel=1e-9)
    assert optimizer.param_groups[0]["lr"] == 100.0


def test_coupled_decay_dampening_and_groups_count() -> None:
    model = Weights()
    optimizer = SGD(model.parameters(), lr=100.0, momentum=0.5, dampening=0.2, weight_decay=1.0)
    with EdgeController(model, optimizer, bowl, c=1.0) as control:
        take(model, optimizer, control, 1)
    assert control.dataset().applied.values == pytest.approx(2 * 0.5 / 0.8 / 6)


def root(gradient, v, beta2, step):
    v = beta2 * v + (1 - beta2) * gradient**2
    return v, (v / (1 - beta2**step)).sqrt()


@pytest.mark.parametrize("cls", [Adam, AdamW, NAdam])
def test_denominators_are_of_the_very_step(cls) -> None:
    """Diagonal curvature: the largest of h over the root, by hand, at each step."""
    model = Weights()
    optimizer = cls(model.parameters(), lr=100.0, eps=1e-12)
    v, x = torch.zeros(3, dtype=torch.float64), batch()
    with EdgeController(model, optimizer, bowl, c=0.1, every=1) as control:
        edges = []
        for step in (1, 2, 3):
            v, divided = root(CURVATURES * model.w.detach(), v, 0.999, step)
            edges.append(2 / float((CURVATURES / divided).max()))
            take(model, optimizer, control, 1, data=x)
    wanted = [0.1 * min(edges[max(0, n - 1) : n + 1]) for n in range(3)]  # the lower of the last two
    assert control.dataset().applied.values == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("cls", [partial(RMSprop, centered=True, momentum=0.5), Adagrad, partial(Adam, amsgrad=True)])
def test_others_take_the_state_that_torch_makes(cls) -> None:
    """The first step's lr, against denominators read off a twin after it."""
    model, twin = Weights(), Weights()
    optimizer, other = (cls(m.parameters(), lr=1e-3, eps=1e-3) for m in (model, twin))
    with EdgeController(model, optimizer, bowl, c=1e-9) as control:
        take(model, optimizer, control, 1)
    take(twin, other, None, 1)
    state = other.state[twin.w]
    v = state["sum"] if "sum" in state else state.get("square_avg", state.get("exp_avg_sq"))
    v = v - state.get("grad_avg", torch.zeros(3)) ** 2 if "square_avg" in state else v / 0.001 if "exp_avg_sq" in state else v
    gain = 2.0 if "square_avg" in state else 1.0
    edge = 2 / gain / float((CURVATURES / (v.sqrt() + 1e-3)).max())
    assert control.dataset().edge.values == pytest.approx(edge, rel=1e-6)


def test_a_scheduler_does_not_compound_the_cap() -> None:
    model = Weights()
    optimizer = SGD(model.parameters(), lr=100.0)
    scheduler = ExponentialLR(optimizer, 0.5)
    with EdgeController(model, optimizer, bowl, c=1.0) as control:
        take(model, optimizer, control, 12, scheduler=scheduler)
    found = control.dataset()
    assert found.wanted.values == pytest.approx([100 * 0.5**n for n in range(12)])
    assert found.applied.values == pytest.approx([min(0.4, 100 * 0.5**n) for n in range(12)])


def test_follow_is_the_unit_times_the_schedule() -> None:
    model = Weights()
    optimizer = SGD(model.parameters(), lr=1e-6)
    scheduler = ExponentialLR(optimizer, 0.5)
    with EdgeController(model, optimizer, bowl, c=0.5, follow=True) as control:
        take(model, optimizer, control, 5, scheduler=scheduler)
    assert control.dataset().applied.values == pytest.approx([0.2 * 0.5**n for n in range(5)])


@pytest.mark.parametrize("early", [False, True])
def test_a_schedule_that_rises_does_not_lead_above_what_is_followed(early: bool) -> None:
    """A one-cycle policy begins at a 25th of its peak; one that only grows is at its peak all along."""
    for policy, peak in (
        (partial(OneCycleLR, max_lr=3.0, total_steps=20, cycle_momentum=False), 3.0),
        (partial(ExponentialLR, gamma=2.0), None),
    ):
        model = Weights()
        optimizer = SGD(model.parameters(), lr=1e-3)
        scheduler = None if early else policy(optimizer)
        with EdgeController(model, optimizer, bowl, c=0.5, follow=True) as control:
            take(model, optimizer, control, 15, scheduler=scheduler or policy(optimizer))
        found = control.dataset()
        assert found.applied.values == pytest.approx(0.2 * (found.wanted.values / peak if peak else 1.0))


@pytest.mark.parametrize("first", [StabilityMonitor, EdgeController])
def test_a_monitor_beside_it_judges_the_step_that_was_taken(first) -> None:
    """Without momentum c is the normalised sharpness, whatever lr is wanted, and stands in the group again."""
    model, data = Weights(), batch()
    optimizer = SGD(model.parameters(), lr=40.0)
    begin = {
        StabilityMonitor: lambda: StabilityMonitor(model, optimizer, bowl, shadow=1.0, window=12),
        EdgeController: lambda: EdgeController(model, optimizer, bowl, c=0.5),
    }
    one = begin.pop(first)()
    both = {first: one, **{cls: make() for cls, make in begin.items()}}
    monitor, control = both[StabilityMonitor], both[EdgeController]
    for _ in range(14):
        take(model, optimizer, control, 1, data=data)
        monitor.step(*data)
    assert monitor.latest["normalised"] == pytest.approx(0.5, rel=1e-2)
    assert monitor.latest["lr"] == {0: pytest.approx(0.2)}
    assert not monitor.dataset().attrs["remarks"]  # the shadow followed, with the same step size
    assert optimizer.param_groups[0]["lr"] == 40.0
    control.close()
    assert monitor.measure(*data)["normalised"] == pytest.approx(100.0, rel=1e-2)  # its tolerance
    monitor.close()


def test_several_groups_share_a_factor() -> None:
    model = Weights()
    model.u = nn.Parameter(torch.ones(3, dtype=torch.float64))
    loss = lambda out, y: bowl(out, y) + (CURVATURES * model.u**2).sum() / 2  # noqa: E731
    groups = [{"params": [model.w], "lr": 10.0}, {"params": [model.u], "lr": 40.0}]
    optimizer = SGD(groups, lr=1.0)
    with EdgeController(model, optimizer, loss, c=1.0) as control:
        take(model, optimizer, control, 1, loss)
    assert control.dataset().applied.values == pytest.approx(0.1)  # the other at its 2 / 5
    assert [group["lr"] for group in optimizer.param_groups] == [10.0, 40.0]


@pytest.mark.parametrize(("rows", "c"), [(8, 1.0), (32, 1.0), (64, 2.0)])
def test_c_by_the_rows_of_a_step(rows: int, c: float) -> None:
    model = Weights()
    optimizer = SGD(model.parameters(), lr=100.0)
    with EdgeController(model, optimizer, bowl) as control:
        take(model, optimizer, control, 1, data=batch(rows))
    assert control.dataset().applied.values == pytest.approx(c * 0.4)


def net(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Dropout(0.2), nn.Linear(16, 1)).double()


def made(seed=1):
    torch.manual_seed(seed)
    x = torch.randn(64, 4, dtype=torch.float64)
    return x, x.prod(1, keepdim=True)


@pytest.mark.parametrize("cls", [partial(SGD, lr=1e-3, momentum=0.9), partial(AdamW, lr=1e-7)])
def test_bits_stay_where_the_cap_does_not_bind(cls) -> None:
    weights = []
    for watched in (True, False):
        model, data = net(), made()
        optimizer = cls(model.parameters())
        control = EdgeController(model, optimizer, mse_loss, every=2) if watched else None
        torch.manual_seed(3)
        take(model, optimizer, control, 8, mse_loss, data)
        weights.append(torch.cat([p.detach().flatten() for p in model.parameters()]))
    assert torch.equal(*weights)


@pytest.mark.parametrize("cls", [partial(SGD, lr=10.0, momentum=0.9), partial(AdamW, lr=1.0)])
def test_a_resumed_run_has_the_same_bits(cls) -> None:
    def begun():
        model = net()
        model[2] = nn.Identity()
        optimizer = cls(model.parameters())
        return model, optimizer, EdgeController(model, optimizer, mse_loss, every=4)

    model, optimizer, control = begun()
    take(model, optimizer, control, 7, mse_loss, made())
    file = io.BytesIO()
    torch.save([model.state_dict(), optimizer.state_dict(), control.state_dict()], file)
    take(model, optimizer, control, 7, mse_loss, made())
    file.seek(0)
    again, other, resumed = begun()
    states = torch.load(file, weights_only=True)
    for thing, state in zip((again, other, resumed), states, strict=True):
        thing.load_state_dict(state)
    take(again, other, resumed, 7, mse_loss, made())
    assert all(map(torch.equal, model.parameters(), again.parameters()))
    assert control.dataset().equals(resumed.dataset())


def test_an_lr_far_too_high_is_harmless() -> None:
    """A thousand times the edge: without the cap no rounding can save it."""
    ends = []
    for capped in (True, False):
        model, data = net(), made()
        model[2] = nn.Identity()
        model[1] = nn.Softplus()
        optimizer = SGD(model.parameters(), lr=1000.0, momentum=0.9)
        control = EdgeController(model, optimizer, mse_loss, c=1.0) if capped else None
        losses = take(model, optimizer, control, 60, mse_loss, data)
        ends.append((losses[0], losses[-1]))
    assert ends[0][1] < ends[0][0]
    assert not ends[1][1] < 1e6 * ends[1][0]


@pytest.mark.filterwarnings("error")
def test_a_warm_up_from_nothing_is_capped_at_its_first_step_that_moves() -> None:
    """At lr 0 no measurement is tried, nor missed: the gaps begin where steps do."""
    model = Weights()
    optimizer = SGD(model.parameters(), lr=0.0)
    with EdgeController(model, optimizer, bowl, c=1.0) as control:
        take(model, optimizer, control, 10)
        optimizer.param_groups[0]["lr"] = 100.0
        take(model, optimizer, control, 3)
    assert control.dataset().applied.values[9:] == pytest.approx([0.0, 0.4, 0.4, 0.4])


def test_accumulated_batches_count_together() -> None:
    model = nn.Linear(1, 1, bias=False).double()
    optimizer = SGD(model.parameters(), lr=100.0)
    ones = torch.ones(8, 1, dtype=torch.float64)
    with EdgeController(model, optimizer, mse_loss, c=1.0, accumulate=2) as control:
        for x in (ones, 3 * ones):
            (mse_loss(model(x), 0 * ones) / 2).backward()
            control.step(x, 0 * ones)
        optimizer.step()
    assert control.dataset().applied.values == pytest.approx(2 / (2 * 5))


def test_a_failure_keeps_the_cap_and_warns() -> None:
    model = Weights()
    optimizer = SGD(model.parameters(), lr=100.0)
    with EdgeController(model, optimizer, bowl, c=1.0, every=1) as control:
        take(model, optimizer, control, 1)
        (bowl(model(batch()[0]), batch()[1])).backward()
        with pytest.warns(ControlWarning, match="no batch.*the last cap is kept"):
            optimizer.step()
    assert control.dataset().applied.values == pytest.approx(0.4)


def test_what_it_cannot_do_is_refused_at_once() -> None:
    model = Weights()
    for wrong, told in (
        (torch.optim.Rprop(model.parameters()), "Rprop"),
        (torch.optim.LBFGS(model.parameters()), "LBFGS"),
        (Adagrad(model.parameters(), lr_decay=0.1), "lr_decay"),
    ):
        with pytest.raises(InputError, match=told):
            EdgeController(model, wrong, bowl)
    half = nn.Linear(2, 2).bfloat16()
    with pytest.raises(InputError, match="float32"):
        EdgeController(half, SGD(half.parameters(), lr=0.1), mse_loss)
    for wrong in ({"c": 0.0}, {"every": 0}, {"products": 0}, {"accumulate": 0}, {"follow": "yes"}):
        with pytest.raises(InputError, match="expected"):
            EdgeController(model, SGD(model.parameters(), lr=0.1), bowl, **wrong)
    optimizer = SGD(model.parameters(), lr=0.1)
    with pytest.raises(InputError, match="state of an EdgeController, got NoneType"):
        EdgeController(model, optimizer, bowl).load_state_dict(None)  # pyright: ignore[reportArgumentType]
    for batches, told in ((5, "batches.*got int"), ([], "at least 1 batch for sgd")):
        with pytest.raises(InputError, match=told):
            suggest_lr(model, optimizer, bowl, batches)  # pyright: ignore[reportArgumentType]


def test_suggest_is_the_unit_and_touches_nothing() -> None:
    model = Weights()
    optimizer = SGD(model.parameters(), lr=7.0, momentum=0.9)
    found = suggest_lr(model, optimizer, bowl, [batch()])
    assert found.lr == pytest.approx(2 * 0.1 / 5)
    assert model.w.grad is None
    assert optimizer.param_groups[0]["lr"] == 7.0
    adam = Adam(model.parameters(), eps=1e-12)
    with pytest.raises(InputError, match="at least 4 batches"):
        suggest_lr(model, adam, bowl, [batch()] * 3)
    edge = 2 / float((1 / model.w.detach().abs()).max())
    assert suggest_lr(model, adam, bowl, [batch()] * 4).lr == pytest.approx(edge, rel=1e-6)
    assert not adam.state


@pytest.mark.parametrize("fused", [False, True])
def test_scaled_gradients_and_autocast(fused: bool) -> None:
    """The scale is a power of two: the edges are those without it, to rounding."""
    edges = []
    for scaled in (False, True):
        model = net().float()
        model[2] = nn.Identity()
        x, y = (t.float() for t in made())
        optimizer = Adam(model.parameters(), lr=1e-3, fused=fused)
        scaler = torch.amp.GradScaler("cpu", enabled=scaled)
        with EdgeController(model, optimizer, mse_loss, every=1) as control:
            for _ in range(2):
                optimizer.zero_grad()
                with torch.autocast("cpu", torch.bfloat16, enabled=False):
                    loss = mse_loss(model(x), y)
                scaler.scale(loss).backward()
                control.step(x, y)
                scaler.step(optimizer)
                scaler.update()
        edges.append(control.dataset().edge.values)
    assert edges[0] == pytest.approx(edges[1], rel=1e-3)


def test_autocast_is_measured_in_float32() -> None:
    model = net().float()
    x, y = (t.float() for t in made())
    optimizer = SGD(model.parameters(), lr=100.0)
    with EdgeController(model, optimizer, mse_loss) as control, torch.autocast("cpu", torch.bfloat16):
        take(model, optimizer, control, 2, mse_loss, (x, y))
    assert control.dataset().applied.values.max() < 100


def test_settings_that_have_no_edge_end_nothing() -> None:
    """Momentum 1 in the middle of a training."""
    model = Weights()
    optimizer = SGD(model.parameters(), lr=0.01, momentum=0.5)
    with EdgeController(model, optimizer, bowl) as control:
        take(model, optimizer, control, 2)
        optimizer.param_groups[0]["momentum"] = 1.0
        with pytest.warns(ControlWarning, match="nothing is capped"):
            take(model, optimizer, control, 1)
        assert optimizer.param_groups[0]["lr"] == 0.01
        optimizer.param_groups[0]["momentum"] = 0.5
        take(model, optimizer, control, 1)
        assert control.dataset().step.size == 3
