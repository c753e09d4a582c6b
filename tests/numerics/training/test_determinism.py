from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

from derive.errors import InputError
from numerics.common import cublas, determinism
from numerics.common.cublas import WORKSPACE, check_in_time
from numerics.common.determinism import _switches, full_precision, reproducible

pytestmark = pytest.mark.exact

PARTS = [
    getattr(getattr(torch.backends, library), part)
    for library, parts in {"cuda": ["matmul"], "cudnn": ["conv", "rnn"], "mkldnn": ["matmul", "conv", "rnn"]}.items()
    for part in parts
]


def settings():
    return [switch.read() for switch in _switches()]


@pytest.fixture
def upside_down(settings_put_back):
    """Every switch at a value that is not wanted; as it was afterwards."""
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = True
    torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic = True, False
    torch.set_float32_matmul_precision("medium")
    torch.set_num_threads(2)


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
    before = settings()
    monkeypatch.setenv(WORKSPACE, ":0:0")
    with pytest.raises(InputError, match=r"CUBLAS_WORKSPACE_CONFIG to be :4096:8 or :16:8, got ':0:0'"), reproducible():
        pass
    assert settings() == before


def test_the_smaller_workspace_is_kept(monkeypatch):
    monkeypatch.setenv(WORKSPACE, ":16:8")
    with reproducible():
        assert os.environ[WORKSPACE] == ":16:8"


LATE = """
import os, sys, torch
import numerics.statistics
from numerics.common.determinism import reproducible
with reproducible():
    inside = os.environ["CUBLAS_WORKSPACE_CONFIG"]
print(inside, os.environ["CUBLAS_WORKSPACE_CONFIG"])
"""


def test_the_workspace_is_set_by_the_first_import_and_stays():
    """torch looks at it once, at the first product of a process, and child processes look at what they inherit."""
    bare = {name: value for name, value in os.environ.items() if name != WORKSPACE}
    told = subprocess.run([sys.executable, "-c", LATE], env=bare, capture_output=True, text=True, check=True)
    assert told.stdout.split() == [":4096:8", ":4096:8"]


def _refused():
    raise RuntimeError(
        "Deterministic behavior was enabled with either `torch.use_deterministic_algorithms(True)` or [...], but this operation"
        " is not deterministic because it uses CuBLAS and you have CUDA >= 10.2. CUBLAS_WORKSPACE_CONFIG=:4096:8 or [...]"
    )


def _other():
    raise RuntimeError("out of memory")


def test_a_product_before_the_workspace_was_set_is_one_line(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(cublas, "_product", _refused)
    before = settings()
    with (
        pytest.raises(InputError, match=r"before the first matrix product on a GPU.*; import numerics before") as told,
        reproducible(),
    ):
        pass
    assert "\n" not in str(told.value)
    assert settings() == before


def test_other_errors_of_the_first_product_pass():
    with pytest.raises(RuntimeError, match="out of memory"):
        check_in_time(_other)


@pytest.mark.parametrize(
    ("owner", "value"),
    [
        (torch.backends.cudnn.conv, "ieee"),
        (torch.backends.cuda.matmul, "tf32"),
        (torch.backends.cudnn, "tf32"),
        (torch.backends, "tf32"),
        (torch.backends, "bf16"),
    ],
)
def test_new_names_of_a_precision_are_no_hindrance(owner, value, settings_put_back):
    """While they contradict the old ones, torch refuses to read those."""
    owner.fp32_precision = value
    before = settings()
    with reproducible():
        assert {part.fp32_precision for part in PARTS} == {"ieee"}
    assert settings() == before


def test_what_a_part_inherits_it_inherits_afterwards(settings_put_back):
    """The user sets the whole, trains, and sets it back: no part is left behind, and torch can be asked."""
    whole, at_first = torch.backends, [part.fp32_precision for part in PARTS]
    was, whole.fp32_precision = whole.fp32_precision, "tf32"
    with reproducible(), full_precision():
        pass
    assert {part.fp32_precision for part in PARTS} == {"tf32"}
    whole.fp32_precision = was
    assert [part.fp32_precision for part in PARTS] == at_first
    assert torch.get_float32_matmul_precision() == "highest"


def test_nothing_random_is_touched():
    before = torch.get_rng_state()
    with reproducible():
        pass
    assert torch.equal(torch.get_rng_state(), before)


AFTER_A_PRODUCT = """
import torch
square = torch.ones(8, 8, device="cuda")
square @ square
from numerics.common.determinism import reproducible
with reproducible():
    square @ square
"""


@pytest.mark.gpu
@pytest.mark.parametrize("workspace", [None, ":4096:8"])
def test_after_a_product_outside(workspace):
    bare = {name: value for name, value in os.environ.items() if name != WORKSPACE} | (
        {WORKSPACE: workspace} if workspace else {}
    )
    told = subprocess.run([sys.executable, "-c", AFTER_A_PRODUCT], env=bare, capture_output=True, text=True)
    assert (told.returncode == 0) == (workspace is not None)
    assert workspace is not None or "before the first matrix product on a GPU" in told.stderr


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
