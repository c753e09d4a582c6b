"""How far a long calculation is, told to whoever listens: by default nobody.

>>> with listening(print):
...     tell("no growth seen up to dt = 0.1")
no growth seen up to dt = 0.1
>>> tell("no growth seen up to dt = 1")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_listener: ContextVar[Callable[[str], None] | None] = ContextVar("listener", default=None)


def tell(text: str) -> None:
    """Say how far it is."""
    heard = _listener.get()
    if heard is not None:
        heard(text)


@contextmanager
def listening(listener: Callable[[str], None]) -> Iterator[None]:
    """Hear what calculations within the block tell."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
