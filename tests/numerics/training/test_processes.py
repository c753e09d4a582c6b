"""The same run in processes that differ in all that must not matter."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.numerics.training.cases import group, trails, trained

PROGRAM = """
import torch
torch.manual_seed({seed})
torch.set_num_threads({seed})
padding = [bytearray(n) for n in range(1, 40000, 7 * {seed})]  # memory laid out otherwise
from tests.numerics.training.cases import group, trained, trails
print(trails(trained(group(net="resnet-8", epochs=1))))
"""


def elsewhere(seed: int) -> str:
    environment = os.environ | {"PYTHONHASHSEED": str(seed), "OMP_NUM_THREADS": str(seed)}
    command = [sys.executable, "-c", PROGRAM.format(seed=seed)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120).stdout.strip()


@pytest.mark.slow
def test_threads_hashes_seeds_and_memory_of_a_process_do_not_matter():
    assert elsewhere(2) == str(trails(trained(group(net="resnet-8", epochs=1))))
