"""How fast a device is at what this package does most: training steps, PDE steps, Hessian products, monitoring."""

from __future__ import annotations

import warnings
from itertools import islice

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.optim import SGD

from experiments.benchmarks.floor import timed
from experiments.benchmarks.side_by_side import KS, _contenders
from experiments.first_run.log import Log, clocked
from experiments.first_run.training import images
from numerics import nets
from numerics.active_mode import checkerboard
from numerics.correlation import Correlation
from numerics.flows import nonlinear
from numerics.monitor import StabilityMonitor
from numerics.monitor.options import Options
from numerics.sharpness import Hessian, sharpness
from numerics.simulate import simulate
from numerics.training.determinism import reproducible
from numerics.training.feed import training_batches
from numerics.training.member import members
from numerics.training.recipe import Group, Recipe
from numerics.training.stepping import stepper

GIB = 2**30


def training(log: Log) -> None:
    """Six nets side by side against the authors' way, one after another: the share of replaying and of overlap told apart."""
    net, batch, steps, wanted = ("resnet-56", 128, 20, 3.0) if log.gpu else ("resnet-8", 8, 2, 3.0)
    group, data = Group(Recipe(net=net, batch=batch), ks=KS), images(log, net, steps)
    if log.gpu:
        torch.cuda.reset_peak_memory_stats()
    with reproducible():
        plain, ours = (clocked(log.device, call) / steps for call in _contenders(group, data, log.device, steps))
        one = stepper(members(Group(group.recipe, ks=(1,)), data, log.device), log.device, True)

        def solo() -> None:
            for pixels, labels in islice(training_batches(group, data, 0), steps):
                one.step(pixels, labels)

        alone = clocked(log.device, solo) / steps
    told = (
        f"{plain / ours:.2f} x ({plain * 1e3:.1f} and {ours * 1e3:.1f} ms a step of six); one lane {alone * 1e3:.1f} ms: "
        f"replaying brings {plain / (6 * alone):.2f} x, overlapping {6 * alone / ours:.2f} x"
    )
    if log.gpu:
        told += f"; peak memory {torch.cuda.max_memory_allocated() / GIB:.1f} GiB (two sets of six)"
    log.say(
        plain / ours >= wanted if log.gpu else None,
        f"six {net} side by side, float32, at least {wanted:g} x one after another",
        told,
    )


def pde(log: Log) -> None:
    """Steps of the nonlinear PDE against one CPU core, alone and in batches."""
    size, kernel, batches = (256, 32, (1, 32, 256)) if log.gpu else (32, 4, (1, 4))
    for dtype in (torch.float64, torch.float32):
        start = torch.randn(kernel, kernel, generator=torch.Generator().manual_seed(0), dtype=torch.float64).to(dtype)

        def steps(device: str, members: int, dtype: torch.dtype = dtype, start: Tensor = start) -> Tensor:
            flow = nonlinear(Correlation(checkerboard(size, dtype).to(device), kernel, pooling="mean"), 20.0, 1.0, 1.0)
            lrs = torch.linspace(0.01, 0.03, members, dtype=dtype).to(device)[:, None, None]
            return simulate(flow, start.to(device), lrs, 20).final

        here, there = steps("cpu", 4), steps(log.device, 4).cpu()
        off = float(((here - there).norm(dim=(-2, -1)) / here.norm(dim=(-2, -1))).max())
        name = f"PDE {size}/{kernel}, {str(dtype).removeprefix('torch.')}"
        log.say(off < 1e4 * torch.finfo(dtype).eps, f"{name}: the CPU's numbers over 20 steps", f"{off:.1e} relative")
        core = clocked("cpu", lambda run=steps: run("cpu", 1)) / 20
        each = {n: clocked(log.device, lambda run=steps, n=n: run(log.device, n)) / (20 * n) for n in batches}
        told = ", ".join(f"{n} at once {seconds * 1e6:.0f} us each" for n, seconds in each.items())
        largest = max(batches)
        wanted = core / each[largest] >= 20 if log.gpu and dtype == torch.float64 else None
        log.say(
            wanted,
            f"{name}: a batch of {largest}, at least 20 x a core",
            f"{core / each[largest]:.1f} x; core {core * 1e6:.0f} us, {told}",
        )


def curvature(log: Log) -> None:
    """The sharpness in float32 against that in float64: its bound must hold under torch's default precision."""
    net, rows, size = ("resnet-20", 512, 32) if log.gpu else ("tiny", 8, 8)
    model = nets.build(net, channels=3, classes=10, size=size, device=log.device).eval()
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randn(rows, 3, size, size, generator=generator).to(log.device)
    labels = torch.randint(10, (rows,), generator=generator).to(log.device)
    exact = float(sharpness(model.double(), cross_entropy, (pixels.double(), labels), tolerance=1e-6, limit=200))
    found = sharpness(model.float(), cross_entropy, (pixels, labels), tolerance=1e-3, limit=200)
    off, bound = abs(float(found) - exact), float(found.bounds[0])
    told = f"off by {off / exact:.1e}, bound {bound / exact:.1e}, {found.products} products"
    log.say(off <= bound, f"sharpness of {net}, float32 within its bound", told)
    hessian = Hessian(model, cross_entropy, (pixels, labels))
    vector = torch.ones(hessian.size, device=log.device) / hessian.size**0.5
    product = clocked(log.device, lambda: hessian @ vector)
    gradient = clocked(log.device, hessian.gradient)
    log.say(None, f"Hessian products of {net}", f"{1 / product:.0f} a second, {product / gradient:.1f} gradients each")


def monitoring(log: Log) -> None:
    """What the default monitor costs a ResNet-20, over a whole period of its shadow; and the training's bits beside it."""
    steps = int((Options.window + 1) / Options.shadow) + 1 if log.gpu else 4
    with reproducible(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _trained(log, min(steps, 20), True)  # derives the edge, warms up
        (plain, weights), (watched, same) = _trained(log, steps, False), _trained(log, steps, True)
    log.say(all(torch.equal(a, b) for a, b in zip(weights, same, strict=True)), "the monitor leaves the training's bits alone")
    wanted = watched / plain <= 1.1 if log.gpu else None
    log.say(wanted, f"the monitor costs at most 10 %, {steps} steps of ResNet-20", f"{watched / plain - 1:+.1%}")


def _trained(log: Log, steps: int, watched: bool) -> tuple[float, list[Tensor]]:
    """Seconds, and the weights at the end."""
    rows, size = (128, 32) if log.gpu else (8, 8)
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randn(rows, 3, size, size, generator=generator).to(log.device)
    labels = torch.randint(10, (rows,), generator=generator).to(log.device)
    model = nets.build("resnet-20" if log.gpu else "tiny", channels=3, classes=10, size=size, device=log.device)
    optimizer = SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
    monitor = StabilityMonitor(model, optimizer, cross_entropy) if watched else None

    def run() -> None:
        for _ in range(steps):
            optimizer.zero_grad()
            cross_entropy(model(pixels), labels).backward()
            optimizer.step()
            if monitor is not None:
                monitor.step(pixels, labels)

    return timed(run, log.device), [weight.detach().clone() for weight in model.parameters()]
