"""Where on its way a training is looked at: a normalised sharpness beside the step and the step size that it belongs to.

The normalised sharpness goes like the step size, so neither it nor the largest stable step size means anything beside
the step size of another step.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from numerics.monitor.verdict import Verdict, verdict

RECENT = 5
"""Measurements at the end whose median is the state now; one batch's number is chance."""

NEAR = 0.8
"""Share of the peak step size from which a measurement is one of the peak."""


@dataclass(frozen=True)
class Place:
    """A measurement, or what the newest ones say of the last step of these.

    Attributes:
        step: of the optimiser.
        value: normalised sharpness there.
        lr: of each group there.
        noise: mean-square sharpness along the direction, and with what goes across; none where it was not measured.
        jump: whether it was measured at a jump, before whose step, on the batch before.
    """

    step: int
    value: float
    lr: Mapping[int, float]
    noise: tuple[float, float] | None = None
    jump: bool = False

    @property
    def largest(self) -> dict[int, float]:
        """Largest stable lr of each group there, all scaled together; infinite where no lr makes the curvature unstable."""
        return {g: lr / self.value if self.value > 0 else math.inf for g, lr in self.lr.items()}

    @property
    def sentence(self) -> str:
        """In words."""
        if self.jump:
            return f"{brief(self.value)} of it at step {self.step}, by the jump there"
        where = f"{brief(self.value)} of it at step {self.step}, with lr {lrs(self.lr)}"
        if not self.value > 0:
            return f"{where} (the curvature found is not positive: no step size makes it unstable)"
        return f"{where} where {lrs(self.largest)} is the largest stable one"


def places(data: xr.Dataset) -> list[Place]:
    """Every measurement that counts, in order; those of denominators that have not settled do not."""
    kept = np.flatnonzero(data.normalised.notnull().values & (data.unsettled.values == ""))
    return [_place(data.isel(step=int(at))) for at in kept]


def _place(at: xr.Dataset) -> Place:
    known = {int(g): float(lr) for g, lr in zip(at.group.values, at.lr.values, strict=True) if math.isfinite(lr)}
    noise = (float(at.mean_square), float(at.coupled))
    return Place(int(at.step), float(at.normalised), known, noise if all(map(math.isfinite, noise)) else None)


def at_jumps(data: xr.Dataset) -> list[Place]:
    """What was measured where the loss jumped: the step size there is not recorded."""
    return [Place(int(at.step), float(at), {}, jump=True) for at in data.spike_normalised.dropna("step")]


def nearest(seen: list[Place]) -> Place | None:
    """Where the training came nearest to its edge, or went furthest beyond."""
    return max(seen, key=lambda place: place.value, default=None)


def around(seen: list[Place], peak: Mapping[int, float]) -> list[Place]:
    """The measurements at `NEAR` of the peak step size and more, as they would be at the peak itself.

    Args:
        seen: all of them.
        peak: greatest lr of each group.
    """
    near = [(place, _ratio(peak, place.lr)) for place in seen if any(place.lr.values())]
    return [_at(place, up, dict(peak)) for place, up in near if up <= 1 / NEAR]


def _at(place: Place, times: float, lr: Mapping[int, float]) -> Place:
    """The place at so many times its step size; a decoupled decay left out."""
    noise = None if place.noise is None else (times * place.noise[0], times * place.noise[1])
    return Place(place.step, times * place.value, lr, noise)


def last(seen: list[Place]) -> tuple[Place, float, float] | None:
    """The state now, with the least and greatest of the newest measurements, all at the newest one's step size."""
    if not seen:
        return None
    now = seen[-1]
    values = [place.value * _ratio(now.lr, place.lr) for place in seen[-RECENT:]]
    return Place(now.step, float(np.median(values)), now.lr), min(values), max(values)


def _ratio(now: Mapping[int, float], then: Mapping[int, float]) -> float:
    """By how much the step sizes have been scaled since."""
    known = [now[g] / then[g] for g in now if then.get(g)]
    return max(known, default=1.0)


def state(data: xr.Dataset, value: float) -> Verdict:
    """The monitor's verdict of the whole record, with `value` for the sharpness now.

    Args:
        data: as `StabilityMonitor.dataset`.
        value: normalised sharpness now.
    """
    rows = [_row(data.isel(step=i)) for i in range(data.sizes["step"])]
    rows = [row for row in rows if "loss" in row or "growth" in row]
    measured = [i for i, row in enumerate(rows) if "normalised" in row]
    if not measured:
        return Verdict("not measured", "")
    kept = rows[: measured[-1] + 1]
    finite = math.isfinite(kept[-1]["normalised"])
    kept[-1] = {**kept[-1], "normalised": value if finite else math.nan}
    return verdict(kept, bool(data.attrs["sampled"]), bool(data.attrs["ascends"]))


def _row(at: xr.Dataset) -> dict[str, Any]:
    """As the monitor recorded it, as far as a verdict needs it."""
    row: dict[str, Any] = {"step": int(at.step)}
    told = bool(str(at.verdict.values))
    for name in ("loss", "size"):
        if told or math.isfinite(at[name]):
            row[name] = float(at[name])
    if told:
        row |= {"normalised": float(at.normalised)}
        largest = {int(g): float(v) for g, v in zip(at.group.values, at.largest_lr.values, strict=True) if not math.isnan(v)}
        row |= {"largest_lr": largest} if largest else {}
        noisy = ("mean_square", "mean_square_low", "mean_square_high", "coupled", "coupled_high")
        row |= {name: float(at[name]) for name in noisy if not math.isnan(at[name])}
    if str(at.growth.values):
        row |= {"growth": str(at.growth.values), "growth_reason": str(at.growth_reason.values)}
        row["growth_steps"] = float(at.growth_steps)
    return row


def lrs(values: Mapping[int, float]) -> str:
    """Step sizes of all groups."""
    if len(values) == 1:
        return _short(next(iter(values.values())))
    return ", ".join(f"{_short(lr)} (group {group})" for group, lr in values.items())


def _short(value: float) -> str:
    return "no limit" if math.isinf(value) else f"{value:.3g}"


def brief(value: float) -> str:
    """Two digits, and no powers of ten up to a million."""
    return f"{value:.0f}" if 100 <= abs(value) < 1e6 else f"{value:.2g}"
