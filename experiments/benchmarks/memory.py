"""Peak memory of a simulation beyond what importing torch takes, measured in processes of their own (Linux)."""

from __future__ import annotations

import subprocess
import sys

from experiments.benchmarks.timing import Result

# Not ru_maxrss: a process inherits that from the one that started it.
_PEAK = "print([line for line in open('/proc/self/status') if line.startswith('VmHWM')][0].split()[1])"

_BARE = f"import torch; {_PEAK}"

_SIMULATION = f"""
import torch
from numerics.pdes.active_mode import checkerboard
from numerics.pdes.correlation import Correlation
from numerics.pdes.flows import nonlinear
from numerics.pdes.simulate import simulate
flow = nonlinear(Correlation(checkerboard(256), 32, pooling="mean"), 20.0, 1.0, 1.0)
lrs = torch.linspace(0.01, 0.09, BATCH, dtype=torch.float64)[:, None, None]
simulate(flow, torch.ones(32, 32, dtype=torch.float64), lrs, 20)
{_PEAK}
"""


def run() -> list[Result]:
    """Peak memory beyond that of a process which imports torch alone, of one simulation and of 32 side by side."""
    bare = _megabytes(_BARE)
    unfolded = f"an unfolded image alone takes {225**2 * 32**2 * 8 / 1e6:.0f} MB"
    return [
        Result(
            f"memory, 256/32, {n} at once", _megabytes(_SIMULATION.replace("BATCH", str(n))) - bare, "MB", 300, False, unfolded
        )
        for n in (1, 32)
    ]


def _megabytes(program: str) -> float:
    """Peak resident size of a Python process (VmHWM, in KiB)."""
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return int(answer.stdout.split()[-1]) * 1024 / 1e6
