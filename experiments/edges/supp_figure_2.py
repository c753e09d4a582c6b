"""Strong weight decay: the largest stable step size over 2/alpha tends to 1, for several networks.

The paper names neither networks, data nor decays; ours are listed, and the derived ratio alpha/(alpha + F) stands beside the
one found by training, F being the largest Hessian eigenvalue without decay where the training came to rest.

Source: Supp. Fig 2, Eq 50 and 51.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from torch import Tensor

from derive import theorem
from derive.errors import InputError
from experiments import style
from experiments.edges.full_batch import TOLERANCE, FullBatch
from experiments.running.progress import Report
from numerics.common.bracketing import bisect
from numerics.common.determinism import reproducible
from numerics.datasets import Data
from numerics.pdes.descent import Descent
from numerics.pdes.flow_sharpness import flow_sharpness
from numerics.pdes.simulate import simulate
from numerics.pdes.verdict import STABLE, motion_observers, verdict_codes

TITLE = "Strong weight decay: step sizes of deep networks"
LIMIT = "supp-eq-51"
PRODUCTS = 100
"""Most Hessian products for one sharpness."""


@dataclass(frozen=True)
class Config:
    """Networks and data; weight decays; the ratios between which the edge is looked for, and its relative resolution."""

    runs: FullBatch
    alphas: tuple[float, ...] = (0.1, 1.0, 10.0, 100.0)
    ratios: tuple[float, float] = (0.02, 1.1)
    rtol: float = 0.02


DEFAULT = Config(FullBatch(("dense-2", "dense-4", "tiny", "resnet-8"), (), subset=50, steps=160))
PRESETS = {
    "smoke": Config(replace(DEFAULT.runs, nets=("dense-2", "tiny"), subset=20, steps=80), alphas=(1.0, 10.0), rtol=0.1),
    "default": DEFAULT,
    "paper": replace(
        DEFAULT,
        runs=replace(
            DEFAULT.runs,
            nets=("dense-4", "resnet-8", "resnet-20", "resnet-56", "vgg16-bn"),
            data="cifar-10",
            subset=512,
        ),
    ),
}


def compute(config: Config, device: str, report: Report) -> xr.Dataset:
    """Edges over 2/alpha: found by training, and derived from the Hessian at rest."""
    runs, data = config.runs, config.runs.images(device)
    pairs = list(product(runs.nets, config.alphas))
    edges = np.empty((len(pairs), 3))
    for n, (net, alpha) in enumerate(pairs):
        report(n, len(pairs))
        edges[n] = _edge(replace(config, runs=replace(runs, alpha=alpha)), net, data, device)
    table = edges.reshape(len(runs.nets), len(config.alphas), 3)
    return xr.Dataset(
        {
            "trained": (("net", "alpha", "bracket"), table[..., :2], {"units": "1"}),
            "derived": (("net", "alpha"), table[..., 2], {"units": "1"}),
        },
        {"net": list(runs.nets), "alpha": ("alpha", list(config.alphas), {"units": "1/time"}), "bracket": ["low", "high"]},
        {"data": data.name, "images": len(data.train.labels), "seeds": runs.seed, "dtype": runs.dtype, "steps": runs.steps}
        | {"searched": list(config.ratios)},
    )


@reproducible()
def _edge(config: Config, net: str, data: Data, device: str) -> tuple[float, float, float]:
    """(low, high) of the ratio by training, and the derived one; NaN where no step size in the range is stable."""
    runs = config.runs
    trained, limit = runs.descent(net, data, device), 2 / runs.alpha
    try:
        bracket = bisect(lambda ratios: _unstable(trained, ratios * limit, runs.steps), *config.ratios, rtol=config.rtol)
    except InputError:
        return np.nan, np.nan, np.nan
    rest = simulate(trained.flow, trained.start, bracket.low * limit, runs.steps).final
    excess = float(flow_sharpness(trained.flow, rest, TOLERANCE, dims=1, limit=PRODUCTS)) - runs.alpha
    derived = theorem(LIMIT).function("numpy", "ratio")(alpha=runs.alpha, F_max=excess)
    return bracket.low, bracket.high, float(derived)


def _unstable(descent: Descent, lrs: Tensor, steps: int) -> Tensor:
    start = descent.start.expand(len(lrs), -1)
    path = simulate(descent.flow, start, lrs.to(start)[:, None], steps, observe=motion_observers(1))
    return verdict_codes(path.records).cpu() != STABLE


def render(results: xr.Dataset) -> Figure:
    """The ratio against the weight decay, a colour for every network: found (marks) and derived (lines)."""
    figure, (ax,) = style.panels(1, width=style.WIDE / 1.6)
    for n, net in enumerate(results.net.values):
        at, colour = results.sel(net=net), style.CYCLE[n % len(style.CYCLE)]
        ax.plot(at.alpha, at.trained.mean("bracket"), "osD^v"[n % 5], color=colour, mfc="none", label=f"{net}, by training")
        ax.plot(at.alpha, at.derived, "-", color=colour, lw=0.8, label=f"{net}, derived")
    ax.axhline(1, color=style.BLACK, ls="--", lw=1)
    ax.set(xscale="log", xlabel="weight decay (1/time)", ylabel=r"largest stable step size over $2/\alpha$", ylim=(0, 1.1))
    ax.legend(fontsize="x-small")
    return figure


def caption(results: xr.Dataset) -> str:
    """The ratios by network."""
    at = results.attrs
    listed = "; ".join(_ratios(results.sel(net=net)) for net in results.net.values)
    decays = ", ".join(f"{alpha:g}" for alpha in results.alpha.values)
    return (
        f"Largest stable step size over 2/alpha at weight decays {decays} ({at['data']}, {at['images']} images, full batch, "
        f"{at['steps']} steps, seed {at['seeds']}, {at['dtype']}; networks, data and decays are ours), by "
        f"training (derived at rest): {listed}. A dash: no edge between {at['searched'][0]:g} and {at['searched'][1]:g}."
    )


def _ratios(at: xr.Dataset) -> str:
    pairs = zip(at.trained.mean("bracket").values, at.derived.values, strict=True)
    told = ("-" if np.isnan(trained) else f"{trained:.3f} ({derived:.3f})" for trained, derived in pairs)
    return f"{at.net.item()} {', '.join(told)}"
