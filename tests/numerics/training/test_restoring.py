"""A state whose checksums may be right and whose content is not: refused in one line, and the run is as it was."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache

import pytest
import torch
from torch import Tensor

from derive.errors import InputError
from numerics.training.group import GroupRun
from tests.numerics.training.cases import begun, group

pytestmark = pytest.mark.exact

MADE = group(epochs=4, trace=2, fluctuation=2)
State = tuple[dict[str, Tensor], dict]
WEIGHT, MOMENTUM, BUFFER = "3/net/0.weight", "3/optimizer/0/momentum_buffer", "3/net/1.running_var"


@cache
def states() -> tuple[State, ...]:
    """After each of three epochs."""
    run, found = begun(MADE), []
    for _ in range(3):
        run.advance()
        tensors, meta = run.state()
        found.append((tensors, json.loads(json.dumps(meta))))
    return tuple(found)


@cache
def fresh() -> GroupRun:
    return begun(MADE)


def meta(change: Callable[[dict], object]) -> Callable[[State], State]:
    def changed(state: State) -> State:
        return state[0], change(state[1]) or state[1]

    return changed


def tensors(change: Callable[[dict], object]) -> Callable[[State], State]:
    def changed(state: State) -> State:
        change(state[0])
        return state

    return changed


def put(name: str, value) -> Callable[[State], State]:
    """A tensor, or something made of the one that is there."""
    return tensors(lambda parts: parts.update({name: value(parts[name]) if callable(value) else value}))


def number(name: str, value) -> Callable[[State], State]:
    return meta(lambda found: found.update({name: value}))


def within(path: str, value) -> Callable[[State], State]:
    def change(found: dict) -> None:
        *folders, last = path.split("/")
        for folder in folders:
            found = found[folder]
        found[last] = value(found[last]) if callable(value) else value

    return meta(change)


EPOCHS = ["3", None, 999, 4, 2, 1, 0, -1, 3.0, True, [3], float("nan"), 2**70]
KINDS = {
    **{f"epoch {value!r}": number("epoch", value) for value in EPOCHS},
    **{f"no {name}": meta(lambda found, name=name: found.pop(name) and None) for name in ("epoch", "ks", "history", "numbers")},
    **{f"{name} null": number(name, None) for name in ("ks", "history", "numbers")},
    **{f"{name} a list": number(name, []) for name in ("history", "numbers")},
    "something more": number("more", 1),
    "other ks": number("ks", [1, 5]),
    "ks turned round": number("ks", [3, 1]),
    "ks text": number("ks", "1, 3"),
    "empty": meta(lambda found: found.clear()),
    "trails short": within("history/trails", lambda rows: rows[:-1]),
    "trails long": within("history/trails", lambda rows: [*rows, rows[-1]]),
    "trails text": within("history/trails", "abc"),
    "trails of one member": within("history/trails", lambda rows: [row[:1] for row in rows]),
    "trails numbers": within("history/trails", lambda rows: [[1, 2] for _ in rows]),
    "trails altered": within("history/trails", lambda rows: [*rows[:-1], ["0" * 32] * 2]),
    "trails no hashes": within("history/trails", lambda rows: [["x", "x"], *rows[1:]]),
    "trails turned round": within("history/trails", lambda rows: rows[::-1]),
    "unstable null": within("history/unstable", None),
    "unstable 3": within("history/unstable", 3),
    "unstable [3]": within("history/unstable", [3]),
    "a stable member unstable": within("history/unstable", [[3, 2]]),
    "an unstable member in no epoch": within("history/unstable", [[3, 0]]),
    "a strange member unstable": within("history/unstable", [[7, 1]]),
    "numbers of others": number("numbers", {"1": {}, "5": {}}),
    "numbers text": within("numbers/3", "x"),
    "numbers of text": within("numbers/3", {"optimizer/0/step": "3"}),
    "a number too many": within("numbers/3", {"optimizer/0/step": 3}),
    "a null too many": within("numbers/3", {"optimizer/0/step": None}),
    "a number of no parameter": within("numbers/3", {"optimizer/99/step": 3.0}),
    "a number of a strange name": within("numbers/3", {"x": 3.0}),
    "no tensors": tensors(lambda parts: parts.clear()),
    "weights of one member": tensors(lambda parts: [parts.pop(n) for n in [*parts] if n.startswith("3/")]),
    "no history": tensors(lambda parts: [parts.pop(n) for n in [*parts] if n.startswith("history/")]),
    **{f"{n} missing": tensors(lambda parts, n=n: parts.pop(n)) for n in (WEIGHT, MOMENTUM, BUFFER, "history/loss")},
    **{f"{n} too much": put(n, torch.zeros(2)) for n in ("3/net/new", "7/net/0.weight", "x", "3", "history/new")},
    "momentum of no parameter": put("3/optimizer/99/momentum_buffer", torch.zeros(2)),
    "momentum of no index": put("3/optimizer/x/momentum_buffer", torch.zeros(2)),
    "something of an optimiser": put("3/optimizer/0/new", torch.zeros(2)),
    **{
        f"{n} {what}": put(n, change)
        for n in (WEIGHT, MOMENTUM, BUFFER)
        for what, change in {
            "NaN": lambda part: part * torch.nan,
            "half": lambda part: part.half(),
            "double": lambda part: part.double(),
            "flat": lambda part: part.reshape(-1)[:-1],
            "a number": lambda part: part.sum(),
            "empty": lambda part: part[:0],
            "one bit": lambda part: part.nextafter(torch.tensor(9.0)),
            "zero": torch.zeros_like,
        }.items()
    },
    "weights of the other member": put(WEIGHT, lambda part: states()[2][0]["1/net/0.weight"]),
    "history of float32": put("history/loss", lambda part: part.float()),
    "history short": put("history/loss", lambda part: part[:-1]),
    "history NaN": put("history/loss", lambda part: part * torch.nan),
    "history negative": put("history/churn", lambda part: part - 2),
    "distances NaN": put("history/rel_l1_net", lambda part: torch.cat([part[:1] * torch.nan, part[1:]])),
    "accuracy 200": put("history/accuracy", lambda part: part * 0 + 200),
    "history of one member": put("history/accuracy", lambda part: part[:, :1]),
    "history a number": put("history/accuracy", torch.tensor(1.0, dtype=torch.float64)),
    "other layers": put("history/rel_l1", lambda part: part[..., :-1]),
    "steps short": put("history/loss_step", lambda part: part[:-1]),
    "an earlier epoch's tensors": lambda state: (states()[0][0], state[1]),
    "a later epoch's numbers": lambda state: (state[0], states()[0][1]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_refused_and_the_run_is_as_it_was(kind: str) -> None:
    run, before = fresh(), fresh().state()
    state = {name: part.clone() for name, part in states()[2][0].items()}, copy.deepcopy(states()[2][1])
    with pytest.raises(InputError, match=r"^expected the state of such a run, got another: .") as error:
        run.restore(*KINDS[kind](state))
    assert "\n" not in str(error.value)
    after = run.state()
    assert after[1] == before[1]
    assert after[0].keys() == before[0].keys()
    assert all(torch.equal(part, before[0][name]) for name, part in after[0].items())


def test_what_is_right_is_taken() -> None:
    for number, state in enumerate(states(), start=1):
        run = begun(MADE)
        run.restore(*state)
        assert run.epoch == number


def test_weights_before_the_first_epoch_are_those_of_the_seed() -> None:
    state, run = fresh().state(), begun(MADE)
    run.restore(*state)
    state[0][WEIGHT][0] += 1
    with pytest.raises(InputError, match="the trail of member 3 is not that of its weights"):
        run.restore(*state)
