"""Largest stable step size of one and two layers with weight decay: by training, from the Hessian, and layer by layer.

The paper's weight decay and beta are lost. With 0.02, 2/alpha = 100 lies just above the interval printed for one layer.

Source: Fig 9; Thm 5.7 and the text around Eq 25 for the layer-wise bound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
import xarray as xr
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn.functional import cross_entropy

from derive.errors import InputError
from experiments import style
from experiments.edges.full_batch import FullBatch, edge
from experiments.edges.full_batch_drawing import active, images
from experiments.running.progress import Report, part
from numerics.common.bracketing import bisect
from numerics.common.determinism import reproducible
from numerics.layerwise.average import layer_steps
from numerics.pdes.descent import Descent
from numerics.pdes.flow_sharpness import flow_sharpness
from numerics.pdes.simulate import simulate
from numerics.pdes.verdict import NAMES, STABLE, motion_observers, verdict_codes

TITLE = "One and two layers with weight decay: largest stable step size"
DATA = "mnist"
"""The paper's."""
NETS = ("chain-1", "chain-2")
SETTLED = 1e-9
"""Of the weights' size: what the force may be where they count as at rest."""

MARKS = (
    ("edge by training", style.BLACK, "-"),
    ("2/sharpness at the minimum", style.GREEN, "--"),
    ("layer by layer (Thm 5.7)", style.PURPLE, ":"),
)


@dataclass(frozen=True)
class Config:
    """Networks, data and decay; step sizes scanned; what the edge is bracketed to; steps down to rest."""

    runs: FullBatch
    rtol: float = 0.02
    rest: int = 6000


DEFAULT = Config(FullBatch(NETS, (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0), classes=(0, 1), alpha=0.02, steps=1000))
PRESETS = {
    "smoke": Config(replace(DEFAULT.runs, lrs=(2.0, 20.0), subset=30, steps=120), rtol=0.3, rest=1200),
    "default": DEFAULT,
    "paper": Config(replace(DEFAULT.runs, data=DATA, lrs=tuple(range(10, 111, 10)))),
}


def compute(config: Config, device: str, report: Report) -> xr.Dataset:
    """Verdicts of the scan, the edge by bisection from the start, and the two predictions at the minimum."""
    runs, nets = config.runs, len(config.runs.nets)
    data = runs.images(device)
    networks = [_network(config, net, data, device, part(report, i, nets)) for i, net in enumerate(runs.nets)]
    codes, bracket, hessian, layers = zip(*networks, strict=True)
    depth = max(map(len, layers))
    padded = np.array([[*steps, *[np.nan] * (depth - len(steps))] for steps in layers])
    return xr.Dataset(
        {
            "verdict": (("net", "lr"), np.array(NAMES)[np.stack(codes)]),
            "trained": (("net", "bracket"), np.array(bracket), {"units": "time"}),
            "from_hessian": (("net",), np.array(hessian), {"units": "time"}),
            "by_layer": (("net", "layer"), padded, {"units": "time"}),
        },
        {"net": list(runs.nets), "lr": list(runs.lrs), "bracket": ["low", "high"], "layer": np.arange(1, depth + 1)},
        {"data": data.name, "images": len(data.train.labels), "seeds": runs.seed, "alpha": runs.alpha, "beta": runs.beta,
         "dtype": runs.dtype, "steps": runs.steps},
    )  # fmt: skip


@reproducible()
def _network(config: Config, net: str, data, device: str, report: Report):
    """(verdict codes of the scan, bracket of the edge, 2/sharpness at rest, layer-wise bounds there)."""
    runs, trained = config.runs, config.runs.descent(net, data, device)
    codes = _codes(trained, torch.tensor(runs.lrs, dtype=torch.float64), runs.steps)
    report(1, 4)
    stable = [lr for lr, code in zip(runs.lrs, codes, strict=True) if code == STABLE]
    low = max(stable[: _first_lost(codes.tolist())], default=min(runs.lrs) / 10)
    high = min((lr for lr in runs.lrs if lr > low), default=2 / runs.alpha)
    bracket = bisect(lambda lrs: _codes(trained, lrs, runs.steps) != STABLE, low, high, config.rtol)
    report(2, 4)
    rest = _rest(trained, bracket.low / 2, config.rest)
    hessian = edge() / float(flow_sharpness(trained.flow, rest, dims=1))
    report(3, 4)
    model = runs.model(net, data, device)
    with torch.no_grad():
        for kernel, at_rest in zip(model.parameters(), rest.reshape(-1, 1, 1, 3, 3), strict=True):
            kernel.copy_(at_rest)
    return codes.numpy(), bracket, hessian, layer_steps(model, cross_entropy, data.train, runs.alpha, runs.beta)


def _first_lost(codes: list[int]) -> int:
    """How many runs from the smallest step size on are stable, without a gap."""
    return next((n for n, code in enumerate(codes) if code != STABLE), len(codes))


def _codes(descent: Descent, lrs: Tensor, steps: int) -> Tensor:
    start = descent.start.expand(len(lrs), -1)
    path = simulate(descent.flow, start, lrs.to(start)[:, None], steps, observe=motion_observers(1))
    return verdict_codes(path.records).cpu()


def _rest(descent: Descent, lr: float, steps: int) -> Tensor:
    """The minimum that small steps lead to."""
    rest = simulate(descent.flow, descent.start, lr, steps).final
    force = float(descent.flow(rest).norm())
    if not force < SETTLED * float(rest.norm()):
        raise InputError(f"expected the weights at rest after {steps} steps of {lr:g}, got a force of {force:.1e}; take more")
    return rest


def render(results: xr.Dataset) -> Figure:
    """Verdict of every run over the step size, with the edge by training and the two predictions, a row per network."""
    figure, (ax,) = style.panels(1, height=2.6)
    for row, net in enumerate(results.net.values):
        at = results.sel(net=net)
        for kind, marker in style.VERDICT_MARKERS.items():
            lrs = at.lr.values[at.verdict.values == kind]
            ax.plot(
                lrs,
                np.full(len(lrs), row),
                marker,
                color=style.VERDICT_COLOURS[kind],
                label=kind if row == 0 else None,
                ls="none",
            )
        for (label, colour, dashes), value in zip(MARKS, _values(at), strict=True):
            ax.plot([value] * 2, [row - 0.35, row + 0.35], dashes, color=colour, label=label if row == 0 else None)
    ax.set(xscale="log", xlabel="step size (time)", ylim=(-0.6, results.net.size + 0.4))
    ax.set(yticks=range(results.net.size), yticklabels=results.net.values)
    ax.legend(ncols=3, loc="upper center")
    return figure


def caption(results: xr.Dataset) -> str:
    """The three determinations for every network."""
    at = results.attrs
    told = "; ".join(_determined(results.sel(net=net)) for net in results.net.values)
    return (
        f"Chains of one and two layers, one channel, 3x3 kernels, {active(results)}, {images(results, DATA)}, full batch, "
        f"weight decay {at['alpha']:g} (chosen: the paper's is lost), {at['steps']} steps, seed "
        f"{at['seeds']}, {at['dtype']}. Largest stable step size: {told}."
    )


def _determined(at: xr.Dataset) -> str:
    low, high = at.trained.values
    layers = ", ".join(f"{value:.4g}" for value in at.by_layer.values if np.isfinite(value))
    hessian = f"{float(at.from_hessian):.4g} from the Hessian at the minimum"
    return f"{at.net.item()} {low:.4g} to {high:.4g} by training, {hessian}, {layers} layer by layer"


def _values(at: xr.Dataset) -> tuple[float, float, float]:
    """Edge by training, from the Hessian, and the least of the layers'."""
    return float(at.trained.mean()), float(at.from_hessian), float(at.by_layer.min())
