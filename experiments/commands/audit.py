"""`python -m experiments audit`: how far a user's own training is from its edge, as one page."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import tyro


def audit(
    target: Annotated[str, tyro.conf.Positional],
    /,
    every: int = 1,
    budget: float = 1.0,
    shadow: bool = True,
    smallest: bool = False,
    steps: int | None = None,
    out: Path = Path("results"),
) -> None:
    """Audit your own training function: MODULE:FUNCTION, in the current directory; writes OUT/audit/audit.html.

    Example: python -m experiments audit train:main --steps 500

    A function `def train(audit)` calls `monitor = audit(model, optimizer, loss_fn)` and, after each optimizer.step(),
    `monitor.step(inputs, targets)`. A function without arguments needs no change: it is watched by hooks, without the
    last-bit divergence. See docs/audit.md.

    Args:
        target: module and function, as train:main.
        every: least number of steps between two measurements.
        budget: Hessian products per step on average; each takes two to three times as long as a gradient.
        shadow: train a shadow with perturbed last bits beside a quarter of the steps.
        smallest: measure the lower end of the weight-decay window too; as dear as the upper one.
        steps: stop after so many steps of the optimiser.
        out: the page and its data are written into OUT/audit.
    """
    from experiments.audit.command import run_audit

    command = shlex.join(["python", "-m", "experiments", *sys.argv[1:]])
    print(run_audit(target, every, budget, shadow, smallest, steps, out, command))
