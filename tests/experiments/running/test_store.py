"""Results are written whole or not at all; nothing of anybody else's is touched."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import xarray as xr
from filelock import FileLock
from matplotlib.figure import Figure

from derive.errors import InputError
from derive.files.reading import read_regular
from experiments.running import store
from experiments.running.store import MARKER, check_writable, load, replacing, save
from experiments.running.swapping import HIDDEN, tidy
from numerics.common.netcdf import to_bytes
from tests.experiments.saving import killed_halfway, saved_with_little_room
from tests.killing import finished, started

pytestmark = pytest.mark.exact

DATA = xr.Dataset({"v": (("t",), [1.0, 2.0], {"units": "1"})}, attrs={"seeds": 0})
RECORD = {"title": "T", "caption": "c", "preset": "smoke", "config": {"n": 1}}


def shown(folder: Path) -> list[str]:
    """Names of what a user sees."""
    return sorted(path.name for path in folder.iterdir() if path.name != HIDDEN)


def left(folder: Path) -> list[str]:
    """What lies hidden beside results, but for the locks."""
    return sorted(path.name for path in (folder / HIDDEN).iterdir() if path.suffix != ".lock")


def kept(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}


def test_round_trip(tmp_path: Path) -> None:
    save(DATA, Figure(), "x", RECORD, tmp_path / "x")
    data, record = load(tmp_path / "x")
    xr.testing.assert_identical(data, DATA)
    assert record == {"name": "x", **RECORD}
    assert sorted(p.name for p in (tmp_path / "x").iterdir()) == [MARKER, "x.nc", "x.png", "x.svg"]
    assert (shown(tmp_path), left(tmp_path)) == (["x"], [])


def test_second_run_replaces_the_first(tmp_path: Path) -> None:
    save(DATA, Figure(), "x", RECORD, tmp_path / "x")
    save(DATA * 2, Figure(), "x", RECORD, tmp_path / "x")
    assert float(load(tmp_path / "x")[0].v[0]) == 2.0
    assert (shown(tmp_path), left(tmp_path)) == (["x"], [])


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), OSError(28, "No space left on device"), RuntimeError("bug")])
def test_a_failure_leaves_the_earlier_result(failure: BaseException, tmp_path: Path) -> None:
    save(DATA, Figure(), "x", RECORD, tmp_path / "x")
    before = kept(tmp_path / "x")
    expected = InputError if isinstance(failure, OSError) else type(failure)
    with pytest.raises(expected), replacing(tmp_path / "x") as fresh:
        (fresh / "x.nc").write_text("half")
        raise failure
    assert kept(tmp_path / "x") == before
    assert (shown(tmp_path), left(tmp_path)) == (["x"], [])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match="No space left on device; what was there is unchanged"),
        replacing(tmp_path / "x") as fresh,
    ):
        (fresh / "x.nc").symlink_to("/dev/full")
        with (fresh / "x.nc").open("w") as file:
            file.write("data")
    assert (shown(tmp_path), left(tmp_path)) == ([], [])


def test_kill_in_the_middle_leaves_the_earlier_result(tmp_path: Path) -> None:
    """SIGKILL while the new folder is half written."""
    save(DATA, Figure(), "x", RECORD, tmp_path / "x")
    before = kept(tmp_path / "x")
    assert finished(started(killed_halfway, tmp_path / "x")) == -signal.SIGKILL
    assert kept(tmp_path / "x") == before


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")
@pytest.mark.parametrize("room", [2_000, *(pytest.param(room, marks=pytest.mark.slow) for room in (0, 60_000))])
def test_no_room_for_a_real_result(room: int, tmp_path: Path) -> None:
    """The data file itself meets the limit, at several places; HDF5 writing straight to disk would crash here."""
    save(DATA, Figure(), "x", RECORD, tmp_path / "x")
    before = kept(tmp_path / "x")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        process = started(saved_with_little_room, tmp_path / "x", room, theirs)
        code = finished(process)
        theirs.close()
        told = ours.makefile().read()
    assert code == 0
    assert told.count("\n") == 1
    assert told.endswith("File too large; what was there is unchanged\n")
    assert kept(tmp_path / "x") == before
    assert (shown(tmp_path), left(tmp_path)) == (["x"], [])


def test_a_swap_killed_halfway_is_undone(tmp_path: Path) -> None:
    save(DATA, Figure(), "x", RECORD, tmp_path / "x")
    (tmp_path / "x").rename(tmp_path / HIDDEN / "x.earlier")
    xr.testing.assert_identical(load(tmp_path / "x")[0], DATA)
    assert (shown(tmp_path), left(tmp_path)) == (["x"], [])


def test_an_interrupt_within_the_swap_restores_the_earlier_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(DATA, Figure(), "x", RECORD, tmp_path / "x")
    rename = Path.rename

    def interrupted(source: Path, target: Path) -> Path:
        if source.name.startswith("x-"):
            raise KeyboardInterrupt
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save(DATA * 2, Figure(), "x", RECORD, tmp_path / "x")
    xr.testing.assert_identical(load(tmp_path / "x")[0], DATA)
    assert (shown(tmp_path), left(tmp_path)) == (["x"], [])


def test_what_killed_runs_left_is_swept_and_what_is_in_use_is_not(tmp_path: Path) -> None:
    """Whoever holds the lock is alive, whatever the clock says; nothing but our own folder is looked into."""
    save(DATA, Figure(), "x", RECORD, tmp_path / "x")
    for name in ("x-old", "x-y-abc", "y-old", "z-in-use", "w.earlier"):
        (tmp_path / HIDDEN / name).mkdir()
    for name in (".x-mine", ".y.earlier"):
        (tmp_path / name).mkdir()
    with FileLock(tmp_path / HIDDEN / "z-in.lock"):
        save(DATA, Figure(), "x", RECORD, tmp_path / "x")
        assert left(tmp_path) == ["z-in-use"]
    assert shown(tmp_path) == [".x-mine", ".y.earlier", "w", "x"]
    tidy(tmp_path)
    assert left(tmp_path) == []


SWAP_AGAIN_AND_AGAIN = """
import sys
from pathlib import Path
from experiments.running.swapping import swapped
for number in range(int(sys.argv[2])):
    with swapped(Path(sys.argv[1])) as fresh:
        for name in ("a", "b"):
            (fresh / name).write_text(f"{sys.argv[3]}-{number}")
"""


@pytest.mark.parametrize(("processes", "swaps"), [(8, 20), pytest.param(24, 200, marks=pytest.mark.slow)])
def test_no_result_is_lost_when_processes_finish_at_once(
    processes: int, swaps: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader meanwhile sees a whole result at any time, and never parts of two."""
    monkeypatch.setattr(store, "_read", lambda folder: tuple(read_regular(folder / name, 99) for name in ("a", "b")))
    arguments = [sys.executable, "-c", SWAP_AGAIN_AND_AGAIN, str(tmp_path / "x"), str(swaps)]
    running = [subprocess.Popen([*arguments, str(n)], stderr=subprocess.PIPE, text=True) for n in range(processes)]
    seen = []
    try:
        while any(process.poll() is None for process in running):
            if (tmp_path / "x").exists() or seen:
                seen.append(load(tmp_path / "x"))
    except InputError as error:  # the processes have to end before this test does
        seen.append((str(error), None))
    errors = [line for process in running for line in process.communicate()[1].splitlines()]
    assert [process.returncode for process in running] == [0] * processes
    assert [line for line in errors if not line.startswith("waiting for another process")] == []
    assert [pair for pair in seen if pair[0] != pair[1]] == []
    assert len(set(seen)) > 1
    assert (shown(tmp_path), left(tmp_path)) == (["x"], [])


STRANGERS = {
    "another experiment": DATA.assign_attrs(experiment="y"),
    "no experiment": DATA.assign_attrs(title="T"),
    "nothing": xr.Dataset(),
    "another run": DATA.assign_attrs(experiment="x", date="yesterday"),
}


@pytest.mark.parametrize("kind", STRANGERS)
def test_a_dataset_of_another_experiment_is_refused(kind: str, tmp_path: Path) -> None:
    save(DATA.assign_attrs(date="today"), Figure(), "x", RECORD | {"date": "today"}, tmp_path / "x")
    (tmp_path / "x" / "x.nc").write_bytes(to_bytes(STRANGERS[kind]))
    with pytest.raises(InputError, match=r"x.nc: it is of .*, not of this x\)") as error:
        load(tmp_path / "x")
    assert "\n" not in str(error.value)


def test_check_before_the_work_changes_nothing(tmp_path: Path) -> None:
    check_writable(tmp_path / "a" / "b")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="no folder that may be written"):
        check_writable(tmp_path / "file" / "x")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_foreign_folder_is_refused_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(InputError, match="holds no results of gradcfl"):
        save(DATA, Figure(), "x", RECORD, tmp_path)
    assert kept(tmp_path) == {"mine.txt": b"precious"}


def test_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("a file")
    with pytest.raises(InputError, match="expected a folder"):
        save(DATA, Figure(), "x", RECORD, tmp_path / "x")
    assert (tmp_path / "x").read_text() == "a file"


def test_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    save(DATA, Figure(), "x", RECORD, tmp_path / "x")
    assert (tmp_path / "x" / MARKER).is_file()


@pytest.mark.parametrize(
    "content", ["", "{", '{"name": "none"}', '{"other": 1}', "[]", '{"name": 5}', '{"name": "../x"}', "[" * 10**5]
)
def test_damaged_record_is_one_line(content: str, tmp_path: Path) -> None:
    (tmp_path / MARKER).write_text(content)
    with pytest.raises(InputError, match="expected a folder written by"):
        load(tmp_path)


@pytest.mark.skipif(not hasattr(os, "kill"), reason="POSIX only")
def test_interrupted_command_exits_130_and_writes_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "experiments", "run", "figure-5", "--preset", "paper", "--out", str(tmp_path / "out")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert "done after" in process.stderr.readline()  # it works, and says so
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode in (130, -signal.SIGINT)  # the latter out of an `exec`; a shell has 130 of both
    assert errors.strip().splitlines()[-1] == "interrupted; nothing was half written"
    assert "Traceback" not in errors
    assert not (tmp_path / "out").exists() or shown(tmp_path / "out") == []


def test_data_that_were_changed_since_are_not_the_recorded_ones(tmp_path: Path) -> None:
    """Whole, of the same experiment and date; a result of an earlier version, without the number, is read."""
    save(DATA, Figure(), "x", RECORD, tmp_path / "x")
    path = tmp_path / "x" / "x.nc"
    path.write_bytes(to_bytes((DATA * 2).assign_attrs({**DATA.attrs, store.EXPERIMENT: "x"})))
    with pytest.raises(InputError, match="SHA-256 is not the recorded one"):
        load(tmp_path / "x")
    marker = tmp_path / "x" / MARKER
    marker.write_text("\n".join(line for line in marker.read_text().splitlines() if "sha256" not in line).replace("},", "}"))
    assert float(load(tmp_path / "x")[0].v[1]) == 4.0
