"""What a checkpoint after every epoch costs: gathering the state and putting it on the disk, against the epoch.

On a CPU: three members of ResNet-8 on all digits, the shortest epochs that the `default` presets have. On a GPU: six of
ResNet-56 on images of CIFAR's shape.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import torch

from experiments.benchmarks.floor import timed
from experiments.benchmarks.side_by_side import SETTINGS, noise
from experiments.benchmarks.timing import Result
from numerics.checkpoint import save
from numerics.datasets import Data, load
from numerics.training.group import GroupRun
from numerics.training.recipe import Group, Recipe

TARGET = 0.02
EPOCHS = 5


def run() -> list[Result]:
    """The cost as a fraction of an epoch, medians over a few of each."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    group, data = _on_a_gpu() if device == "cuda" else _on_a_cpu()
    going = GroupRun(group, data, device)
    going.advance()  # also the recording of steps, once per step size
    with TemporaryDirectory(prefix="gradcfl-", dir=Path.cwd()) as folder:
        pairs = [(timed(going.advance, device), timed(_checkpoint(going, Path(folder)), device)) for _ in range(EPOCHS)]
        size = sum(file.stat().st_size for file in sorted(Path(folder).iterdir())[-1].iterdir())
    epoch, cost = (median(column) for column in zip(*pairs, strict=True))
    note = f"{cost * 1e3:.1f} ms for {size / 1e6:.1f} MB; an epoch takes {epoch:.2f} s"
    return [Result(f"checkpoint / epoch, {len(group.ks)} {group.recipe.net}", cost / epoch, "", TARGET, False, note)]


def _checkpoint(going: GroupRun, folder: Path) -> Callable[[], object]:
    return lambda: save(folder, *going.state(), going.group.shared())


def _on_a_cpu() -> tuple[Group, Data]:
    recipe = Recipe(net="resnet-8", data="digits", epochs=EPOCHS + 1)
    return Group(recipe, ks=(1, 3, 5)), load(recipe.data)


def _on_a_gpu() -> tuple[Group, Data]:
    setting = replace(SETTINGS["cuda"], steps=391)
    recipe = Recipe(net=setting.net, batch=setting.batch, epochs=EPOCHS + 1)
    return Group(recipe), noise(setting, "cuda")
