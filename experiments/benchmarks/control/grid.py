"""All trainings of a preset, in processes of one thread each."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial

import numpy as np
import torch
import xarray as xr

from experiments.benchmarks.control.cost import affordable, price
from experiments.benchmarks.control.presets import Preset
from experiments.benchmarks.control.rows import ROWS
from experiments.benchmarks.control.training import Job, Outcome, train

BUDGETS = ("steps", "cost")
"""Equal steps, equal cost."""

DIMS = ("setting", "row", "budget", "lr", "seed")
UNITS = {"loss": "nats", "accuracy": "percent", "diverged": "1", "products": "1", "failed": "1"}

Train = Callable[[Job], Outcome]
Places = dict[tuple[int, ...], Job]


def jobs(preset: Preset, number: int, each: float) -> Places:
    """Trainings of a setting, by their place in the table (without the setting).

    Args:
        preset: what is run.
        number: of the setting.
        each: price of a product, in steps.
    """
    setting, places = preset.settings[number], {}
    for r, (name, row) in enumerate(ROWS.items()):
        if row.missing or row.only not in ("", setting.optimizer):
            continue
        lrs = preset.lrs(setting.optimizer, row.factor(setting.optimizer))
        for b, steps in enumerate((preset.steps, affordable(preset.steps, name, each))[: 1 + row.equal]):
            for i, lr in enumerate(lrs[:1] if row.alone else lrs):
                places |= {(r, b, i, s): Job(setting, name, lr, steps, seed) for s, seed in enumerate(preset.seeds)}
    return places


def empty(preset: Preset) -> xr.Dataset:
    """Nothing run yet: NaN."""
    sizes = len(preset.settings), len(ROWS), len(BUDGETS), preset.intervals + 1, len(preset.seeds)
    tables = {name: (DIMS, np.full(sizes, np.nan), {"units": unit}) for name, unit in UNITS.items()}
    of_settings = {"price": ("setting", np.full(sizes[0], np.nan), {"units": "steps"})}
    return xr.Dataset(
        {**tables, "steps": (DIMS[:3], np.full(sizes[:3], np.nan), {"units": "1"}), **of_settings},
        {"setting": [s.name for s in preset.settings], "row": list(ROWS), "budget": list(BUDGETS), "seed": list(preset.seeds)},
    )


def run(
    preset: Preset, device: str, workers: int, report: Callable[[int, int], None], earlier: xr.Dataset | None = None
) -> Iterator[xr.Dataset]:
    """The results so far: before anything is trained, and after every setting.

    Args:
        preset: what is run.
        device: of torch.
        workers: processes.
        report: told trainings done, and all.
        earlier: results of this preset, to go on from.
    """
    results = empty(preset) if earlier is None else earlier
    yield results
    left = [n for n in range(len(preset.settings)) if not finished(results)[n]]
    prices = [price(preset.settings[n], device) for n in left]
    plans = [jobs(preset, n, each) for n, each in zip(left, prices, strict=True)]
    done, total = 0, sum(map(len, plans))
    with pool(workers) as spread:
        for n, plan, each in zip(left, plans, prices, strict=True):
            for (place, job), outcome in zip(
                plan.items(), spread(partial(train, device=device), list(plan.values())), strict=True
            ):
                _put(results, (n, *place), job, outcome)
                done += 1
                report(done, total)
            results.price[n] = each
            yield results


def finished(results: xr.Dataset) -> np.ndarray:
    """(settings,) whether all of it is trained: its price is put down last."""
    return np.isfinite(results.price.values)


def _put(results: xr.Dataset, place: tuple[int, ...], job: Job, outcome: Outcome) -> None:
    for name, value in outcome._asdict().items():
        results[name].values[place] = value
    results.steps.values[place[:3]] = job.steps


@contextmanager
def pool(workers: int) -> Iterator[Callable[[Train, Sequence[Job]], Iterator[Outcome]]]:
    """A map whose results come in order, as they are ready."""
    if workers == 1:
        with _one_thread():
            yield lambda call, given: map(call, given)
        return
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), torch.set_num_threads, (1,)) as spread:
        yield lambda call, given: spread.map(call, given, chunksize=4)


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
