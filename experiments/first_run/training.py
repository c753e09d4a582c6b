"""Trainings on a device: captured against eager steps, six lanes against six solo runs, resumed and repeated runs."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace

import torch
import xarray as xr

from experiments.benchmarks.on_gpu import images
from experiments.benchmarks.side_by_side import KS
from experiments.first_run.log import Log
from numerics.common.cublas import WORKSPACE
from numerics.datasets import Data, load
from numerics.training.group import GroupRun
from numerics.training.preflight import preflight
from numerics.training.recipe import Group, Recipe

TINY = Recipe(net="tiny", data="digits", subset=80, batch=32, epochs=2, lr=0.05, lr_every=1)
WAYS = {
    "SGD": {},
    "Adam": {"optimizer": "adam", "lr": 0.01},
    "float64": {"dtype": "float64"},
    "bfloat16": {"dtype": "bfloat16"},
}
KINDS = ("scaling", "stochastic-rounding")

_AFTER = """
import numerics, sys, torch
square = torch.ones(8, 8, device=sys.argv[1])
square @ square
from numerics.common.determinism import reproducible
with reproducible():
    print(float((square @ square).sum()))
"""


def after_a_product(log: Log) -> None:
    """Deterministic training in a process that has multiplied matrices before."""
    told = subprocess.run([sys.executable, "-c", _AFTER, log.device], capture_output=True, text=True, timeout=90)
    last = (told.stdout + told.stderr).strip().splitlines()[-1:]
    log.say(told.returncode == 0, f"reproducible() after a product ({WORKSPACE})", "" if told.returncode == 0 else last)


def captured(log: Log) -> None:
    """Every kind of step, recorded and replayed, against the same step as torch runs it."""
    for name, changes in WAYS.items():
        for kind in KINDS:
            group = Group(replace(TINY, **changes), kind=kind, ks=(1, 3, 5))
            data = load("digits", subset=80, dtype=getattr(torch, group.recipe.dtype), device=log.device)
            _held(log, f"captured against eager: tiny, {name}, {kind}", group, data)


def captured_six(log: Log) -> None:
    """Six members of the paper's networks."""
    for net in ("resnet-8", "resnet-56", "vgg16-bn") if log.gpu else ("resnet-8",):
        data = images(log.device, net, 3)
        _held(log, f"captured against eager: six {net}", Group(Recipe(net=net, batch=len(data.train.labels) // 3), ks=KS), data)


def _held(log: Log, name: str, group: Group, data: Data) -> None:
    start = time.perf_counter()
    result = preflight(group, data, log.device)
    passed = result.exact and result.sentence.startswith("side by side") if log.gpu else None
    log.say(passed, name, f"{result.sentence}; {time.perf_counter() - start:.1f} s")


def lanes(log: Log) -> None:
    """Six members together, each alone, together with a stop in the middle, together again: by the hashes of every epoch."""
    data = load("digits", subset=80, device=log.device)
    together, alone = _whole(log, data, KS), {k: _trails(_whole(log, data, (k,)))[k] for k in KS}
    log.say(_trails(together) == alone, "six lanes against six solo runs", together.attrs["mode"])
    ends = len({trail[-1] for trail in alone.values()})
    log.say(ends == len(KS), "six k, six states", f"{ends} different")
    log.say(_trails(_whole(log, data, KS, stop=1)) == alone, "a resumed run against a straight one")
    log.say(_trails(_whole(log, data, KS)) == alone, "the same run once more")


def _whole(log: Log, data: Data, ks: tuple[int, ...], stop: int | None = None) -> xr.Dataset:
    run = GroupRun(Group(TINY, ks=ks), data, log.device)
    while not run.finished:
        run.advance()
        if run.epoch == stop:
            state, run = run.state(), GroupRun(Group(TINY, ks=ks), data, log.device)
            run.restore(*state)
    return run.results()


def _trails(results: xr.Dataset) -> dict[int, list[str]]:
    return {int(k): results.trail.sel(k=k).values.tolist() for k in results.k}
