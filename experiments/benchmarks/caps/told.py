"""What the trainings say of each cap, by the rule of this package: its worst case, and how the caps compare."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from experiments.benchmarks.caps.setting import CAPS
from numerics.control.unit import limit
from numerics.statistics import paired_difference

TODAY = "by rows"
"""c by the rows of a step, as `numerics.control.unit` has it."""


def ratios(results: xr.Dataset) -> xr.DataArray:
    """(setting, cap, too_large, seed) decades of the loss over that of the best fixed step size; c by rows is one more cap."""
    decades = np.log10(results.loss) - np.log10(results.fixed).mean("seed").min("rate")
    rows = xr.DataArray([f"c = {limit(int(batch)):g}" for batch in results.batch.values], dims="setting")
    ruled = decades.sel(cap=rows).drop_vars("cap")
    ruled = ruled.expand_dims(cap=[TODAY]).transpose(*decades.dims)
    return xr.concat([decades, ruled], "cap", coords="minimal", compat="override")


def worst(decades: xr.DataArray) -> xr.DataArray:
    """(cap,) the largest mean over seeds, over settings and step sizes."""
    return decades.mean("seed").max(("setting", "too_large"))


def chosen(results: xr.Dataset) -> tuple[str, str]:
    """The cap that the rule takes, and why, in words."""
    decades = ratios(results)
    least = str(worst(decades).idxmin("cap").values)
    if least == TODAY:
        return TODAY, "what is the default has the least worst case"
    each = decades.max(("setting", "too_large"))
    difference = paired_difference(each.sel(cap=least).values, each.sel(cap=TODAY).values)
    words = f"decades of the worst case of {least} less that of c {TODAY}, seed by seed, {difference.sentence}"
    return (least if difference.high < 0 else TODAY), words


def rows(results: xr.Dataset) -> Iterator[tuple[str, ...]]:
    """Each cap by the rows of a step, worst case (mean), the least worst one bold: the head, then a row for each batch size."""
    decades = ratios(results)
    yield "rows a step", *map(named, CAPS)
    for batch, part in [*decades.groupby(results.batch), ("all", decades)]:
        least = str(worst(part.sel(cap=list(CAPS))).idxmin("cap").values)
        yield str(batch), *(_cell(part.sel(cap=cap).mean("seed"), cap == least) for cap in CAPS)
    counts = (results.diverged.sel(cap=cap) for cap in CAPS)
    yield "diverged", *(f"{int(one.sum())} of {one.size}" for one in counts)
    yield "products of a training", *(f"{float(results.products.sel(cap=cap).mean()):.0f}" for cap in CAPS)


def _cell(means: xr.DataArray, least: bool) -> str:
    highest, mean = (f"{float(f'{10 ** float(value):.2g}'):g}" for value in (means.max(), means.mean()))
    return f"{f'**{highest}**' if least else highest} ({mean})"


def sentences(results: xr.Dataset) -> str:
    """Each cap in words."""
    decades = ratios(results)
    return "; ".join(_cap(results, decades.sel(cap=cap), cap) for cap in (*CAPS, TODAY))


def _cap(results: xr.Dataset, decades: xr.DataArray, cap: str) -> str:
    means = decades.mean("seed")
    where = means.where(means == means.max(), drop=True)
    at = f"{where.setting.values[0]}, {where.too_large.values[0]} times the best"
    count = (
        "" if cap == TODAY else f", {int(results.diverged.sel(cap=cap).sum())} of {results.diverged.sel(cap=cap).size} diverged"
    )
    by_batch = ", ".join(
        f"{10 ** float(part.max()):.2g} ({10 ** float(part.mean()):.2g}) at {batch}"
        for batch, part in means.groupby(results.batch)
    )
    return f"{named(cap)} {10 ** float(means.max()):.3g} ({at}), mean {10 ** float(means.mean()):.3g}, {by_batch}{count}"


def named(cap: str) -> str:
    """In words."""
    return f"c {cap}" if cap == TODAY else cap if cap.startswith("c") else f"{cap} of the mean-square edge"
