"""Where a result comes from: date, versions, commit, machine, device, threads."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import torch

from derive.bare import version_of
from derive.errors import InputError
from derive.files.sources import state

PACKAGES = ("gradcfl", "torch", "numpy", "scipy", "sympy", "xarray")


def provenance(device: str) -> dict[str, str]:
    """Date (UTC), versions, commit, lock and hardware, as text; see `derive.files.sources`."""
    facts = {f"version_{name}": version_of(name) for name in PACKAGES}
    threads = f"{torch.get_num_threads()} threads"
    return facts | {
        **state(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "device": f"{_device_name(device)}, {threads}",
        "machine": _machine(),
    }


def hardware(device: str) -> str:
    """What decides bits beside versions and settings: the model of the GPU, or of the CPU and what torch uses of it."""
    if device.startswith("cuda"):
        return f"{torch.cuda.get_device_name(device)}, CUDA {torch.version.cuda}"
    return f"cpu ({_processor()}, {torch.backends.cpu.get_cpu_capability()})"


def versions() -> dict[str, str]:
    """Versions of the packages that training is made of."""
    return {name: version_of(name) for name in ("gradcfl", "torch", "numpy")}


def _device_name(device: str) -> str:
    if device.startswith("cuda"):
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return f"cpu ({_processor()})"


def _machine() -> str:
    """Cores, and memory where the system tells it."""
    cores = f"{os.cpu_count() or 'unknown number of'} cores"
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return cores
    return f"{cores}, {memory / 2**30:.1f} GiB of memory"


def _processor() -> str:
    """The processor's model where the system tells it (Linux), else its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def checked_device(name: str) -> str:
    """A device that exists here.

    Raises:
        InputError: unknown, or not on this machine; the message lists the valid ones.
    """
    valid = ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]
    if name == "cuda" and len(valid) > 1:
        return "cuda:0"
    if name not in valid:
        raise InputError(f"unknown device {name!r}: expected one of {', '.join(valid)}")
    return name
