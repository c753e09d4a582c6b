"""The page and the data beside it, written whole or not at all."""

from __future__ import annotations

import io
import json
import math
import warnings
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.figure import Figure

from derive.shown import PARAGRAPH, shown
from experiments.audit.drawing import draw
from experiments.audit.findings import Findings, findings
from experiments.audit.outcome import Outcome
from experiments.audit.places import RECENT, Place, lrs, places
from experiments.audit.session import Session
from experiments.audit.wording import window
from experiments.page.prose import prose
from experiments.running.provenance import provenance
from experiments.running.runner import labelled
from experiments.running.store import EXPERIMENT, MARKER, replacing
from experiments.style import styled
from numerics.common.netcdf import to_bytes

NAME = "audit"
KEPT = ("date", "platform", "device", "python", "version_gradcfl", "version_torch", "version_numpy", "command")


def write(target: str, session: Session, outcome: Outcome, command: str, folder: Path) -> Findings:
    """Write audit.html, audit.nc and the marker into `folder`.

    Args:
        target: as the user named it.
        session: of a training of which something was measured.
        outcome: how it ended.
        command: that made it.
        folder: to write; what it held of ours before is replaced.

    Raises:
        InputError: the folder is not ours, or the disk is full.
    """
    assert session.meter is not None
    data = session.meter.dataset()
    summary = findings(data, outcome, session.peak, "; ".join(session.missing))
    record = {
        "title": f"Audit of {target}",
        "command": command,
        "preset": "none",
        "seeds": "none",
        "caption": summary.sentences[0],
    }
    record |= {"verdict": summary.verdict, "outcome": outcome.kind, "outcome_line": outcome.line, **_cost(session, data)}
    record |= provenance(_device(session))
    with styled(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # of a layer's name, in an alphabet that the font lacks
        picture = svg(draw(data))
    html = page(target, summary, data, session, outcome, record, picture)
    with replacing(folder) as fresh:
        (fresh / f"{NAME}.nc").write_bytes(to_bytes(labelled(data, record).assign_attrs({EXPERIMENT: NAME})))
        (fresh / f"{NAME}.html").write_text(html, encoding="utf-8")
        (fresh / MARKER).write_text(json.dumps({"name": NAME, **record}, indent=2), encoding="utf-8")
    return summary


def page(
    target: str,
    summary: Findings,
    data: xr.Dataset,
    session: Session,
    outcome: Outcome,
    record: Mapping[str, Any],
    picture: str,
) -> str:
    """The page as HTML; whatever comes from the user is escaped."""
    loader = PackageLoader("experiments.page")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {
        "prose": lambda text: prose(shown(text, PARAGRAPH)),
        "shown": shown,
        "capitalize_first": lambda text: text[:1].upper() + text[1:],
    }
    return environment.get_template("audit.html.j2").render(
        target=target, summary=summary, outcome=outcome, picture=picture, gauge=gauge(summary.nearest), noise=noise_gauge(data),
        tiles=_tiles(summary, data), layers=layer_rows(data), groups=group_rows(data), cost=_cost(session, data),
        warnings=_warnings(session, data), settings=_settings(session, data), steps=session.steps,
        record={k: record[k] for k in KEPT}, class_name=summary.verdict.replace(" ", "-"), precision=_precision(summary, data),
    )  # fmt: skip


def svg(figure: Figure) -> str:
    """A figure as the address of an image: its styles cannot meet the page's."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return f"data:image/svg+xml;base64,{b64encode(buffer.getvalue()).decode()}"


def gauge(place: Place | None) -> float:
    """Position of the needle in percent of the scale: 0 to 1 takes two thirds of it, 1 to infinity the rest."""
    return 0.0 if place is None else _position(place.value)


def noise_gauge(data: xr.Dataset) -> tuple[float, float] | None:
    """The same of the newest mean-square sharpness, along the direction and with what goes across, the lower one first."""
    known = [place.noise for place in places(data) if place.noise is not None]
    return (_position(min(known[-1])), _position(max(known[-1]))) if known else None


def _position(value: float) -> float:
    share = max(value, 0.0) * 2 / 3 if value <= 1 else 1 - 1 / (3 * value)
    return round(100 * share, 2)


def layer_rows(data: xr.Dataset) -> list[dict[str, Any]]:
    """A row for every layer, those with most of the top mode first."""
    shares = data.layer_share.dropna("step", how="all").isel(step=slice(-RECENT, None)).mean("step")
    rows = [_layer(name, data.layer_normalised.sel(layer=name), float(shares.sel(layer=name))) for name in data.layer.values]
    return sorted(rows, key=lambda row: (-np.nan_to_num(row["share"]), -np.nan_to_num(row["now"])))


def _layer(name: str, own: xr.DataArray, share: float) -> dict[str, Any]:
    seen = own.dropna("step")
    now, step = (float(seen[-1]), int(seen.step[-1])) if seen.size else (math.nan, None)
    peak = float(seen.max()) if seen.size else math.nan
    return {"name": shown(name), "share": share, "now": now, "step": step, "peak": peak, "count": int(seen.size)}


def group_rows(data: xr.Dataset) -> list[dict[str, str]]:
    """Each group of the optimiser at its newest measurement: lr, largest stable lr, edge in curvature."""
    rows = []
    for group in data.group.values:
        at = data[["lr", "largest_lr", "edge"]].sel(group=group).dropna("step")
        told = {name: number(float(at[name][-1])) if at.step.size else "not known" for name in ("lr", "largest_lr", "edge")}
        rows.append({"group": str(group), "step": str(int(at.step[-1])) if at.step.size else "–", **told})
    return rows


def number(value: float, digits: int = 3) -> str:
    """With so many digits, in words where there is none."""
    if math.isnan(value):
        return "not measured"
    return "no limit" if math.isinf(value) else f"{value:.{digits}g}"


def _tiles(summary: Findings, data: xr.Dataset) -> list[tuple[str, str, str]]:
    """(label, value, remark) of the numbers to act on, each beside the step size it belongs to."""
    return [
        ("Nearest to the edge", *_tile(summary.nearest)),
        ("At the last measurement", *_tile(summary.now)),
        ("In mean square, of 1", *_in_mean_square(data)),
        ("Weight decay, stable up to", *_decays(data)),
        ("Rounding noise", *_noise(data)),
    ]


def _tile(place: Place | None) -> tuple[str, str]:
    if place is None:
        return "not measured", "normalised sharpness; 1 is the edge"
    if place.jump:
        return number(place.value), f"step {place.step}, at the jump of the loss there"
    return number(place.value), f"step {place.step}, lr {lrs(place.lr)}; largest stable lr there {lrs(place.largest)}"


def _in_mean_square(data: xr.Dataset) -> tuple[str, str]:
    """Of the newest measurement that has it."""
    if not data.attrs["sampled"]:
        return "no other edge", "the steps have the same batch"
    known = [(place, place.noise) for place in places(data) if place.noise is not None]
    if not known:
        return "not measured", "sampled batches have an edge of their own"
    place, ends = known[-1]
    told = f"step {place.step}, lr {lrs(place.lr)}; along the direction, and with what goes across"
    return f"{number(ends[0])} to {number(ends[1])}", told


def _noise(data: xr.Dataset) -> tuple[str, str]:
    """The newest window of the shadow: by its rate where the data give one, else in all."""
    ends = np.flatnonzero(data.growth.values != "")
    if not len(ends):
        return "not measured", "growth of a last-bit difference"
    newest, kind = window(data, int(ends[-1])), str(data.growth.values[ends[-1]])
    where = f"in the {float(newest['growth_steps']):.0f} steps up to {int(data.step[ends[-1]])}"
    rate, total = float(newest["growth_rate"]), float(newest["growth_total"])
    much = f"{rate:+.2g} per step" if math.isfinite(rate) else f"{total:.2g} times" if math.isfinite(total) else "no number"
    return kind, f"{much} {where}"


def _decays(data: xr.Dataset) -> tuple[str, str]:
    """Upper end of the stable weight decays at the newest measurement, and a remark on the lower one."""
    at = data[["weight_decay_low", "weight_decay_high", "no_decay"]].isel(step=np.flatnonzero(data.normalised.notnull()))
    if not at.step.size:
        return "not measured", ""
    newest = at.isel(step=-1)
    if str(newest.no_decay.values):
        return "none", f"at the step size of step {int(newest.step)}"
    low, high = float(newest.weight_decay_low), float(newest.weight_decay_high)
    lower = "lower end: --smallest" if math.isnan(low) else f"from {number(low)}"
    return number(high), f"{lower}; step {int(newest.step)}"


def _cost(session: Session, data: xr.Dataset) -> dict[str, Any]:
    share = session.spent / session.lasted if session.lasted > 0 else math.nan
    return {
        "products": round(float(data.products.sum()), 1),
        "measurements": int(data.normalised.notnull().sum()),
        "audit_seconds": round(session.spent, 2),
        "seconds": round(session.lasted, 2),
        "share_of_time": round(share, 3),
    }


def _settings(session: Session, data: xr.Dataset) -> dict[str, str]:
    model = session.meter.model if session.meter else None
    size = sum(p.numel() for p in model.parameters()) if model is not None else 0
    kind = {str(p.dtype).removeprefix("torch.") for p in model.parameters()} if model is not None else set()
    told = {k: str(v) for k, v in data.attrs.items() if k not in ("remarks", "optimizers", "measured_on", "verdict", "reason")}
    return {
        "model": f"{type(model).__name__}, {size:,} parameters, {', '.join(sorted(kind))}",
        "optimiser": str(data.attrs["optimizers"]),
        "measured on": str(data.attrs["measured_on"]),
        "steps": str(session.steps),
        **told,
    }


def _warnings(session: Session, data: xr.Dataset) -> list[str]:
    remarks = [str(data.attrs["remarks"])] if data.attrs["remarks"] else []
    if data.attrs["sampled"]:
        remarks.append(
            "batches are sampled: the noise-free edge is then no promise, under momentum by a factor of ten and more; the "
            "mean-square edge is that of one direction over a few batches, told as two numbers between which it is expected: "
            "along the direction alone, and with what batches move out of it; so look at the loss too"
        )
    if data.attrs["measured_on"] != "a fixed probe":
        remarks.append(
            "measured on mini-batches, unless yours is the full batch: their sharpness is on average larger than that of all "
            "data; audit(..., probe=(inputs, targets)) measures on a fixed large batch"
        )
    return [*remarks, *session.notes]


def _precision(summary: Findings, data: xr.Dataset) -> list[str]:
    at = data[["normalised", "bound"]].dropna("step")
    relative = float((at.bound / abs(at.normalised)).median()) if at.step.size else math.nan
    missed = int((at.bound > 2 * data.attrs["tolerance"] * abs(at.normalised)).sum())
    tolerance = f"{100 * data.attrs['tolerance']:g} %"
    count = min(RECENT, len(places(data)))
    between = f"between {number(summary.low)} and {number(summary.high)}"
    newest = f"the newest {count}, at the last one's step size, which lie {between}"
    return [
        f"Normalised sharpness: each measurement within {100 * relative:.1g} % (median of the bounds; {tolerance} asked; "
        f"{missed} of {at.step.size} missed twice that). What is told of the last measurement is the median of {newest}.",
        "Largest stable lr: from the top mode alone; exact for one group without decoupled decay, at frozen curvature; "
        "otherwise to first order. The curvature changes with the lr: it is where those weights would turn unstable.",
        "Last-bit divergence: slope of log RelL1, 95 % interval; its phase is chosen by the same data, uncounted. Where the "
        "interval holds 0 there is no rate, and what it came to is told.",
    ]


def _device(session: Session) -> str:
    first = next(session.meter.model.parameters(), None) if session.meter else None
    return "cpu" if first is None or first.device.type != "cuda" else f"cuda:{first.device.index or 0}"
