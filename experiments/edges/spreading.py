r"""An instability started in one layer, and followed to the others.

A network of the theory rests at a minimum. One layer's step size is put beyond that layer's own edge, 2 over the largest
curvature of its block; all others are well below the whole network's. That layer's weights are changed by a last bit of
float32, in float64, so that the computation's own roundings lie nine orders below, and RelL1 of the changed run to the
unchanged one is followed layer by layer. As a control the same bit is changed with no layer beyond its edge.

While the distance is small it obeys the linearisation :math:`\delta \to (1 - D H)\delta`, D the step sizes: its leading mode
predicts the rate, which is all layers' alike, and how far each lies behind the source.

Source: Section 5.5, after Eq 25; Section 6.2 (chains of 3x3 kernels, labels 0 and 1 of MNIST).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from derive.errors import InputError
from experiments import style
from experiments.edges.full_batch import edge
from experiments.running.progress import Report
from numerics.datasets import load
from numerics.layerwise.edge import layer_flow, settle
from numerics.layerwise.layers import Network
from numerics.measures.distance import relative_l1
from numerics.pdes.batches import one_thread
from numerics.pdes.simulate import simulate
from numerics.pdes.verdict import motion_observers, verdict

TITLE = "An instability of one layer, followed to the others"
LINEAR = (1e-6, 1e-3)
"""RelL1 between which the growth is measured: above the change made, and below what bends it."""

FADED = 1e-3
"""Of the start's size: a network this small passes nothing on, and each of its layers is alone."""


@dataclass(frozen=True)
class Config:
    """Image, network and step sizes.

    Attributes:
        data: name of the data set whose first image of label 1 is taken.
        layers: of one channel, Swish, mean pooling.
        kernel: side of each.
        alpha: weight decay.
        ahead: step size of the layer beyond its edge, over that edge.
        base: step size of the others, over the edge of the whole network.
        steps: of the runs.
        level: RelL1 at which a layer counts as reached.
        nudge: change of the source's weights, relative.
        seed: of the kernels that the minimum is reached from.
        descent: steps towards the minimum, before Newton's.
    """

    data: str = "digits"
    layers: int = 3
    kernel: int = 3
    alpha: float = 0.03
    ahead: float = 1.2
    base: float = 0.25
    steps: int = 400
    level: float = 1e-3
    nudge: float = 2.0**-23
    seed: int = 0
    descent: int = 2000


PRESETS = {"smoke": Config(layers=2, steps=100), "default": Config(), "paper": Config(data="mnist")}


@one_thread(1)  # layers of this size are done before a second thread has woken up
def compute(config: Config, device: str, report: Report) -> xr.Dataset:
    """RelL1 by layer of every source, with its layer beyond the edge and without; arrivals, rates, and what is predicted.

    Returns:
        `rel_l1` (source, beyond, layer, iteration); `arrival`, `rate`, `behind` and `predicted_behind` (source, beyond, layer);
        `predicted_rate`, `verdict` (source, beyond); `own` (layer), each layer's edge. Rates are e-foldings per step.
    """
    network, rest = at_rest(config, device)
    flow, count = layer_flow(network, config.alpha), config.layers
    hessian = -torch.autograd.functional.jacobian(flow, rest).reshape(rest.numel(), -1)
    rates, own = step_sizes(config, hessian)
    start = rest.expand(2, count, 2, *rest.shape).clone()
    for layer in range(count):
        start[1, layer, :, layer] *= 1 + config.nudge
    look = {"rel_l1": lambda state, _: relative_l1(state[0], state[1], dims=2)}
    look |= {name: lambda s, p, f=f: f(s[1], p[1]) for name, f in motion_observers(3).items()}
    path = simulate(flow, start, rates, config.steps, observe=look, progress=report)
    apart = path.records["rel_l1"].cpu().numpy()
    predicted, modes = zip(*(leading(hessian, one, rest) for one in rates.reshape(-1, count)), strict=True)
    behind = np.array(modes).reshape(count, 2, count)
    dims = ("source", "beyond", "layer")
    return xr.Dataset(
        {
            "rel_l1": (("iteration", *dims), apart, {"units": "1"}),
            "arrival": (dims, arrivals(apart, config.level), {"units": "step"}),
            "rate": (dims, growth(apart), {"units": "1/step"}),
            "behind": (dims, _over_source(apart), {"units": "1"}),
            "predicted_behind": (dims, _relative(behind), {"units": "1"}),
            "predicted_rate": (dims[:2], np.log(predicted).reshape(count, 2), {"units": "1/step"}),
            "lr": (dims, rates.reshape(count, 2, count).cpu().numpy(), {"units": "time"}),
            "own": ("layer", own.cpu().numpy(), {"units": "time"}),
            "verdict": (dims[:2], verdict({name: path.records[name] for name in ("size", "motion")})),
        },
        {"source": range(1, count + 1), "beyond": [0, 1], "layer": range(1, count + 1), "iteration": path.steps.numpy()},
        {"seeds": config.seed, "data": config.data, "alpha": config.alpha, "ahead": config.ahead, "base": config.base,
         "level": config.level, "nudge": config.nudge, "kernel": config.kernel, "size": network.image.shape[-1]},
    )  # fmt: skip


def at_rest(config: Config, device: str) -> tuple[Network, Tensor]:
    """The network, and its kernels at a minimum, (layers, h, w)."""
    data = load(config.data, classes=(0, 1), device=device, dtype=torch.float64)
    network = Network(data.train.images[data.train.labels == 1][0, 0], pooling="mean")
    generator = torch.Generator().manual_seed(config.seed)
    shape = config.layers, config.kernel, config.kernel
    start = torch.randn(shape, generator=generator, dtype=torch.float64).to(device) / 2
    rest = settle(network, start, config.alpha, 0.3, config.descent)
    if float(rest.norm()) < FADED * float(start.norm()):
        raise InputError(
            f"expected a minimum away from 0, got kernels of size {float(rest.norm()):.1e}; use less alpha or another seed"
        )
    return network, rest


def step_sizes(config: Config, hessian: Tensor) -> tuple[Tensor, Tensor]:
    """(step sizes, (source, beyond, layer, 1, 1); each layer's own edge, (layer,))."""
    count = config.layers
    blocks = hessian.reshape(count, len(hessian) // count, count, -1).diagonal(dim1=0, dim2=2).permute(2, 0, 1)
    own = edge() / torch.linalg.eigvalsh(blocks)[:, -1]
    rates = torch.full((count, 2, count), config.base * edge() / float(torch.linalg.eigvalsh(hessian)[-1])).to(own)
    rates[:, 1].diagonal().copy_(config.ahead * own)
    return rates[..., None, None], own


def leading(hessian: Tensor, rates: Tensor, rest: Tensor) -> tuple[float, np.ndarray]:
    """(factor of growth of the leading mode of 1 - D H, RelL1 of that mode in each layer)."""
    root = rates.repeat_interleave(rest[0].numel()).sqrt()
    values, vectors = torch.linalg.eigh(root[:, None] * hessian * root)  # similar to D H
    factors = (1 - values).abs()
    mode = (root * vectors[:, int(factors.argmax())]).view_as(rest)
    return float(factors.max()), (mode / rest).abs().flatten(1).mean(1).cpu().numpy()


def arrivals(apart: np.ndarray, level: float) -> np.ndarray:
    """First step at which RelL1 reaches the level: (time, ...) -> (...); NaN for never."""
    reached = apart >= level
    return np.where(reached.any(0), reached.argmax(0), np.nan)


def _linear(apart: np.ndarray, source: int) -> slice:
    """The steps at which the source's distance is in `LINEAR`; none if it never leaves."""
    inside = arrivals(apart[:, source], LINEAR[0]), arrivals(apart[:, source], LINEAR[1])
    return slice(*map(int, inside)) if np.isfinite(inside).all() else slice(0)


def _by_run(apart: np.ndarray, of) -> np.ndarray:
    """`of` the linear part of every run, (time, layer) -> (layer,); NaN where there is none: (source, beyond, layer)."""
    numbers = np.full(apart.shape[1:], np.nan)
    for source, beyond in np.ndindex(numbers.shape[:2]):
        run = apart[:, source, beyond]
        part = run[_linear(run, source)]
        if len(part) > 1:
            numbers[source, beyond] = of(part, source)
    return numbers


def growth(apart: np.ndarray) -> np.ndarray:
    """e-foldings per step, between the ends of the linear part."""
    return _by_run(apart, lambda part, _: np.log(part[-1] / part[0]) / (len(part) - 1))


def _over_source(apart: np.ndarray) -> np.ndarray:
    """RelL1 over the source's, geometric mean of the second half of the linear part, when the leading mode is all there is."""
    return _by_run(apart, lambda part, s: np.exp(np.log(part / part[:, [s]])[len(part) // 2 :].mean(0)))


def _relative(modes: np.ndarray) -> np.ndarray:
    return modes / np.einsum("sbs->sb", modes)[..., None]


def spreads(results: xr.Dataset) -> bool:
    """Whether beyond the edge every layer is reached, and otherwise none ever."""
    reached = results.arrival.notnull()
    return bool(reached.sel(beyond=1).all()) and not bool(reached.sel(beyond=0).any())


def order(results: xr.Dataset, source: int) -> list[int]:
    """Layers in the order in which they are reached; of those reached at one step the lower first."""
    at = results.arrival.sel(source=source, beyond=1).dropna("layer")
    return [int(layer) for layer in at.layer.values[np.argsort(at.values, kind="stable")]]


def render(results: xr.Dataset) -> Figure:
    """RelL1 of every layer over the iterations, a panel for each source; dashed: the control."""
    figure, axes = style.panels(results.source.size, height=2.5)
    for ax, source in zip(axes, results.source.values, strict=True):
        _draw(ax, results.sel(source=source), int(source))
    axes[0].set_ylabel("RelL1 to the unchanged run")
    axes[0].legend(fontsize="x-small")
    return figure


def _draw(ax: Axes, at: xr.Dataset, source: int) -> None:
    for n, layer in enumerate(at.layer.values):
        for beyond, line in ((1, "-"), (0, ":")):
            curve = at.rel_l1.sel(layer=layer, beyond=beyond)
            label = f"layer {layer}{'' if beyond else ', control'}"
            ax.plot(at.iteration, curve.where(curve > 0), line, color=style.CYCLE[n], lw=1, label=label)
    ax.axhline(at.attrs["level"], color=style.BLACK, lw=0.6, ls="--")
    ax.set(xlabel="iteration", yscale="log", ylim=(1e-13, 5), title=f"beyond its edge: layer {source}")


def in_words(results: xr.Dataset) -> str:
    """Of every source: order and steps of arrival, rates, distances over the source's, and the verdict of the run."""
    return "; ".join(_source_in_words(results.sel(beyond=1), int(source)) for source in results.source.values)


def _source_in_words(results: xr.Dataset, source: int) -> str:
    at = results.sel(source=source)
    steps = ", ".join(f"layer {which} at step {n:.0f}" for which, n in zip(at.layer.values, at.arrival.values, strict=True))
    rates = " to ".join(f"{value:.4f}" for value in (float(at.rate.min()), float(at.rate.max())))
    ratios = ", ".join(f"{m:.3g} ({p:.3g})" for m, p in zip(at.behind.values, at.predicted_behind.values, strict=True))
    return (
        f"started in layer {source} ({at.verdict.item()}): {steps}; growth {rates} per step ({float(at.predicted_rate):.4f}); "
        f"distances over the source's {ratios}"
    )


def caption(results: xr.Dataset) -> str:
    """Setting, and what became of every source; the control's greatest distance."""
    at, still = results.attrs, results.rel_l1.sel(beyond=0)
    first, last = (float(still.isel(iteration=n).max()) for n in (0, -1))
    return (
        f"A network of {results.layer.size} layers, one channel, {at['kernel']}x{at['kernel']} kernels, Swish, mean pooling, "
        f"on one image of {at['data']} ({at['size']}x{at['size']}), weight decay {at['alpha']:g}, at rest (seed {at['seeds']}, "
        f"float64). One layer's step size is {at['ahead']:g} times its own edge, that of the others {at['base']:g} of the "
        f"network's; its weights are changed by {at['nudge']:.1e}. A layer is reached at RelL1 {at['level']:g}; in brackets "
        f"what the leading mode of the linearisation predicts. {in_words(results)}. Control, no layer beyond its edge: RelL1 "
        f"goes from {first:.1e} to {last:.1e}."
    )
