"""Run an experiment by name and put its results in the store."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import xarray as xr

from derive.errors import InputError, choose
from derive.files.sources import state
from experiments import registry
from experiments.running.leaves import located
from experiments.running.means import Means
from experiments.running.paper_data import PAPER, check_data, named
from experiments.running.progress import Report, bar
from experiments.running.provenance import checked_device, provenance
from experiments.running.store import check_writable, save
from experiments.style import styled
from numerics.training.recipe import Group


def run_experiment(
    name: str, preset: str, out: Path, command: str, means: Means, report: Report | None = None, form: str = "paper"
) -> str:
    """Compute, draw and save an experiment; returns what to tell the user. Shows a bar, unless told whom to report to.

    Raises:
        InputError: unknown name, preset, form or device, the folder cannot be written, the means are not there, or the data of
            the preset `paper`.
    """
    module, setting = registry.experiment(name), configured(name, preset, form)
    if preset == PAPER:
        check_data(name, module, setting, means)
    return run_config(name, module, preset, located(setting, means.data_dir), out, command, means, report)


def configured(name: str, preset: str, form: str) -> Any:
    """The setting of an experiment by the name of its preset, in one of the `registry.FORMS`.

    Raises:
        InputError: unknown, or a form of what has but one.
    """
    config = choose("preset", preset, registry.experiment(name).PRESETS)
    choose("form", form, dict.fromkeys(registry.FORMS))
    if form == registry.FORMS[0]:
        return config
    if not hasattr(config, "form"):
        raise InputError(f"{name}: no training of Section 4, so --form has no use; leave it out")
    return replace(config, form=form)


def run_config(
    name: str, experiment: Any, preset: str, config: Any, out: Path, command: str, means: Means, report: Report | None = None
) -> str:
    """As `run_experiment`, with any setting: `experiment` is an experiment, `preset` what the record calls the setting."""
    state()  # the commit of what runs now, before somebody edits it
    check_writable(out / name)  # before the work, not after it
    started = time.perf_counter()
    with bar(name) if report is None else nullcontext(report) as tell:
        results, origin = _computed(experiment, config, means, tell)
    record = {"preset": preset, "config": asdict(config), "seconds": round(time.perf_counter() - started, 1)}
    record |= {
        "seeds": results.attrs["seeds"],
        "command": command,
        "caption": experiment.caption(results),
        "title": experiment.TITLE,
        **origin,
        **_data(config),
    }
    with styled():
        save(labelled(results, record), experiment.render(results), name, record, out / name)
    return f"{record['caption']}\nwrote {out / name} in {record['seconds']} s"


def _computed(experiment: Any, config: Any, means: Means, report: Report) -> tuple[xr.Dataset, dict[str, Any]]:
    """The results, and where they come from."""
    if not registry.trains(experiment):
        where = checked_device(means.device)
        return experiment.compute(config, where, report), provenance(where)
    from experiments.running.sweep import sweep  # a second to import, for those who train

    groups = experiment.groups(config)
    runs = sweep(groups, means, report)
    return experiment.collect(config, runs), provenance("cpu") | _origin(groups, runs, means)


def _data(config: Any) -> dict[str, Any]:
    """SHA-256 of the data sets that a setting names."""
    from numerics.datasets.digest import data_sha256  # those who read none do not wait for it

    names = list(dict.fromkeys(named(config)))
    return {"data_sha256": {name: data_sha256(name) for name in names}} if names else {}


def _origin(groups: Sequence[Group], runs: Sequence[xr.Dataset], means: Means) -> dict[str, Any]:
    """On what members were trained, maybe elsewhere and long ago; from which data and seeds; by how many workers."""
    recipes, hardware = [group.recipe for group in groups], [run.attrs["hardware"] for run in runs]
    return {
        "device": "; ".join(dict.fromkeys(hardware)) + "; one thread for each training run on a CPU",
        "data": ", ".join(dict.fromkeys(f"{r.data}, first {r.subset}" if r.subset else r.data for r in recipes)),
        "training_seeds": [asdict(seeds) for seeds in dict.fromkeys(group.seeds for group in groups)],
        "workers": means.scheduler or means.workers or "this process",
    }


def labelled(results: xr.Dataset, record: dict[str, Any]) -> xr.Dataset:
    """The dataset with its record as attributes, so that a file found alone still says what it is."""
    added = {key: v if isinstance(v, str) else json.dumps(v) for key, v in record.items() if key not in results.attrs}
    return results.assign_attrs(added)
