"""The time limit counts the calculation's own processor time."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from derive.conditions.time_limit import Limit, TimeUp, time_limit


def busy(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_a_busy_block_is_interrupted() -> None:
    begun = time.thread_time()
    with pytest.raises(TimeUp), time_limit(0.1):
        busy(20)
    assert 0.1 <= time.thread_time() - begun < 5


def test_waiting_does_not_count() -> None:
    """As a machine that is busy with something else makes a calculation wait."""
    with time_limit(0.1):
        time.sleep(0.5)


def test_what_was_spent_before_does_not_count() -> None:
    busy(0.2)
    with time_limit(0.2):
        busy(0.05)


def test_nothing_is_raised_after_the_block_and_in_another_thread() -> None:
    found = []

    def limited() -> None:
        with pytest.raises(TimeUp), time_limit(0.05):
            busy(20)
        found.append("interrupted")

    thread = threading.Thread(target=limited)
    with time_limit(5):
        thread.start()
        thread.join()
    busy(0.1)
    assert found == ["interrupted"]


@pytest.mark.parametrize("seconds", [0.05, 5])
def test_a_tracer_works_afterwards(seconds: float) -> None:
    """In CPython 3.11 a pending exception that is only taken back hangs the next traced call."""
    code = (
        "import sys, time\nfrom derive.conditions.time_limit import TimeUp, time_limit\n"
        f"try:\n    with time_limit({seconds}):\n        end = time.thread_time() + 0.3\n"
        "        while time.thread_time() < end: pass\nexcept TimeUp: print('up')\n"
        "def called(): return 1\nsys.settrace(lambda *_: None)\ncalled()\nsys.settrace(None)\nprint('done')\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.split() == (["up"] if seconds < 1 else []) + ["done"]


def test_waiting_counts_against_the_time_elapsed() -> None:
    begun = time.monotonic()
    with pytest.raises(TimeUp), time_limit(20, elapsed=0.2):
        while time.monotonic() < begun + 5:
            time.sleep(0.01)
    assert time.monotonic() - begun < 4


def test_blocks_of_one_limit_share_it() -> None:
    limit = Limit(0.2)
    with limit.block():
        busy(0.1)
    begun = time.thread_time()
    with pytest.raises(TimeUp), limit.block():
        busy(20)
    assert time.thread_time() - begun < 5
    with pytest.raises(TimeUp), limit.block():
        raise AssertionError("nothing is left")
    with limit.block(least=1.0):
        busy(0.01)
