"""Every experiment on a device that is strict as a GPU, and agrees with the CPU there."""

from __future__ import annotations

import pytest

from experiments import registry
from tests.experiments.agreeing import CERTAIN, SHORT, assert_agrees, computed, first
from tests.pretended import pretended

pytestmark = pytest.mark.exact  # devices and waits, not numbers

NAMES = [name for name in registry.names() if not registry.trains(registry.experiment(name))]

LONG = ("edge-of-optimizers", "figure-2", "figure-8", "table-9")
"""Over ten seconds here; their parts have pretended devices of their own in tests/numerics."""


def test_what_is_certain_is_said_of_experiments_that_there_are() -> None:
    assert set(CERTAIN) | set(SHORT) <= set(NAMES)


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in LONG else n for n in NAMES])
def test_nothing_mixes_devices(name: str) -> None:
    with pretended() as counted:
        there = computed(name, "cuda:0")
    assert_agrees(name, there, first(name))
    assert counted["operations"] > 10
