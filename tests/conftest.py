"""Settings of all tests: reproducible examples for hypothesis, a marker for CUDA."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from functools import cache

import pytest
import torch
from hypothesis import HealthCheck, settings

from tests.other_rounding import whatever_the_rounding  # noqa: F401 (a fixture)

settings.register_profile("default", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fewer", settings.get_profile("default"), max_examples=10)  # by another rounding, of what ran already
settings.load_profile(os.environ.get("EXAMPLES", "default"))


OF_ALL_THEOREMS = ("paper_checks/", "derive/", "tests/derive/", "tests/experiments/page/")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a shell: commands under test inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _derived_anew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The user's cache of derived results is neither read nor written."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADCFL_CACHE", str(tmp_path_factory.mktemp("derived")))
        yield


@pytest.hookimpl(tryfirst=True)  # before what is marked so is left out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a GPU where there is none; what no torch computes is exact: `make test-portable` changes torch alone.

    What needs all theorems comes first: of processes side by side one has it all, and derives them, and not each.
    """
    items.sort(key=lambda item: not item.nodeid.startswith(OF_ALL_THEOREMS))
    for item in items:
        if isinstance(item, pytest.Function) and not _computes(item.module.__name__):
            item.add_marker(pytest.mark.exact)
    if not torch.cuda.is_available():
        for item in items:
            if item.get_closest_marker("gpu"):  # not among the keywords: a folder may be called so
                item.add_marker(pytest.mark.skip(reason="no CUDA device"))


@cache
def _computes(name: str) -> bool:
    """Whether a module, or one of its folder that it takes something from, imports torch or what is built on it."""
    names = {getattr(value, "__module__", None) or getattr(value, "__name__", "") for value in vars(sys.modules[name]).values()}
    names = {found for found in names if isinstance(found, str)} - {name}
    if {found.partition(".")[0] for found in names} & {"torch", "numerics", "experiments"}:
        return True
    package = name.partition(".")[0]
    return any(_computes(found) for found in names if found.partition(".")[0] == package and found in sys.modules)
