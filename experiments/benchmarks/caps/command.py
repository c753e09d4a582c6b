"""`python -m experiments.benchmarks caps`: run a preset, keep its record, tell it."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

NAME = "benchmark-caps"


def caps(preset: str = "default", device: str = "cpu", out: Path = Path("results")) -> None:
    """Caps at c = 1, c = 2 and shares of the mean-square edge, over batch sizes and momenta, on small nets.

    Writes data, picture and record into OUT/benchmark-caps, whole or not at all.

    Args:
        preset: smoke (about a minute), default (a quarter to half an hour on two cores), constant
            (the same without a decay) or large (days).
        device: cpu or cuda:N.
        out: folder for the record.
    """
    from derive.errors import choose
    from experiments.benchmarks.caps import comparison
    from experiments.running.means import Means
    from experiments.running.provenance import checked_device
    from experiments.running.runner import run_config

    config, means = choose("preset", preset, comparison.PRESETS), Means(checked_device(device))
    command = shlex.join(["python", "-m", "experiments.benchmarks", *sys.argv[1:]])
    print(run_config(NAME, comparison, preset, config, Path(out), command, means))
