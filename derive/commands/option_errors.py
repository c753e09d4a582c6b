"""Mistakes in commands and options as one line: what was expected, what came, what to do.

The parser prints a box of several lines to be read by a person; its words are kept where none of our own fit.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from difflib import get_close_matches
from functools import partial, wraps
from inspect import Parameter, signature

import tyro

from derive.errors import InputError, choose

Commands = Mapping[str, Callable[..., None]]

_OPTION = re.compile(r"--[A-Za-z][\w-]*(=(?!=)|$)|-[A-Za-z]$")
_KINDS = {"INT": "a whole number", "FLOAT": "a number", "PATH": "a path", "STR": "a text"}
_WIDE = "100000"
"""Columns in which the parser's sentences are not broken."""


def parsed(commands: Commands, prog: str, description: str, arguments: Sequence[str]) -> Callable[[], None]:
    """The command that the arguments ask for, ready to be called.

    Raises:
        InputError: an unknown command or option, or a value that is missing or of the wrong kind.
        SystemExit: help or a completion script was asked for, and is printed.
    """
    if not arguments:
        raise InputError(f"expected a command, one of {', '.join(commands)}; {prog} --help explains them")
    if not arguments[0].startswith("-"):
        choose("command", arguments[0], commands)
    arguments = [shielded(text) for text in arguments]
    parse = partial(_parse, commands, prog, description, arguments)
    try:
        with redirect_stderr(io.StringIO()):
            return parse()
    except SystemExit as end:
        if not end.code:
            raise
    raise InputError(_sentence(_complaint(parse), prog, commands, arguments))


def shielded(text: str) -> str:
    """An argument that begins with minus signs and is neither an option nor a number is text, such as an equation."""
    return f" {text}" if text.startswith("-") and not (_OPTION.match(text) or text == "--" or _is_number(text)) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _parse(commands: Commands, prog: str, description: str, arguments: list[str]) -> Callable[[], None]:
    app = tyro.extras.SubcommandApp()
    for name, command in commands.items():
        app.command(_later(command), name=name)
    return app.cli(prog=prog, description=description, args=arguments)


def _later(command: Callable[..., None]) -> Callable[..., Callable[[], None]]:
    """The command with its arguments, not called yet: what it prints is not the parser's."""

    @wraps(command)
    def bound(*args: object, **kwargs: object) -> Callable[[], None]:
        return partial(command, *args, **kwargs)

    return bound


def _complaint(parse: Callable[[], object]) -> list[list[str]]:
    """What the parser complains of: the lines of its box, in the parts that rules make of it, the title left out."""
    box = io.StringIO()
    with _wide(), redirect_stderr(box), redirect_stdout(io.StringIO()), suppress(SystemExit):
        parse()
    parts: list[list[str]] = [[]]
    for line in filter(None, (line.strip("│| ") for line in box.getvalue().splitlines())):
        if set(line) <= set("-─╭╮╰╯+"):
            parts.append([])
        else:
            parts[-1].append(line)
    return [part for part in parts[1:] if part] or parts


@contextmanager
def _wide() -> Iterator[None]:
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = _WIDE
    try:
        yield
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before


def _sentence(parts: list[list[str]], prog: str, commands: Commands, arguments: Sequence[str]) -> str:
    name = next((text for text in arguments if text in commands), "")
    text = " ".join(parts[0])
    if text.startswith("Unrecognized options: "):
        said = _unrecognised(text.partition(": ")[2], commands.get(name))
    elif text.startswith("Missing from "):
        said = _missing(parts[0][1:])
    elif match := re.match(r"Error parsing (\S+): ", text):
        said = _wrong(match[1], parts, arguments)
    elif match := re.match(r"Missing value for argument '([^']+)'", text):
        said = f"expected a value after {match[1]}, got none"
    else:
        said = text.rstrip(".")
    if stray := next((part[1:] for part in parts[1:] if part[0] == "Unrecognized options:"), None):
        said += f"; and no option {', '.join(stray)}"
    return f"{said}; {' '.join(filter(None, (prog, name)))} --help explains"


def _unrecognised(tokens: str, command: Callable[..., None] | None) -> str:
    known = _options(command) if command else ["--help", "--version"]
    near = get_close_matches(tokens.split(", ")[0].partition("=")[0], known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"expected {'only the options ' + ', '.join(known) if known else 'no options'}, got {tokens}{hint}"


def _options(command: Callable[..., None]) -> list[str]:
    named = (p.name for p in signature(command).parameters.values() if p.kind is not Parameter.POSITIONAL_ONLY)
    return [f"--{name.replace('_', '-')}" for name in named]


def _missing(lines: list[str]) -> str:
    """Names and what they are stand on lines in turn; a positional argument is named by what it is alone."""
    pairs = zip(lines[::2], lines[1::2], strict=False)
    wanted = [(name, what.replace(" (required)", "").rstrip(".")) for name, what in pairs]
    return f"expected {', '.join(f'{n} ({what})' if n.startswith('-') else what for n, what in wanted)}; got none"


def _wrong(option: str, parts: list[list[str]], arguments: Sequence[str]) -> str:
    """The parser names types of Python; the user is told the kind of value."""
    metavar = next((line.split()[1] for part in parts for line in part if re.match(rf"{re.escape(option)} \S", line)), "")
    kind = _KINDS.get(metavar.rpartition("|")[2])
    given = next((_value(n, arguments, option) for n, text in enumerate(arguments) if text.partition("=")[0] == option), None)
    if kind and given is not None:
        return f"expected {kind} after {option}, got {given!r}"
    return " ".join(parts[0]).rstrip(".")


def _value(n: int, arguments: Sequence[str], option: str) -> str | None:
    attached = arguments[n].partition("=")
    return attached[2] if attached[1] else next(iter(arguments[n + 1 :]), None)
