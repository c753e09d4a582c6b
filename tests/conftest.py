"""Settings of all tests: reproducible examples for hypothesis, a marker for CUDA."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterator
from functools import cache

import pytest
import torch
from hypothesis import HealthCheck, settings

from tests.other_rounding import whatever_the_rounding  # noqa: F401 (a fixture)

COMMON = {"deadline": None, "derandomize": True, "suppress_health_check": [HealthCheck.too_slow]}
for profile, examples in {"default": 40, "fewer": 10, "many": 400}.items():  # fewer by another rounding, of what ran already
    settings.register_profile(profile, max_examples=examples, **COMMON)
settings.load_profile(os.environ.get("EXAMPLES", "default"))


FIRST = (
    "paper_checks/",
    "tests/derive/derivations/",
    "tests/derive/reports/",
    "tests/experiments/page/",
    "tests/derive/",
    "derive/",
)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a shell: commands under test inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _derived_anew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The user's cache of derived results is neither read nor written; processes side by side have one of this run's own."""
    base = tmp_path_factory.getbasetemp()
    run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADCFL_CACHE", os.environ.get("DERIVED_IN_TESTS") or str(run / "derived"))
        yield


@pytest.hookimpl(tryfirst=True)  # before what is marked so is left out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a GPU where there is none; what no torch computes is exact: `make test-portable` changes torch alone.

    What needs all theorems comes first: of processes side by side one has it all, and derives them, and not each.
    """
    items.sort(key=lambda item: [item.nodeid.startswith(room) for room in (*FIRST, "")].index(True))
    for item in items:
        if isinstance(item, pytest.Function) and not _computes(item.module.__name__):
            item.add_marker(pytest.mark.exact)
    if not torch.cuda.is_available():
        for item in items:
            if item.get_closest_marker("gpu"):  # not among the keywords: a folder may be called so
                item.add_marker(pytest.mark.skip(reason="no CUDA device"))


def pytest_collection_finish() -> None:
    """What collecting has made lives as long as the run: it need not be gone through again and again for garbage."""
    gc.collect()
    gc.freeze()


@cache
def _computes(name: str) -> bool:
    """Whether a module imports torch, or takes something of its folder or of `numerics` from a module that does.

    What `experiments` imports it often imports when it is asked: it counts as computing.
    """
    seen, left, followed = set(), {name}, (name.partition(".")[0], "numerics")
    while left - seen:
        module = (left - seen).pop()
        seen.add(module)
        held = vars(sys.modules[module]).values()
        names = {getattr(value, "__module__", None) or getattr(value, "__name__", "") for value in held}
        packages = {found: found.partition(".")[0] for found in names if isinstance(found, str)}
        if {"torch", "experiments"} & set(packages.values()):
            return True
        left |= {found for found, package in packages.items() if package in followed and found in sys.modules}
    return False
