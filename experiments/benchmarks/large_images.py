"""The windowed operator on large images, on one thread: processor time a pixel against 256x256, memory against the image."""

from __future__ import annotations

import subprocess
import sys
from time import process_time

import torch

from experiments.benchmarks.timing import Result, seconds, threads
from numerics.pdes.correlation import Correlation

SIDES = (1024, 2048, 4096, 8192)
KERNELS = (16, 128)
SMALL = 256
LARGEST = 2

# The peak of a process that holds the image and applies the operator once, over what is resident before.
_PROGRAM = """
import sys, torch
from numerics.pdes.correlation import Correlation
side, kernel = map(int, sys.argv[1:])
peak = lambda: int([line for line in open('/proc/self/status') if line.startswith('VmHWM')][0].split()[1])
Correlation(torch.rand(64, 64, dtype=torch.float64), 8).gram(torch.ones(8, 8, dtype=torch.float64))
before = peak()
image = torch.rand(side, side, dtype=torch.float64)
Correlation(image, kernel).gram(torch.ones(kernel, kernel, dtype=torch.float64))
print((peak() - before) * 1024 / (image.numel() * 8))
"""


def run() -> list[Result]:
    """Both operators' worst cost a pixel relative to the small image's, and the peak memory of the largest."""
    return [result for kernel in KERNELS for result in _costs(kernel)] + [_memory(kernel) for kernel in KERNELS]


def _costs(kernel: int) -> list[Result]:
    small = _pixel_seconds(SMALL, kernel)
    return [_cost(side, kernel, small) for side in SIDES]


def _cost(side: int, kernel: int, small: float) -> Result:
    image = torch.rand(side, side, dtype=torch.float64)
    taken = _pixel_seconds(side, kernel)
    with threads(1):
        floor = seconds(image.sum, 3, warm_up=1, clock=process_time) / side**2
    note = f"{taken * 1e9:.1f} ns a pixel; one pass over memory {floor * 1e9:.2f} ns"
    return Result(f"operator, kernel {kernel}, {side}^2 over {SMALL}^2, a pixel", taken / small, "x", LARGEST, False, note)


def _pixel_seconds(side: int, kernel: int) -> float:
    correlation = Correlation(torch.rand(side, side, dtype=torch.float64), kernel)
    cells = torch.ones(kernel, kernel, dtype=torch.float64)
    with threads(1):
        return seconds(lambda: correlation.gram(cells), 3 if side > SMALL else 30, warm_up=1, clock=process_time) / side**2


def _memory(kernel: int) -> Result:
    answer = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(max(SIDES)), str(kernel)], capture_output=True, text=True, check=True
    )
    note = "the image itself and its tiles' transforms"
    return Result(f"operator, kernel {kernel}, {max(SIDES)}^2: memory", float(answer.stdout), "images", 10, False, note)
