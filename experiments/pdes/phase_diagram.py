"""Stable, restrained, unstable in the plane of step size and weight decay, with the theory's lines.

Not in the paper.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count, pairwise
from math import ceil, log2

import numpy as np
import torch
import xarray as xr
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from derive import theorem
from experiments import style
from experiments.pdes.nonlinear_setting import NonlinearSetting
from experiments.running.progress import Report, part
from numerics.pdes.flows import nonlinear
from numerics.pdes.simulate import simulate
from numerics.pdes.verdict import NAMES, RESTRAINED, STABLE, UNSTABLE, motion_observers, verdict_codes

TITLE = "Phase diagram of the nonlinear PDE"
LINE = 80
"""Weight decays at which the theory's lines are drawn."""


@dataclass(frozen=True)
class Config:
    """The setting, the ranges as multiples of the linear theory's alpha_min and of 2/alpha_min, and the resolution.

    At each weight decay every `stride`-th step size is simulated, then those between two of different verdict, by halves:
    between two of the same verdict, that verdict is taken. With a stride of 1 all are simulated.
    """

    # 24^2 outputs, half of them of each sign, as the theory has it: the edges depend on the size no more.
    setting: NonlinearSetting = field(default_factory=lambda: NonlinearSetting(image=31, kernel=8))
    alphas: tuple[float, float, int] = (0.05, 1.6, 24)
    lrs: tuple[float, float, int] = (0.1, 10.0, 32)
    iterations: int = 600
    stride: int = 8


PRESETS = {
    "smoke": Config(NonlinearSetting(image=24, kernel=4), (0.05, 1.6, 6), (0.12, 9.0, 8), 200, 4),
    "default": Config(),
    "paper": Config(NonlinearSetting(), (0.05, 1.6, 48), (0.1, 10.0, 64), 1000, 1),
}


def compute(config: Config, device: str, report: Report) -> xr.Dataset:
    """Rounds of simulations, each where the last found different verdicts; theory beside simulation."""
    setting, critical = config.setting, _critical_decay(config.setting)
    alphas = critical * np.geomspace(*config.alphas)
    lrs = 2 / critical * np.geomspace(*config.lrs)
    codes, simulated = refined(_judge(config, alphas, lrs, device, report), (len(alphas), len(lrs)), config.stride)
    fine = np.geomspace(alphas[0], alphas[-1], LINE)
    restrained, blowup = _edges(setting, alphas)
    lines = _edges(setting, fine)
    return xr.Dataset(
        {
            "simulated": (("alpha", "lr"), codes, {"meaning": ", ".join(f"{i} {n}" for i, n in enumerate(NAMES))}),
            "run": (("alpha", "lr"), simulated.astype(np.int8), {"meaning": "1 simulated, 0 as its neighbours"}),
            "predicted": (("alpha", "lr"), _predicted(lrs, restrained, blowup)),
            "lr_edge": (("alpha",), restrained, {"units": "time"}),
            "lr_blowup": (("alpha",), blowup, {"units": "time"}),
            "line_edge": (("line_alpha",), lines[0], {"units": "time"}),
            "line_blowup": (("line_alpha",), lines[1], {"units": "time"}),
        },
        {
            "line_alpha": ("line_alpha", fine, {"units": "1/time"}),
            "alpha": ("alpha", alphas, {"units": "1/time"}),
            "lr": ("lr", lrs, {"units": "time"}),
        },
        {
            "alpha_min": critical,
            "seeds": setting.seed,
            "image": setting.image,
            "kernel": setting.kernel,
            "stride": config.stride,
        },
    )


def _edges(setting: NonlinearSetting, alphas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Predicted step sizes of the active mode's edge and of the blow-up, per weight decay."""
    edges = [setting.edge(float(alpha)) for alpha in alphas]
    return np.array([e.lr_edge for e in edges]), np.array([e.lr_blowup for e in edges])


def _critical_decay(setting: NonlinearSetting) -> float:
    """alpha_min of Thm 5.4 at K = 0: the active mode's eigenvalue is the window's area, the error s(0) - y."""
    error = float(
        theorem("checkerboard").function("numpy", "error")(kappa=0.0, beta=setting.beta, pooled=1.0, share=0.5, y=setting.y)
    )
    bounds = theorem("5.4").function("numpy", "alpha_bounds")
    low, _ = bounds(a=error, beta=setting.beta, lr=1.0, power_min=0.0, power_max=float(setting.kernel**2))
    return float(low)


Judge = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Verdicts of the runs at these rows and columns."""


def refined(judge: Judge, shape: tuple[int, int], stride: int) -> tuple[np.ndarray, np.ndarray]:
    """Verdicts on a grid, and where they were asked for.

    At every `stride`-th column and the last, then by halves between two columns of a row whose verdicts differ. The others
    have the verdict that both columns about them have.

    Args:
        judge: (n,) rows and (n,) columns -> (n,) verdicts.
        shape: of the grid.
        stride: columns between two of the first round.
    """
    codes, asked = np.zeros(shape, dtype=int), np.zeros(shape, dtype=bool)
    first = sorted({*range(0, shape[1], stride), shape[1] - 1})
    wanted = [(row, column) for row in range(shape[0]) for column in first]
    while wanted:
        at = tuple(np.array(wanted).T)
        codes[at], asked[at] = judge(*at), True
        spans = [(row, *span) for row in range(shape[0]) for span in pairwise(np.flatnonzero(asked[row]))]
        for row, low, high in spans:
            codes[row, low + 1 : high] = codes[row, low]
        wanted = [
            (row, (low + high) // 2) for row, low, high in spans if high > low + 1 and codes[row, low] != codes[row, high]
        ]
    return codes, asked


def _judge(config: Config, alphas: np.ndarray, lrs: np.ndarray, device: str, report: Report) -> Judge:
    setting, operator = config.setting, config.setting.correlation(device)
    done, rounds = count(), 1 + ceil(log2(config.stride))

    def judge(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        decays, rates = (torch.as_tensor(v, device=device)[:, None, None] for v in (alphas[rows], lrs[columns]))
        start, tell = setting.start(device).expand(len(rows), -1, -1), part(report, min(next(done), rounds - 1), rounds)
        flow = nonlinear(operator, decays, setting.beta, setting.y)
        path = simulate(flow, start, rates, config.iterations, observe=motion_observers(), progress=tell)
        return verdict_codes(path.records).cpu().numpy()

    return judge


def _predicted(lrs: np.ndarray, restrained: np.ndarray, blowup: np.ndarray) -> np.ndarray:
    codes = np.where(lrs[None] > restrained[:, None], RESTRAINED, STABLE)
    return np.where(lrs[None] > blowup[:, None], UNSTABLE, codes)


def render(results: xr.Dataset) -> Figure:
    """Regions from the simulation, lines from the theory."""
    figure, (ax,) = style.panels(1, height=3.6)
    colours = ListedColormap(style.REGION_COLOURS)
    ax.pcolormesh(
        results.lr, results.alpha, results.simulated, cmap=colours, vmin=-0.5, vmax=2.5, shading="nearest", rasterized=True
    )
    ax.plot(results.line_blowup, results.line_alpha, color=style.BLACK, label=r"$2/\alpha$: blow-up of the other modes")
    ax.plot(results.line_edge, results.line_alpha, "--", color=style.BLUE, label="edge of the active mode")
    ax.axhline(results.attrs["alpha_min"], color=style.BLACK, ls=":", label=r"$\alpha_{\min}$ of Thm 5.4 at K = 0")
    ax.set(xscale="log", yscale="log", xlabel=r"step size $\Delta t$ (time)", ylabel=r"weight decay $\alpha$ (1/time)")
    ax.set(
        xlim=(float(results.lr.min()), float(results.lr.max())), ylim=(float(results.alpha.min()), float(results.alpha.max()))
    )
    differ = np.argwhere((results.simulated != results.predicted).values)
    if len(differ):
        ax.plot(results.lr[differ[:, 1]], results.alpha[differ[:, 0]], "kx", ms=3, ls="none", label="theory says otherwise")
    patches = [Patch(color=c, label=f"simulated: {n}") for c, n in zip(style.REGION_COLOURS, NAMES, strict=True)]
    ax.legend(handles=[*patches, *ax.get_lines()], loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def caption(results: xr.Dataset) -> str:
    """Share of runs that theory and simulation judge alike, and where they differ."""
    at, differ = results.attrs, results.simulated != results.predicted
    runs = int(results.run.sum())
    near = min(float(abs(results.lr / line - 1).min()) for line in (results.lr_edge, results.lr_blowup))
    filled = f"Of {differ.size} cells {differ.size - runs} lie between two runs of their row with one verdict, and have it. "
    text = (
        f"Verdicts of {runs} simulations ({at['image']}^2 checkerboard, {at['kernel']}^2 kernel, seed {at['seeds']}, "
        f"float64) and the theory's lines. {filled if runs < differ.size else ''}Theory and simulation agree on "
        f"{float(1 - differ.mean()):.1%}; the cell nearest to a line is {near:.1%} off it."
    )
    if not bool(differ.any()):
        return text
    distance = np.abs(np.log(results.lr / results.lr_edge)).where(differ)
    return f"{text} Those that differ lie up to a factor {float(np.exp(distance.max())):.2f} from the active mode's edge."
