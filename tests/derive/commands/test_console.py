"""Command lines of both packages against what a machine does to them: closed and full output, odd encodings, interrupts."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from derive.commands.console import guarded, out_of_memory
from derive.errors import InputError
from derive.printing.plain_text import plain

ROOT = Path(__file__).parents[3]
HEAT = "u[1,0] - u[0,0] == r*(u[0,1] - 2*u[0,0] + u[0,-1])"
HEAVY = {"torch", "sympy", "matplotlib", "numpy", "xarray", "scipy"}
QUICK = [
    ("derive", "--help"), ("derive", "--version"), ("derive", "list"), ("derive", "--tyro-print-completion", "bash"),
    ("derive", "show", "9"), ("derive", "show", "--nope"), ("derive", "scheme", "--help"), ("experiments", "--help"),
    ("experiments", "--version"), ("experiments", "list"), ("experiments", "run", "figure-99"),
    ("experiments", "run", "figure-1", "--preset", "big"),
    ("experiments", "bounds"), ("experiments", "--tyro-print-completion", "zsh"),
]  # fmt: skip


def run(*arguments: str, shell: str = "", **settings: str) -> subprocess.CompletedProcess:
    """`python -m ARGUMENTS`, its output piped or redirected as a shell would by the text `shell`."""
    command = ["bash", "-c", f'set -o pipefail; "$PYTHON" -m "$@" {shell}', "-", *arguments]
    environment = os.environ | {"PYTHON": sys.executable, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"} | settings
    return subprocess.run(command, env=environment, capture_output=True, timeout=300, check=False)


@pytest.mark.parametrize("arguments", QUICK, ids=" ".join)
def test_help_lists_and_mistakes_load_nothing_heavy(arguments: tuple[str, ...]) -> None:
    package, *rest = arguments
    program = (
        f"import sys\nfrom {package}.__main__ import main\ncode = main({rest!r})\n"
        f"print(code, *sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=100, check=True)
    wrong = {"show", "run", "bounds"} & set(rest)
    assert done.stderr.splitlines()[-1] == ("2" if wrong else "0")


@pytest.mark.parametrize("package", ["derive", "experiments"])
def test_the_version_is_that_of_the_distribution(package: str) -> None:
    assert re.fullmatch(rb"gradcfl \d+\.\d+\.\d+\S*\n", run(package, "--version").stdout)


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize(
    "arguments", [("derive", "list"), ("experiments", "list"), ("experiments", "--help"), ("derive", "--version")], ids=" ".join
)
def test_a_reader_that_leaves_is_no_fault_to_speak_of(arguments: tuple[str, ...], unbuffered: str) -> None:
    done = run(*arguments, shell="| { exec <&-; sleep 0.1; }", PYTHONUNBUFFERED=unbuffered)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("package", ["derive", "experiments"])
def test_a_full_disk_is_one_line(package: str, unbuffered: str) -> None:
    done = run(package, "list", shell="> /dev/full", PYTHONUNBUFFERED=unbuffered)
    assert (done.returncode, done.stderr) == (2, b"error: cannot write to standard output: No space left on device\n")


def test_a_closed_output_is_one_line() -> None:
    done = run("derive", "list", shell=">&-")
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)


def test_an_error_that_cannot_be_said_keeps_its_code() -> None:
    assert run("derive", "show", "9", shell="2>&-").returncode == 2


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_signs_that_an_encoding_lacks_are_spelled(encoding: str) -> None:
    done = run("derive", "scheme", HEAT, "--steps", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode(encoding)
    assert ("r ≥ 0" if encoding == "utf-8" else "r >= 0") in text
    assert "?" not in text


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_help_is_printed_in_any_encoding(encoding: str) -> None:
    for package in ("derive", "experiments"):
        assert run(package, "--help", PYTHONIOENCODING=encoding).returncode == 0


@pytest.mark.parametrize(
    ("character", "spelled"),
    [
        ("≤", "<="),
        ("ξ", "xi"),
        ("Δ", "Delta"),
        ("²", "^2"),
        ("₁", "_1"),
        ("é", "e"),
        ("─", "-"),
        ("│", "|"),
        ("你", "\\u4f60"),
        ("\udcff", "\\udcff"),
    ],
)
def test_spelling(character: str, spelled: str) -> None:
    assert plain(character) == spelled


def test_signs_that_mean_different_things_are_spelled_differently() -> None:
    signs = "≤≥≠⋅−∞√∂∇∫→∈∧∨±ξθλωαβνμκρδΔΩ²³₁₂"
    assert len({plain(sign) for sign in signs}) == len(signs)


def test_an_interrupt_is_one_line() -> None:
    slow = "u[1,0] == u[0,0] + a*u[0,30] + b*u[0,-29] + c*u[-1,17]"
    process = subprocess.Popen(
        [sys.executable, "-m", "derive", "scheme", slow], cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    _until_it_works(process.pid)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert said == b"interrupted; nothing was half written\n"
    # The latter where the signal meets Python in a text that it executes (a dataclass being made): a shell has 130 of both.
    assert process.returncode in (130, -signal.SIGINT)


def _until_it_works(pid: int, seconds: float = 0.3) -> None:
    """Until the process has used so much of the processor: it is past the start of Python, and not yet done."""
    ticks, deadline = os.sysconf("SC_CLK_TCK"), time.monotonic() + 60
    while time.monotonic() < deadline:
        used = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        if int(used[11]) + int(used[12]) > seconds * ticks:
            return
        time.sleep(0.01)


@pytest.mark.parametrize(
    "arguments", [("derive", "export"), ("experiments", "run", "figure-1"), ("experiments", "audit", "x:y")], ids=" ".join
)
def test_a_folder_that_is_gone_is_one_line(arguments: tuple[str, ...], tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHON": sys.executable}
    script = 'cd "$0" && rmdir "$0" && "$PYTHON" -m "$@"'
    done = subprocess.run(
        ["bash", "-c", script, gone, *arguments], env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 2
    assert done.stderr == "error: the current folder is gone; change to one that exists, and ask again\n"


def raising(error: BaseException):
    def work() -> None:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (InputError("two\nlines"), 2, "error: two lines"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (MemoryError(), 2, "error: this needs more memory"),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to"),
            2,
            "error: this needs more memory",
        ),
        (OSError(5, "Input/output error", "x.nc"), 2, "error: the system refused: x.nc: Input/output error"),
        (BrokenPipeError(32, "Broken pipe"), 2, "error: the system refused: Broken pipe"),  # of a socket, not of our output
        (SystemExit(0), 0, ""),
        (SystemExit("why"), 2, "error: why"),
    ],
)
def test_what_may_happen_to_a_command(error: BaseException, code: int, said: str, capsys: pytest.CaptureFixture) -> None:
    assert guarded(raising(error)) == code
    assert capsys.readouterr().err.startswith(said)


def test_a_fault_of_our_own_is_not_hidden() -> None:
    with pytest.raises(RuntimeError, match="ours"):
        guarded(raising(RuntimeError("ours")))
    assert not out_of_memory(RuntimeError("ours"))
