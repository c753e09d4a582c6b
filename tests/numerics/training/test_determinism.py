from __future__ import annotations

import os

import pytest
import torch

from derive.errors import InputError
from numerics.training import determinism
from numerics.training.determinism import WORKSPACE, _switches, reproducible


def settings():
    return [switch.read() for switch in _switches()]


@pytest.fixture
def upside_down():
    """Every switch at a value that is not wanted; as it was afterwards."""
    switches = _switches()
    before = [switch.read() for switch in switches]
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = True
    torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic = True, False
    torch.set_float32_matmul_precision("medium")
    torch.set_num_threads(2)
    yield
    for switch, value in zip(switches, before, strict=True):
        switch.write(value)


def test_inside_everything_is_as_wanted(upside_down):
    with reproducible():
        assert torch.are_deterministic_algorithms_enabled()
        assert not torch.is_deterministic_algorithms_warn_only_enabled()
        assert torch.get_num_threads() == 1
        assert not torch.backends.cudnn.benchmark
        assert torch.backends.cudnn.deterministic
        assert torch.get_float32_matmul_precision() == "highest"
        assert torch.backends.mkldnn.matmul.fp32_precision == "ieee"
        assert torch.backends.cudnn.conv.fp32_precision == "ieee"
        assert not torch.backends.cuda.matmul.allow_tf32
        assert not torch.backends.cudnn.allow_tf32
        assert os.environ[WORKSPACE] in (":4096:8", ":16:8")


def test_afterwards_everything_is_as_before(upside_down):
    before = settings()
    with reproducible():
        assert settings() != before
    assert settings() == before


def test_also_after_an_error_and_when_nested(upside_down):
    before = settings()
    with pytest.raises(KeyError), reproducible():
        inside = settings()
        with reproducible():
            pass
        assert settings() == inside
        raise KeyError
    assert settings() == before


def test_a_workspace_that_is_not_deterministic_is_named(monkeypatch):
    before = settings()[:-1]
    monkeypatch.setenv(WORKSPACE, ":0:0")
    with pytest.raises(InputError, match=r"CUBLAS_WORKSPACE_CONFIG to be :4096:8 or :16:8, got ':0:0'"), reproducible():
        pass
    assert settings()[:-1] == before


def test_the_smaller_workspace_is_kept(monkeypatch):
    monkeypatch.setenv(WORKSPACE, ":16:8")
    with reproducible():
        assert os.environ[WORKSPACE] == ":16:8"


def test_nothing_random_is_touched():
    before = torch.get_rng_state()
    with reproducible():
        pass
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.gpu
def test_float32_products_are_not_rounded_to_tf32(upside_down):
    torch.set_float32_matmul_precision("high")
    a = torch.full((64, 64), 1 + 2.0**-20, device="cuda")
    with reproducible():
        assert float((a @ torch.eye(64, device="cuda"))[0, 0]) == 1 + 2.0**-20


def test_a_setting_that_cannot_be_put_back_neither_hides_the_reason_nor_keeps_the_others(monkeypatch):
    """As when Ctrl-C comes while torch imports what a switch needs."""
    threads, precision = torch.get_num_threads(), torch.backends.cuda.matmul.fp32_precision

    def broken(value):
        if value != (True, False):
            raise AssertionError("half imported")

    monkeypatch.setattr(determinism, "_set_algorithms", broken)
    told = pytest.warns(RuntimeWarning, match=r"could not be put back to .*half imported")
    with told, pytest.raises(KeyboardInterrupt), reproducible():
        raise KeyboardInterrupt
    assert (torch.get_num_threads(), torch.backends.cuda.matmul.fp32_precision) == (threads, precision)


def test_what_was_not_reached_is_not_put_back(monkeypatch):
    """A setting that fails on the way in is put back with those before it; the later ones are left alone."""
    done = []

    def switch(name, fails=False):
        def write(value):
            done.append((name, value))
            if fails and value == "wanted":
                raise OSError

        return determinism.Switch(lambda: "before", write, "wanted")

    monkeypatch.setattr(determinism, "_switches", lambda: [switch("a"), switch("b", fails=True), switch("c")])
    with pytest.raises(OSError), reproducible():
        pass
    assert done == [("a", "wanted"), ("b", "wanted"), ("a", "before"), ("b", "before")]
