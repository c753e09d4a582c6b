"""An error in one line, whatever its class does when it is asked for its text."""

from __future__ import annotations

import pytest

from derive.shown import UNREADABLE, described, message


@pytest.mark.parametrize("base", [Exception, RuntimeError, SyntaxError, SystemExit, KeyboardInterrupt])
@pytest.mark.parametrize("raised", [ValueError, KeyError, SystemExit, KeyboardInterrupt, GeneratorExit, RecursionError])
def test_a_message_that_fails(base: type[BaseException], raised: type[BaseException]) -> None:
    class Mute(base):
        msg = property(lambda _: (_ for _ in ()).throw(raised))

        def __str__(self) -> str:
            raise raised

        __repr__ = __str__

    assert message(Mute()) == UNREADABLE
    assert described(Mute()) == f"Mute: {UNREADABLE}"


def test_a_message_that_is_no_text() -> None:
    class Odd(Exception):
        def __str__(self) -> str:
            return 3  # type: ignore[return-value]

    assert described(Odd()) == f"Odd: {UNREADABLE}"


def test_a_syntax_error_is_told_without_its_place() -> None:
    error = SyntaxError("invalid", ("a.py", 3, 1, "x ="))
    assert described(error) == "SyntaxError: invalid"
