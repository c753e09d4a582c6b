"""What checkpoints cost: gathering the state and forcing it onto the disk, against the training between them.

On a CPU: three members of ResNet-8 on all digits, epochs so short that saving after each would cost too much; the pace of
`experiments.running.pace` is what keeps the share down. On a GPU: six of ResNet-56 on images of CIFAR's shape.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from experiments.benchmarks.side_by_side import SETTINGS, noise
from experiments.benchmarks.timing import Result
from experiments.running.pace import CHECKPOINTS, Pace
from numerics.checkpoints.checkpoint import save
from numerics.datasets import Data, load
from numerics.training.group import GroupRun
from numerics.training.recipe import Group, Recipe

EPOCHS = {"cuda": 4, "cpu": 12}


def run() -> list[Result]:
    """Share of the time that checkpoints take in a run, as the sweep takes them."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    group, data = _on_a_gpu() if device == "cuda" else _on_a_cpu()
    going = GroupRun(group, data, device)
    going.advance()  # also the recording of steps, once per step size
    # Here and not in the folder for temporary files, which may be memory.
    with TemporaryDirectory(prefix=".gradcfl-", dir=Path.cwd()) as folder:
        pace, saved = Pace(), 0
        while not going.finished:
            going.advance()
            saved += pace(lambda: save(Path(folder), *going.state(), group.shared()))
        elapsed = pace.elapsed
    epochs, cost = EPOCHS[device], pace.spent / saved
    note = f"{saved} in {epochs} epochs of {(elapsed - pace.spent) / epochs:.2f} s, {cost * 1e3:.1f} ms each"
    name = f"checkpoints / time, {len(group.ks)} {group.recipe.net}"
    return [Result(name, pace.spent / elapsed, "", CHECKPOINTS, False, note)]


def _on_a_cpu() -> tuple[Group, Data]:
    recipe = Recipe(net="resnet-8", data="digits", epochs=EPOCHS["cpu"] + 1)
    return Group(recipe, ks=(1, 3, 5)), load(recipe.data)


def _on_a_gpu() -> tuple[Group, Data]:
    setting = replace(SETTINGS["cuda"], steps=391)
    recipe = Recipe(net=setting.net, batch=setting.batch, epochs=EPOCHS["cuda"] + 1)
    return Group(recipe), noise(setting, "cuda")
