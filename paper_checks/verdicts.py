"""The verdict on every claim that has a check: the `verdict()` of each `test_*.py` here, computed when asked for."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

from derive.claim import Verdict


def checks() -> Iterator[ModuleType]:
    """The modules that check a claim, named in their `CLAIM`."""
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        module = import_module(f"paper_checks.{path.stem}")
        if hasattr(module, "CLAIM"):
            yield module


def all_verdicts() -> list[Verdict]:
    """One verdict per checked claim."""
    return [module.verdict() for module in checks()]
