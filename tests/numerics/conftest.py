"""Fixtures of the numeric tests: every device from one code path, exact images."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from numerics.common.determinism import _switches


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def device(request) -> str:
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    return request.param


@pytest.fixture
def settings_put_back() -> Iterator[None]:
    """What a test sets in torch is as before afterwards."""
    switches = _switches()
    before = [switch.read() for switch in switches]
    yield
    for switch, value in zip(switches, before, strict=True):
        switch.write(value)
