"""What this package does most, on a GPU beside a CPU core: training steps, PDE steps, Hessian products, monitoring.

`first_run` says the same numbers, and goes through all of this in small on a CPU.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from math import ceil

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.optim import SGD

from experiments.benchmarks import side_by_side
from experiments.benchmarks.floor import timed
from experiments.benchmarks.timing import Result
from numerics import nets
from numerics.common.determinism import reproducible
from numerics.datasets import Data
from numerics.monitor import StabilityMonitor
from numerics.monitor.options import Options
from numerics.pdes.active_mode import checkerboard
from numerics.pdes.correlation import Correlation
from numerics.pdes.flows import nonlinear
from numerics.pdes.simulate import simulate
from numerics.sharpness import Hessian
from numerics.training.feed import training_batches
from numerics.training.member import members
from numerics.training.recipe import Group, Recipe
from numerics.training.stepping import stepper

GIB = 2**30
STEPS = 20
"""Of a PDE, or of a training, under the clock."""


def run() -> list[Result]:
    """All rows; none without a GPU."""
    return [] if not torch.cuda.is_available() else [row for part in PARTS for row in part("cuda:0")]


def on_gpu(device: str) -> bool:
    """Whether sizes are those of a GPU."""
    return torch.device(device).type == "cuda"


def clocked(device: str, call: Callable[[], object], repeats: int = 3) -> float:
    """Median seconds of a call that has been warmed up, until the device is done."""
    call()
    return sorted(timed(call, device) for _ in range(repeats))[repeats // 2]


def training(device: str) -> list[Result]:
    """Six nets side by side against the authors' way, one after another: replaying and overlapping told apart; memory."""
    net, steps = ("resnet-56", STEPS) if on_gpu(device) else ("resnet-8", 2)
    data = images(device, net, steps)
    group = Group(Recipe(net=net, batch=len(data.train.labels) // steps), ks=side_by_side.KS)
    if on_gpu(device):
        torch.cuda.reset_peak_memory_stats()
    with reproducible():
        plain, ours = (clocked(device, call) / steps for call in side_by_side._contenders(group, data, device, steps))
        one = stepper(members(Group(group.recipe, ks=(1,)), data, device), device, True)

        def solo() -> None:
            for pixels, labels in islice(training_batches(group, data, 0), steps):
                one.step(pixels, labels)

        alone = clocked(device, solo) / steps
    told = (
        f"{plain * 1e3:.1f} and {ours * 1e3:.1f} ms a step of six, one lane alone {alone * 1e3:.1f} ms: replaying brings "
        f"{plain / (6 * alone):.2f} x, overlapping {6 * alone / ours:.2f} x"
    )
    results = [Result(f"six {net} side by side / one after another, float32, {device}", plain / ours, "x", 3, True, told)]
    if on_gpu(device):
        peak = torch.cuda.max_memory_allocated() / GIB
        results.append(Result(f"six {net}: peak memory, {device}", peak, "GiB", 40, False, "two sets of six"))
    return results


def images(device: str, net: str, steps: int) -> Data:
    """Noise of CIFAR's shape in batches of 128; small on a CPU."""
    kind = "cuda" if on_gpu(device) else "cpu"
    size = {} if on_gpu(device) else {"batch": 8}
    return side_by_side.noise(replace(side_by_side.SETTINGS[kind], net=net, steps=steps, **size), device)


def pde(device: str) -> list[Result]:
    """Steps of the nonlinear PDE, alone and in batches, against one CPU core."""
    size, kernel, batches = (256, 32, (1, 32, 256)) if on_gpu(device) else (32, 4, (1, 4))
    results = []
    for dtype, target in ((torch.float64, 20), (torch.float32, 0)):
        core = clocked("cpu", lambda t=dtype: pde_steps("cpu", size, kernel, 1, t)) / STEPS
        for n in batches:
            each = clocked(device, lambda t=dtype, n=n: pde_steps(device, size, kernel, n, t)) / (STEPS * n)
            name = f"PDE step {size}/{kernel}, {str(dtype).removeprefix('torch.')}, {n} at once / a core, {device}"
            note = f"{each * 1e6:.0f} and {core * 1e6:.0f} us each"
            results.append(Result(name, core / each, "x", target if n == max(batches) else 0, True, note))
    return results


def pde_steps(device: str, size: int, kernel: int, count: int, dtype: torch.dtype) -> Tensor:
    """Final states of `count` runs of `STEPS` steps: (count, kernel, kernel)."""
    start = torch.randn(kernel, kernel, generator=torch.Generator().manual_seed(0), dtype=torch.float64).to(dtype)
    flow = nonlinear(Correlation(checkerboard(size, dtype).to(device), kernel, pooling="mean"), 20.0, 1.0, 1.0)
    lrs = torch.linspace(0.01, 0.03, count, dtype=dtype).to(device)[:, None, None]
    return simulate(flow, start.to(device), lrs, STEPS).final


def batch_of(device: str, rows: int) -> tuple[Tensor, Tensor]:
    """Random images of CIFAR's shape, or small ones on a CPU, and labels."""
    size, generator = 32 if on_gpu(device) else 8, torch.Generator().manual_seed(0)
    pixels = torch.randn(rows, 3, size, size, generator=generator).to(device)
    return pixels, torch.randint(10, (rows,), generator=generator).to(device)


def net_for(device: str) -> torch.nn.Module:
    """ResNet-20; the tiny net on a CPU."""
    net, size = ("resnet-20", 32) if on_gpu(device) else ("tiny", 8)
    return nets.build(net, channels=3, classes=10, size=size, device=device)


def products(device: str) -> list[Result]:
    """Hessian products a second."""
    hessian = Hessian(net_for(device).eval(), cross_entropy, batch_of(device, 512 if on_gpu(device) else 8))
    vector = torch.ones(hessian.size, device=device) / hessian.size**0.5
    product, gradient = clocked(device, lambda: hessian @ vector), clocked(device, hessian.gradient)
    note = f"{product / gradient:.1f} gradients each"
    return [Result(f"Hessian products of ResNet-20 on 512 images, {device}", 1 / product, "/s", 0, True, note)]


def monitoring(device: str) -> list[Result]:
    """A training loop with the default monitor over the same without, over a period of the shadow."""
    steps = ceil((Options.window + 1) / Options.shadow) if on_gpu(device) else 4
    with reproducible(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # batch norm
        trained(device, 3, True)  # derives the edge, warms up
        plain, watched = trained(device, steps, False)[0], trained(device, steps, True)[0]
    return [Result(f"training loop with the monitor / without, {device}", watched / plain, "x", 1.1, False, f"{steps} steps")]


def trained(device: str, steps: int, watched: bool) -> tuple[float, list[Tensor]]:
    """Seconds of a training, and its weights at the end."""
    pixels, labels = batch_of(device, 128 if on_gpu(device) else 8)
    model = net_for(device)
    optimizer = SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
    monitor = StabilityMonitor(model, optimizer, cross_entropy) if watched else None

    def loop() -> None:
        for _ in range(steps):
            optimizer.zero_grad()
            cross_entropy(model(pixels), labels).backward()
            optimizer.step()
            if monitor is not None:
                monitor.step(pixels, labels)

    return timed(loop, device), [weight.detach().clone() for weight in model.parameters()]


PARTS = (training, pde, products, monitoring)
