"""The three regimes of the activation along a run, and how often its path crosses the edge of its own linearisation.

Two things that the paper calls regimes are followed: where each output stands (activated, transitioning, not activated), and
whether the linearisation at the state is stable, all curvatures between 0 and 2/step size. The runs are those of Figs 5 and 7.
Beyond the edge of Fig 5, .0323, two step sizes lie close: there outputs can stay in their regimes while the path crosses.

Source: Section 3.2 (definition of a restrained instability), Section 5.4, Tab 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
import xarray as xr
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn.functional import conv2d, silu

from experiments.edges.full_batch import FullBatch, edge
from experiments.edges.regimes_drawing import grid
from experiments.pdes.nonlinear_setting import NonlinearSetting
from experiments.running.progress import Report, part
from numerics.common.determinism import reproducible
from numerics.measures.loss_verdict import loss_verdict
from numerics.pdes.flows import nonlinear
from numerics.pdes.regimes import REGIMES, by_definition, crossings, curvatures, regime_codes, shares
from numerics.pdes.simulate import simulate
from numerics.pdes.verdict import motion_observers, verdict

TITLE = "Regimes along a run, and crossings of the edge"
MARGIN = 1e-5
"""Of the edge: what the measured curvature may be off by."""

TOLERANCES = (0.1, 0.05)
"""How far r' may be off its limit in an output that counts as activated, or not activated; drawn is the first."""


@dataclass(frozen=True)
class Config:
    """The PDE of Fig 5 at some step sizes, chains of Fig 7 at others, all for as many iterations."""

    setting: NonlinearSetting
    lrs: tuple[float, ...]
    alpha: float
    nets: FullBatch
    iterations: int


def _chains(nets: tuple[str, ...], lrs: tuple[float, ...], subset: int | None = None) -> FullBatch:
    return FullBatch(nets, lrs, classes=(0, 1), subset=subset, k=1)


LRS = (0.01, 0.03, 0.033, 0.036, 0.05, 0.07, 0.09, 0.11)
CHAINS, CHAIN_LRS = ("chain-1", "chain-3"), (1.0, 3.0, 10.0)
PRESETS = {
    "smoke": Config(NonlinearSetting(image=16, kernel=4), (0.5, 1.6, 2.4), 1.0, _chains(("chain-1",), (0.3,), 24), 32),
    "default": Config(NonlinearSetting(image=95), LRS, 20.0, _chains(CHAINS, CHAIN_LRS, 100), 600),
    "paper": Config(NonlinearSetting(), LRS, 20.0, replace(_chains(CHAINS, CHAIN_LRS), data="mnist"), 1000),
}  # fmt: skip


def compute(config: Config, device: str, report: Report) -> xr.Dataset:
    """Follow every run; see `_told` for what is kept of it."""
    with reproducible():
        runs = [*_pde(config, device, part(report, 0, 2)), *_networks(config, device, part(report, 1, 2))]
    joined = xr.concat(runs, "run", join="outer")
    for name in joined.data_vars:
        joined[name].attrs = {} if joined[name].dtype.kind not in "fi" else {"units": "1"}
    seeds = f"start of the PDE {config.setting.seed}, of the chains {config.nets.seed}"
    return joined.assign_attrs(
        edge=edge(), alpha=config.alpha, lr_edge=config.setting.edge(config.alpha).lr_edge, seeds=seeds,
        data=config.nets.data, images=len(config.nets.images(device).train.labels), image=config.setting.image,
    )  # fmt: skip


def _pde(config: Config, device: str, report: Report) -> Iterator[xr.Dataset]:
    setting, operator = config.setting, config.setting.correlation(device)
    flow, start = nonlinear(operator, config.alpha, setting.beta, setting.y), setting.start(device)
    for n, lr in enumerate(config.lrs):
        look = {"responses": lambda kernel, _: operator(kernel).flatten()[None]} | motion_observers()
        look["curvatures"] = lambda kernel, _: curvatures(flow, kernel)
        path = simulate(flow, start, lr, config.iterations, observe=look, progress=part(report, n, len(config.lrs)))
        kind = str(verdict(path.records))
        yield _told(f"PDE, {lr:g}", lr * path.records["curvatures"], list(path.records["responses"]), kind, setting.beta)


def _networks(config: Config, device: str, report: Report) -> Iterator[xr.Dataset]:
    nets, data = config.nets, config.nets.images(device)
    pairs = [(net, lr) for net in nets.nets for lr in nets.lrs]
    for n, (net, lr) in enumerate(pairs):
        trained = nets.descent(net, data, device)
        look = {
            "curvatures": lambda weights, _, flow=trained.flow: curvatures(flow, weights, dims=1),
            "loss": lambda weights, _, loss=trained.loss: loss(weights).detach(),
        }
        states: list[Tensor] = []
        look["state"] = lambda weights, _, kept=states: kept.append(weights) or weights[:1]
        path = simulate(trained.flow, trained.start, lr, config.iterations, observe=look, progress=part(report, n, len(pairs)))
        kind = str(loss_verdict(path.records["loss"].cpu().numpy()))
        layers = [responses(weights, data.train.images, nets.beta) for weights in states]
        yield _told(f"{net}, {lr:g}", lr * path.records["curvatures"], layers, kind, nets.beta)


def responses(weights: Tensor, images: Tensor, beta: float) -> list[Tensor]:
    """K_l * I_(l-1) of every layer of a chain with Swish, each (outputs of all images,)."""
    field, outputs = images, []
    for kernel in weights.view(-1, 1, 1, 3, 3):
        response = conv2d(field, kernel)
        field = silu(beta * response) / beta
        outputs.append(response.flatten())
    return outputs


def _told(run: str, normalised: Tensor, layers: list, kind: str, beta: float) -> xr.Dataset:
    """Of a run: shares of the regimes by layer; lowest and highest normalised curvature; what the second half did; verdicts.

    Args:
        run: its name.
        normalised: (iteration, 2).
        layers: responses by iteration and layer.
        kind: our verdict.
        beta: of Swish.
    """
    half, ends = len(layers) // 2, normalised.cpu().numpy()
    codes = {t: [[regime_codes(z, t, beta) for z in at] for at in layers] for t in TOLERANCES}
    share = torch.stack([torch.stack([shares(code) for code in at]) for at in codes[TOLERANCES[0]]])
    visited, turning = (
        [[of(one[half:], layer) for one in codes.values()] for layer in range(share.shape[1])] for of in (_visited, _turning)
    )
    above = ~(ends[:, 1] <= edge() * (1 + MARGIN))  # a curvature that is not finite is beyond it
    outside = above | (ends[:, 0] < -MARGIN * np.abs(ends).max(1))
    return xr.Dataset(
        {
            "share": (("layer", "regime", "iteration"), share.permute(1, 2, 0).cpu().numpy()),
            "visited": (("layer", "within"), visited), "turning": (("layer", "within"), turning),
            "lowest": ("iteration", ends[:, 0]), "normalised": ("iteration", ends[:, 1]),
            "beyond": ((), above[half:].mean()), "below": ((), (outside & ~above)[half:].mean()),
            "crossings": ((), int(crossings(above[half:]))),
            "verdict": ((), kind), "definition": ((), str(by_definition(above))),
            "definition_both": ((), str(by_definition(outside))),
        },
        {"run": run, "layer": np.arange(1, share.shape[1] + 1), "regime": list(REGIMES), "within": list(TOLERANCES),
         "iteration": np.arange(len(layers))},
    )  # fmt: skip


def _visited(codes: list, layer: int) -> float:
    """Mean share of a layer's outputs that are transitioning."""
    return float(np.mean([float(shares(at[layer])[1]) for at in codes]))


def _turning(codes: list, layer: int) -> float:
    """Mean share of a layer's outputs that are in another regime a step later."""
    return float(np.mean([float((now[layer] != then[layer]).double().mean()) for then, now in pairwise(codes)]))


def agree(results: xr.Dataset) -> bool:
    """Whether the paper's definition, by the upper edge, gives our verdict of every run."""
    return bool((results.verdict == results.definition).all())


def quiet(results: xr.Dataset) -> list[str]:
    """Restrained runs of which no output ever was transitioning in the second half, to the first tolerance."""
    still = (results.visited.isel(within=0).max("layer") == 0) & (results.verdict == "restrained")
    return [str(run) for run in results.run.values[still.values]]


def render(results: xr.Dataset) -> Figure:
    """Shares of the regimes and normalised curvature of a stable, a restrained and an unstable run, and of a network."""
    return grid(results)


def in_words(results: xr.Dataset) -> str:
    """Every run: both verdicts, crossings, and the share of outputs that are transitioning."""
    return "; ".join(_run_in_words(results.sel(run=run)) for run in results.run.values)


def _run_in_words(at: xr.Dataset) -> str:
    first, second = (", ".join(f"{v:.0%}" for v in at.visited.sel(within=t).values if np.isfinite(v)) for t in TOLERANCES)
    return (
        f"{at.run.item()}: {at.verdict.item()} (by the definition {at.definition.item()}), {int(at.crossings)} crossings, "
        f"{float(at.beyond):.0%} of the time beyond the edge, {first} of the outputs transitioning ({second})"
    )


def caption(results: xr.Dataset) -> str:
    """What was run, and what of it crossed."""
    at, steps = results.attrs, results.iteration.size - 1
    return (
        f"Runs of the nonlinear PDE ({at['image']}x{at['image']} checkerboard, weight decay {at['alpha']:g}; edge at step size "
        f"{at['lr_edge']:.4f}) and of chains on digits 0/1 ({at['data']}, {at['images']} images, full batch, no decay), "
        f"by step size; seeds: {at['seeds']}; float64, {steps} iterations, the second half of them told. An output is "
        f"transitioning where r' of Swish is off both its limits by over {TOLERANCES[0]:g} (in brackets {TOLERANCES[1]:g}; "
        f"by layer); the path crosses where step size times largest curvature passes {at['edge']:g}. {in_words(results)}."
    )
