"""What becomes of a command line, one way for all of them: results on standard output, else one line on standard error.

0     done
2     the question has a mistake, or this machine cannot answer it (memory, disk, permissions); nothing is half written
130   interrupted (128 + SIGINT)
141   whoever read standard output has left, such as `head` (128 + SIGPIPE); silent, as other tools are
"""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress
from typing import Any, TextIO

from derive.bare import version_of
from derive.errors import InputError
from derive.printing.plain_text import spelled
from derive.shown import message

MISTAKE, INTERRUPTED, UNREAD = 2, 130, 141


def run(load: Callable[[], Any], prog: str, description: str, arguments: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit code.

    Args:
        load: imports and returns the commands by name: an interrupt while they are imported is one like any other.
        prog: how it is called, for its help.
        description: for its help.
        arguments: by default those of the process.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    with spelled(sys.stdout, sys.stderr):
        return guarded(lambda: _dispatch(load, prog, description, given))


def _dispatch(load: Callable[[], Any], prog: str, description: str, arguments: list[str]) -> None:
    if arguments == ["--version"]:
        print(f"gradcfl {version_of('gradcfl')}")
        return
    commands = load()
    from derive.commands.option_errors import parsed

    command = parsed(commands, prog, _unbroken(description), arguments)
    os.getcwd()  # some libraries end the process if there is no current folder when they are loaded
    command()


def _unbroken(description: str) -> str:
    """The parser keeps paragraphs, not lines."""
    return re.sub(r"\n(?=python -m |gradcfl )", "\n\n", description)


def guarded(work: Callable[[], None]) -> int:
    """Do it, its output flushed; whatever a user or a machine can do to it is one line and an exit code."""
    if sys.stdout is None:
        return _refuse("expected a standard output to write to, got a closed one; send it to /dev/null instead")
    output = _Output(sys.stdout)
    try:
        with redirect_stdout(output):  # type: ignore[type-var]
            return _finished(work, output)
    except _OutputLostError as lost:
        _abandon(output)
        return UNREAD if lost.errno in (errno.EPIPE, errno.ESHUTDOWN) else _refuse(f"cannot write to standard output: {lost}")
    except KeyboardInterrupt:
        return _say("interrupted; nothing was half written", INTERRUPTED)
    except InputError as error:
        return _refuse(str(error))
    except ModuleNotFoundError as error:
        return _not_found(error)
    except OSError as error:
        return _refuse(_of_the_system(error))
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
        return _refuse("this needs more memory than there is; ask for less, such as a smaller picture or preset, or free some")


def _not_found(error: ModuleNotFoundError) -> int:
    """A broken install; what could not be found of ours is raised."""
    from derive.commands.installed import check_found

    try:
        check_found(error)
    except InputError as why:
        return _refuse(str(why))
    raise error


def _finished(work: Callable[[], None], output: _Output) -> int:
    """Its exit code; help and the like end by leaving."""
    code: object = 0
    try:
        work()
    except SystemExit as end:
        code = end.code
    output.flush()
    return code if isinstance(code, int) else 0 if code is None else _refuse(str(code))


class _OutputLostError(Exception):
    """Standard output cannot be written."""

    def __init__(self, error: OSError) -> None:
        super().__init__(error.strerror)
        self.errno = error.errno


class _Output:
    """Standard output; its failures are told apart from those of any other file."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        try:
            return self.stream.write(text)
        except OSError as error:
            raise _OutputLostError(error) from None

    def flush(self) -> None:
        try:
            self.stream.flush()
        except OSError as error:
            raise _OutputLostError(error) from None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def _abandon(output: _Output) -> None:
    """What is still buffered goes nowhere, so that Python does not complain of it at its end."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, output.fileno())
        os.close(nowhere)


def _refuse(message: str) -> int:
    return _say(f"error: {' '.join(message.splitlines())}", MISTAKE)


def _say(message: str, code: int) -> int:
    """One line on standard error, if there is one; the exit code says it in any case."""
    if sys.stderr is not None:
        with suppress(OSError):
            print(message, file=sys.stderr, flush=True)
    return code


def _of_the_system(error: OSError) -> str:
    try:
        os.getcwd()
    except OSError:
        return "the current folder is gone; change to one that exists, and ask again"
    name = f"{error.filename}: " if error.filename else ""
    return f"the system refused: {name}{error.strerror or error}"


def out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out; torch says so in a RuntimeError, by its allocator's name on a CPU."""
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or "can't allocate memory" in message(error)
    )
