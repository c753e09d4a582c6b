"""What a monitor has seen, on one axis of steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import nan
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import xarray as xr

from derive.files.writing import write_whole
from numerics.common.netcdf import to_bytes
from numerics.monitor.state import plain

Value = float | str | Mapping[Any, float]

UNITS: Mapping[str, tuple[str, str]] = {
    "normalised": ("", "sharpness over the largest stable curvature; 1 is the edge"),
    "bound": ("", "bound on the error of the normalised sharpness"),
    "distance": ("", "1 - normalised sharpness"),
    "mean_square": (
        "",
        "the same in mean square, along the top direction, by the batches after the measurement",
    ),
    "mean_square_low": ("", "lower end of its 95 % interval, of the batches measured on"),
    "mean_square_high": ("", "upper end of it"),
    "coupled": ("", "the same with what batches move out of the direction, as if all modes were as sharp"),
    "coupled_high": ("", "upper end of its 95 % interval"),
    "noise_mean": ("", "mean of the curvature along the top direction over the batches after it; 1 is the noise-free edge"),
    "noise_deviation": ("", "its deviation from batch to batch, of one step's batch"),
    "noise_across": ("", "deviation of the product with that direction at right angles to it: what goes into other modes"),
    "noise_mean_error": ("", "standard error of noise_mean"),
    "noise_deviation_error": ("", "standard error of noise_deviation"),
    "loss": ("", "loss on the data measured on, without weight decay"),
    "size": ("", "norm of the weights"),
    "seconds": ("s", "time that the measurement took"),
    "monitor_seconds": ("s", "time that the monitor has taken so far, between the training's steps"),
    "monitor_share": ("", "part of it in all the time since the first step told"),
    "setup_seconds": ("s", "part of monitor_seconds that is spent once, on deriving the edges"),
    "products": (
        "",
        "Hessian products of the measurement and on the batches after it, in samples of a training batch",
    ),
    "layer_normalised": ("", "normalised sharpness of the layer's own block; never above the network's"),
    "layer_share": ("", "part of the layer in the squared norm of the top mode"),
    "lr": ("", "learning rate when it was measured; in `latest` that of now"),
    "largest_lr": ("", "largest stable learning rate, all groups' scaled together"),
    "largest_lr_mean_square": ("", "largest learning rate that is stable in mean square along the direction"),
    "largest_lr_coupled": ("", "the same with what goes across"),
    "edge": ("1/lr", "largest stable curvature at denominator 1, coupled weight decay counted in"),
    "weight_decay_low": ("", "smallest stable weight decay of the groups that decay"),
    "weight_decay_high": ("", "largest stable weight decay of the groups that decay"),
    "rel_l1": ("", "RelL1 between the weights and those of the shadow trained with the last bits perturbed"),
    "growth_rate": ("1/step", "growth of log RelL1 per step, over the window that ends here; NaN where its interval holds 0"),
    "growth_low": ("1/step", "lower end of its interval"),
    "growth_high": ("1/step", "upper end of its interval"),
    "growth_total": ("", "RelL1 at the end of the window over that at its beginning"),
    "growth_leap": ("", "largest factor between two records of RelL1 in the window"),
    "growth_steps": ("", "steps of the window"),
    "spike_loss": ("", "loss of a step at which it, or the gradient, jumped, over the usual one"),
    "spike_gradient": ("", "norm of the gradient that the optimiser took there, over the usual one"),
    "spike_normalised": ("", "normalised sharpness there, with the weights of before the step, on the usual batch before it"),
    "spike_batch": ("", "number of the step's batch with the greatest loss, in the order in which they were told, from 0"),
}
"""Variable -> (unit, meaning)."""

ACTIONS: Mapping[str, str] = {
    "normalised": "above 1: lower the peak lr, or warm up to it; far below 1: see mean_square where batches are sampled",
    "bound": "if it is as large as the distance from 1, lower tolerance",
    "distance": "the same as 1 - normalised",
    "mean_square": "above 1: lower the peak lr, warm up to it, or take larger batches; far below 1: there is room",
    "mean_square_low": "above 1: beyond the edge for sure",
    "mean_square_high": "if the interval holds 1, more batches (`batches=`) tell",
    "coupled": "the edge of a network is expected between this and mean_square",
    "coupled_high": "below 1: stable",
    "noise_mean": "far below normalised: the batch measured on curves more than others",
    "noise_deviation": "as large as noise_mean: larger batches raise the edge",
    "noise_across": "far above noise_deviation: the two edges lie far apart",
    "noise_mean_error": "pass more batches if it is too large",
    "noise_deviation_error": "pass more batches if it is too large",
    "loss": "compare it with your own: dropout is off, weight decay is not in it",
    "size": "growing threefold without a falling loss: restart with a smaller lr",
    "seconds": "if it is too long, lower budget, or pass chunk",
    "monitor_seconds": "lower budget, shadow=0",
    "monitor_share": "lower budget, shadow=0",
    "setup_seconds": "nothing: it is the same in a long training",
    "products": "what budget counts",
    "layer_normalised": "the greatest is the layer that limits alone: a group of its own with a smaller lr",
    "layer_share": "above a half: that layer limits",
    "lr": "nothing; it is what the others belong to",
    "largest_lr": "stay below it, by a fifth or so: the sharpness moves; where batches are sampled, below the next",
    "largest_lr_mean_square": "stay below it: beyond, even the one direction is not stable",
    "largest_lr_coupled": "below it there is room",
    "edge": "compare it with the sharpness that `numerics.sharpness` measures",
    "weight_decay_low": "above your weight decay: raise that (smallest=True measures it)",
    "weight_decay_high": "below your weight decay: lower that",
    "rel_l1": "read growth; alone it tells how far apart two equal runs are",
    "growth_rate": "above 0: runs that differ by rounding part; average over seeds",
    "growth_low": "with growth_high: NaN in growth_rate where they hold 0",
    "growth_high": "see growth_low",
    "growth_total": "see growth_rate",
    "growth_leap": "if it is nearly growth_total, the divergence is one jump and no rate",
    "growth_steps": "the others belong to so many steps",
    "spike_loss": "read spike and spike_reason",
    "spike_gradient": "clip gradients if this is the cause; look at loss scaling",
    "spike_normalised": "above 1: lower the lr",
    "spike_batch": "look at the data of that batch",
}
"""Variable -> what to do about it."""

DIMS: Mapping[str, str] = {
    "layer_normalised": "layer", "layer_share": "layer", "lr": "group", "largest_lr": "group", "edge": "group",
    "largest_lr_mean_square": "group", "largest_lr_coupled": "group",
}  # fmt: skip
"""Variables that are mappings in a row -> the dimension of their keys."""

TEXTS = (
    "verdict",
    "reason",
    "standing",
    "standing_reason",
    "spike",
    "spike_reason",
    "growth",
    "growth_reason",
    "unresolved",
    "unsettled",
    "no_decay",
)

ADVICE = frozenset({"normalised", "bound", "distance", "largest_lr", "weight_decay_low", "weight_decay_high", "no_decay"})
"""What is no news where the denominators have not settled."""


class Records:
    """Rows by step; what a row lacks is NaN, or empty text.

    Of a long training not all are kept: once there are more than `limit`, every second one of the older half is let go, but for
    the first, those at which something jumped, and those of the extremes of loss and sharpness. So the memory is bounded, and
    the older a stretch is the coarser it is told. The newest values are kept beside the rows.

    Args:
        limit: most rows.

    >>> records = Records(limit=64)
    >>> for step in range(1000):
    ...     records.add(step, {"loss": 1 / (1 + step)})
    >>> len(records) <= 64, [row["step"] for row in records][0], list(records)[-1]["step"]
    (True, 0, 999)
    """

    def __init__(self, limit: int = 4096) -> None:
        self.limit = limit
        self._rows: dict[int, dict[str, Value]] = {}
        self._judged: dict[int, dict[str, Value]] = {}
        self._newest: dict[str, Value] = {}
        self._when: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[dict[str, Value]]:
        """The rows that are kept, in the order of their steps; each has its `step`."""
        return (dict(self._rows[step]) for step in sorted(self._rows))

    def add(self, step: int, row: Mapping[str, Value]) -> None:
        """Put values into the row of a step, beside those that are there; nothing makes no row."""
        if not row:
            return
        self._rows.setdefault(step, {"step": step}).update(row)
        if "loss" in row or "growth" in row:
            self._judged[step] = self._rows[step]
        told = {name: value for name, value in row.items() if not (row.get("unsettled") and name in ADVICE)}
        self._newest.update(told)
        self._when.update(dict.fromkeys(told, step))
        if len(self._rows) > self.limit:
            self._thin()

    def column(self, name: str) -> list[Value]:
        """The values of one variable, where there are any."""
        return [row[name] for row in self._rows.values() if name in row]

    @property
    def judged(self) -> list[dict[str, Value]]:
        """The rows that a verdict rests on: those of a measurement, and those at which a window of the shadow ends."""
        return list(self._judged.values())

    @property
    def basis(self) -> Mapping[str, Value]:
        """The newest measurement that has a verdict; empty if there is none."""
        return next((row for row in reversed(self._judged.values()) if "verdict" in row), {})

    @property
    def until_basis(self) -> list[dict[str, Value]]:
        """The rows that its verdict rests on, itself the last."""
        step = self.basis.get("step", -1)
        return [row for row in self._judged.values() if row["step"] <= step]

    @property
    def newest(self) -> Mapping[str, Value]:
        """The newest value of every variable."""
        return self._newest

    def latest(self, now: int, told: Mapping[str, Value] = MappingProxyType({})) -> dict[str, Any]:
        """The newest value of every variable, and under `steps` and `age` at which step it was measured, and how long ago.

        Args:
            now: steps so far; told as `step`.
            told: values of now, of what changes all the time.
        """
        if not self._newest:
            return {}
        when = {**self._when, **dict.fromkeys(told, now)}
        age = {name: now - step for name, step in when.items()}
        return {**self._newest, **told, "step": now, "steps": when, "age": age}

    def state(self) -> dict[str, Any]:
        """Plain numbers, texts and mappings, to be put back by `restore`."""
        return {"rows": [plain(row) for row in self], "newest": plain(self._newest), "when": dict(self._when)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """As it was."""
        self._rows = {row["step"]: dict(row) for row in state["rows"]}
        self._judged = {step: row for step, row in self._rows.items() if "loss" in row or "growth" in row}
        self._newest, self._when = dict(state["newest"]), dict(state["when"])

    def _thin(self) -> None:
        steps = sorted(self._rows)
        older = steps[: len(steps) // 2]
        basis = int(self.basis.get("step", steps[0]))  # type: ignore[arg-type]
        kept = {steps[0], basis, *(step for step in older if self._rows[step].get("spike")), *self._extremes()}
        gone = [step for step in older if step not in kept][1::2] or older[1::2]
        for step in gone:
            del self._rows[step]
            self._judged.pop(step, None)

    def _extremes(self) -> set[int]:
        """Steps of the greatest sharpness, and of the least and the greatest loss."""
        steps: set[int] = set()
        for name in ("loss", "normalised"):
            known = [step for step, row in self._judged.items() if row.get(name, nan) == row.get(name, nan)]
            if known:
                steps |= {pick(known, key=lambda step: self._judged[step][name]) for pick in (min, max)}
        return steps

    def dataset(self, attributes: Mapping[str, Any]) -> xr.Dataset:
        """All rows, dims step, layer and group."""
        steps = sorted(self._rows)
        rows = [self._rows[step] for step in steps]
        keys = {dim: _keys(dim, rows) for dim in sorted(set(DIMS.values()))}
        variables = {name: self._variable(name, rows, keys) for name in (*UNITS, *TEXTS)}
        return xr.Dataset(variables, {"step": steps, **keys}, dict(attributes))

    def _variable(self, name: str, rows: list[dict[str, Value]], keys: Mapping[str, list[Any]]) -> xr.Variable:
        if name in TEXTS:
            return xr.Variable(("step",), np.array([row.get(name, "") for row in rows], dtype=object).astype(str))
        unit, meaning = UNITS[name]
        labels = {"units": unit, "long_name": meaning}
        if name not in DIMS:
            return xr.Variable(("step",), np.array([row.get(name, np.nan) for row in rows], dtype=float), labels)
        own = keys[DIMS[name]]
        table = [[row.get(name, {}).get(key, np.nan) for key in own] for row in rows]
        return xr.Variable(("step", DIMS[name]), np.array(table, dtype=float).reshape(len(rows), len(own)), labels)


def _keys(dim: str, rows: list[dict[str, Value]]) -> list[Any]:
    """Labels along a dimension, in the order in which they were first seen."""
    names = [name for name in DIMS if DIMS[name] == dim]
    return list(dict.fromkeys(key for row in rows for name in names for key in row.get(name, {})))


def save(results: xr.Dataset, path: str | Path) -> None:
    """Write netCDF, whole or not at all.

    Raises:
        InputError: it cannot be written; what was there is unchanged.
    """
    write_whole(Path(path), to_bytes(results))
