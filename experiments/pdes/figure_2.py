"""Beltrami flow at multiples of its worst-case stable step: verdicts, residual oscillations, and when it blows up.

Source: Eq 4, Fig 2. The paper's image, lambda and epsilon are lost; those here are chosen (`beltrami_setting`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from experiments.pdes.beltrami_phases import PhaseConfig, phases
from experiments.pdes.beltrami_setting import BeltramiSetting, critical_product
from experiments.pdes.figure_2_drawing import render
from experiments.running.progress import Report, part
from numerics.pdes.residual import Residual, residual
from numerics.pdes.simulate import simulate
from numerics.pdes.verdict import motion_observers, verdict

__all__ = ["PRESETS", "TITLE", "Config", "caption", "compute", "render"]

TITLE = "Beltrami flow: restrained and unstable steps"
LINE = 200
"""Multiples at which the derived amplitude is drawn."""
GRIDS = {1: ("x",), 2: ("row", "column")}


@dataclass(frozen=True)
class Config:
    """The setting, multiples of the worst-case stable step, and lengths of the runs in one and two dimensions.

    `lag` further iterations lie between the two states compared; blow-ups are drawn after `shown` iterations. The sweep has
    `sweep` multiples from the worst-case step to just below the blow-up.
    """

    setting: BeltramiSetting = field(default_factory=BeltramiSetting)
    multiples: tuple[float, ...] = (1.0, 10.0, 100.0, 1000.0)
    iterations: tuple[int, int] = (20_000, 8_000)
    lag: int = 2000
    shown: int = 4
    sweep: int = 24
    sweep_iterations: tuple[int, int] = (4000, 4000)
    phases: PhaseConfig = field(default_factory=PhaseConfig)


PRESETS = {
    "smoke": Config(
        BeltramiSetting(points=48, side=16, epsilon=0.02), iterations=(1500, 1500), lag=200, sweep=6,
        sweep_iterations=(400, 300),
        phases=PhaseConfig(points=24, products=(0.01, 0.3, 4), multiples=(0.7, 2000, 8), decay=6),
    ),
    "default": Config(),
    "paper": Config(
        iterations=(40_000, 20_000), sweep=40, sweep_iterations=(20_000, 6000),
        phases=PhaseConfig(products=(1e-3, 1.0, 31), multiples=(0.7, 3000, 64)),
    ),
}  # fmt: skip


def compute(config: Config, device: str, report: Report) -> xr.Dataset:
    """Runs in one and two dimensions, a sweep over multiples in each, and the plane of multiple and lambda epsilon."""
    data: dict[str, Any] = {}
    per_dims = [_runs(config, dims, device, data, part(report, dims - 1, 3)) for dims in (1, 2)]
    for name, unit in _MEASURED.items():
        data[name] = (("dims", "multiple"), np.array([states[name] for states in per_dims]), {"units": unit})
    data["verdict"] = (("dims", "multiple"), np.array([states["verdict"] for states in per_dims]))
    states = phases(config.setting, config.phases, device, part(report, 2, 3))
    setting = config.setting
    attributes = {
        "fidelity": setting.fidelity, "epsilon": setting.epsilon, "noise": setting.noise, "seeds": setting.seed,
        "lag": config.lag, "shown": config.shown, "iterations": list(config.iterations),
        "blowup_multiple": [setting.blowup_multiple(dims) for dims in (1, 2)],
        "worst_step": [setting.worst_step(dims) for dims in (1, 2)],
        "product_restrained": critical_product(config.multiples[-2]), "product_blowup": critical_product(config.multiples[-1]),
    }  # fmt: skip
    coordinates = {"dims": [1, 2], "multiple": ("multiple", list(config.multiples), {"units": "1"})}
    return xr.Dataset(data, coordinates, attributes).merge(states)


_MEASURED = {
    "amplitude": "image", "derived": "image", "change": "1", "recurrence_even": "1", "recurrence_odd": "1", "bias": "image",
}  # fmt: skip


def _runs(config: Config, dims: int, device: str, data: dict[str, Any], report: Report) -> dict[str, list]:
    """The runs at `multiples`: states into `data`; verdicts and measurements, one per multiple."""
    setting = config.setting
    flow, image = setting.flow(dims, device), setting.image(dims, device)
    lrs = _steps(setting, config.multiples, dims, device)
    start = image.expand(len(config.multiples), *image.shape)
    steps = config.iterations[dims - 1]
    path = simulate(flow, start, lrs, steps, observe=motion_observers(dims), progress=part(report, 0, 2))
    rest = residual(flow, path.final, lrs, dims, config.lag)
    states = {
        "f": image, "minimiser": path.final[0], "converged": rest.before[0], "continued": rest.after[1],
        "early": simulate(flow, start, lrs, config.shown).final,
    }  # fmt: skip
    for name, state in states.items():
        grid = tuple(f"{axis}_{dims}d" for axis in GRIDS[dims])
        batch = ("multiple",) if state.ndim > dims else ()
        data[f"{name}_{dims}d"] = ((*batch, *grid), state.cpu().numpy(), {"units": "image"})
    _sweep(config, dims, device, data, part(report, 1, 2))
    derived = [setting.residual(dims, m) for m in config.multiples]
    return _measured(rest, path.final[0]) | {"verdict": verdict(path.records).tolist(), "derived": derived}


def _measured(rest: Residual, minimiser: Tensor) -> dict[str, list]:
    """Amplitude of the oscillation, its change, whether the pattern recurs, and how far its mean is from the minimiser."""
    bias = (rest.before.mean(0) - minimiser).square().flatten(-rest.dims).mean(-1).sqrt()
    columns = {
        "amplitude": rest.amplitude(rest.before), "change": rest.change(), "bias": bias,
        "recurrence_even": rest.recurrence(0), "recurrence_odd": rest.recurrence(1),
    }  # fmt: skip
    return {name: value.cpu().tolist() for name, value in columns.items()}


def _sweep(config: Config, dims: int, device: str, data: dict[str, Any], report: Report) -> None:
    """Amplitude against the multiple, measured and derived."""
    setting = config.setting
    most = 0.99 * setting.blowup_multiple(dims)
    multiples, fine = np.geomspace(1, most, config.sweep), np.geomspace(1, most, LINE)
    flow, image = setting.flow(dims, device), setting.image(dims, device)
    lrs = _steps(setting, multiples, dims, device)
    steps = config.sweep_iterations[dims - 1]
    final = simulate(flow, image.expand(len(multiples), *image.shape), lrs, steps, progress=report).final
    rest = residual(flow, final, lrs, dims, 64)
    axis = f"sweep_{dims}d"
    data[f"sweep_multiple_{dims}d"] = ((axis,), multiples, {"units": "1"})
    data[f"sweep_amplitude_{dims}d"] = ((axis,), rest.amplitude(rest.before).cpu().numpy(), {"units": "image"})
    derived = np.array([setting.residual(dims, float(m)) for m in fine])
    data[f"line_multiple_{dims}d"] = ((f"line_{dims}d",), fine, {"units": "1"})
    data[f"line_derived_{dims}d"] = ((f"line_{dims}d",), derived, {"units": "image"})


def _steps(setting: BeltramiSetting, multiples: Any, dims: int, device: str) -> Tensor:
    lrs = torch.as_tensor(np.asarray(multiples) * setting.worst_step(dims), device=device)
    return lrs.reshape(-1, *[1] * dims)


def caption(results: xr.Dataset) -> str:
    """Settings, verdicts, residual oscillations, whether the pattern changes, and where the printed sequence can hold."""
    at, (restrained, unstable) = results.attrs, results.multiple.values[-2:]
    held = float((results.simulated == results.predicted).mean())
    return (
        f"Beltrami flow, lambda = {at['fidelity']:g}, epsilon = {at['epsilon']:g}, dx = 1, noise {at['noise']:g}, seed "
        f"{at['seeds']}, float64 (the paper's values are lost). {_verdicts(results, 1)} {_verdicts(results, 2)} Brackets: "
        "amplitude of the residual oscillation, the one derived for flat ground, its ratio after to before "
        f"{at['lag']} further iterations, correlation of its pattern with that {at['lag']} and {at['lag'] + 1} iterations "
        "later. The fidelity term alone decides on the blow-up, at 2/lambda: "
        f"{at['blowup_multiple'][0]:g} and {at['blowup_multiple'][1]:g} times the worst-case step in one and two dimensions. "
        f"So {restrained:g}x can be restrained and {unstable:g}x blow up only if lambda epsilon dx^2 lies between "
        f"{at['product_blowup']:.4f} and {at['product_restrained']:.4f} (one dimension; twice that in two). In the plane "
        f"theory and {results.simulated.size} simulations agree on {held:.1%}."
    )


def _verdicts(results: xr.Dataset, dims: int) -> str:
    """Verdict at every multiple; of the restrained ones, what was measured."""
    texts = []
    for m in results.multiple.values:
        one = results.sel(dims=dims, multiple=m)
        text = f"{m:g}x {one.verdict.item()}"
        if one.verdict.item() == "restrained":
            numbers = (one.amplitude.item(), one.derived.item(), one.change.item())
            again = f"{one.recurrence_even.item():.2f} and {one.recurrence_odd.item():.2f}"
            text += f" ({', '.join(f'{number:.2g}' for number in numbers)}, {again})"
        texts.append(text)
    return f"{dims}-D: {', '.join(texts)}."
