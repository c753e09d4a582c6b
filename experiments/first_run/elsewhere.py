"""What is run in processes of its own: the tests that need a GPU, and the experiments that train no groups."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile

from experiments import registry
from experiments.first_run.log import Log

TREE = Path(__file__).parents[2]
NEEDS = {
    "curvlinops": "tests/numerics/sharpness/test_products.py",
    "lightning": "tests/numerics/monitor/test_lightning.py",
    "transformers": "tests/numerics/monitor/test_huggingface.py",
    "tensorboard": "tests/numerics/monitor/test_tensorboard.py",
    "distributed": "tests/experiments/running/cluster/test_submitting.py",
}
"""Package -> tests that cannot be collected without it."""

TESTS = {True: ("tests/numerics", "tests/experiments"), False: ("tests/numerics/optim/test_stateless.py",)}
SHARE = 0.6
"""Of the time that is left, for the tests at most."""

TOGETHER, EACH, KEPT = 8, 100.0, 15.0
"""Experiments at once; seconds for one; seconds kept for the end."""

_ONE = """
import sys, time
from experiments import registry
from experiments.running.progress import silent
module, start = registry.experiment(sys.argv[1]), time.time()
module.compute(module.PRESETS["smoke"], sys.argv[2], silent)
print(f"{time.time() - start:.1f} s")
"""


def tests(log: Log) -> None:
    """`pytest -m gpu`; on a CPU one file, whose GPU tests skip."""
    absent = [package for package in NEEDS if find_spec(package) is None]
    if absent:
        log.say(None, "pytest -m gpu", f"without the tests of {', '.join(absent)}, which are not here")
    command = [sys.executable, "-m", "pytest", "-m", "gpu", "-q", "-o", "filterwarnings=default", "-p", "no:cacheprovider"]
    command += ["-n", str(min(TOGETHER, os.cpu_count() or 1))] if log.gpu and find_spec("xdist") else []
    command += [f"--ignore={NEEDS[package]}" for package in absent] + list(TESTS[log.gpu])
    try:
        told = subprocess.run(command, cwd=TREE, capture_output=True, text=True, timeout=SHARE * log.left)
    except subprocess.TimeoutExpired as stopped:
        log.say(None, "pytest -m gpu", f"stopped after {stopped.timeout:.0f} s, not finished")
        return
    lines = (told.stdout + told.stderr).strip().splitlines()
    failed = [line.split(" - ")[0] for line in lines if line.startswith(("FAILED", "ERROR"))]
    log.say(told.returncode in (0, 5), "pytest -m gpu", "; ".join([lines[-1] if lines else "", *failed]))


def experiments(log: Log) -> None:
    """The smoke preset of every experiment that trains no groups, several at a time; on a CPU the first one."""
    names = [name for name in registry.names() if not registry.trains(registry.experiment(name))]
    queue, going = names if log.gpu else names[:1], {}
    while (queue and log.left > 2 * KEPT) or going:
        while queue and len(going) < TOGETHER and log.left > 2 * KEPT:
            name, out = queue.pop(0), TemporaryFile("w+")  # noqa: SIM115
            started = subprocess.Popen(
                [sys.executable, "-c", _ONE, name, log.device], cwd=TREE, stdout=out, stderr=out, text=True
            )
            going[name] = started, out, time.monotonic()
        for name in list(going):
            if _over(log, name, *going[name]):
                del going[name]
        time.sleep(0.1)
    for name in queue:
        log.say(None, f"experiment {name}", "skipped, no time left")


def _over(log: Log, name: str, process: subprocess.Popen, out, started: float) -> bool:
    """Say what became of it, if it is over or takes too long."""
    if process.poll() is not None:
        out.seek(0)
        log.say(process.returncode == 0, f"experiment {name}", (out.read().strip().splitlines() or [""])[-1])
        return True
    if time.monotonic() - started > EACH or log.left < KEPT:
        process.kill()
        process.wait()
        log.say(None, f"experiment {name}", "stopped, too slow")
        return True
    return False
