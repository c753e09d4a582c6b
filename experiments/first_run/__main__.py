"""Everything a new device has to show, in one run of at most 8 minutes, without network or installation.

    PYTHONPATH=. python -m experiments.first_run --device cuda

One line for every check: PASS or FAIL where something is claimed, INFO where not, with the numbers. The exit code is 1 if
anything failed. The record is OUT/first-run.json; the report shows it, and the one in experiments/records/first-run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import torch

from derive.errors import InputError
from experiments.first_run import elsewhere, optimisers, speed, training
from experiments.first_run.log import Log
from experiments.running.provenance import checked_device, hardware

BUDGET = 460
PARTS: dict[str, tuple[tuple[str, Callable[[Log], None], float], ...]] = {
    "bits": (
        ("reproducible() after a product", training.after_a_product, 10),
        ("optimisers against torch's", optimisers.against_torch, 5),
        ("numbers against the CPU's", optimisers.against_the_cpu, 5),
        ("captured against eager", training.captured, 10),
        ("captured against eager, six", training.captured_six, 30),
        ("six lanes, resume, repeat", training.lanes, 15),
    ),
    "speed": (
        ("training", speed.training, 40),
        ("PDE", speed.pde, 15),
        ("sharpness", speed.curvature, 20),
        ("monitor", speed.monitoring, 60),
    ),
    "tests": (("pytest -m gpu", elsewhere.tests, 60),),
    "experiments": (("experiments", elsewhere.experiments, 40),),
}
"""Most telling first; seconds that each needs at least on a GPU."""


def main(arguments: list[str] | None = None) -> int:
    """Run the parts; 0 if nothing failed, 1 if something did, 2 for a mistake on the command line."""
    asked = _parser().parse_args(arguments)
    try:
        log = Log(checked_device(asked.device), asked.budget)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    _where(log)
    for part in asked.parts:
        for name, work, needs in PARTS[part]:
            log.check(name, work, needs if log.gpu else min(needs, 5))
    counts = log.counted()
    print(f"record: {log.save(asked.out)}")
    print(f"{counts['PASS']} passed, {counts['FAIL']} failed")
    return int(counts["FAIL"] > 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m experiments.first_run", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--device", default="cuda", help="cuda, cuda:N, or cpu for a dry run")
    parser.add_argument("--budget", type=float, default=BUDGET, help=f"seconds for everything ({BUDGET})")
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS), metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--out", type=Path, default=Path("results/first-run"), help="folder of the record")
    return parser


def _where(log: Log) -> None:
    backends = torch.backends
    log.say(None, "hardware", f"{hardware(log.device)}, torch {torch.__version__}, Python {sys.version.split()[0]}")
    told = f"convolutions {backends.cudnn.conv.fp32_precision}, products {backends.cuda.matmul.fp32_precision}"
    log.say(None, "torch's defaults for float32", told)


if __name__ == "__main__":
    sys.exit(main())
