"""A scheme with a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from derive.schemes.grid import GridScheme


@dataclass(frozen=True)
class Entry:
    """A scheme of the literature.

    Attributes:
        title: equation and method, one line.
        source: where it is found.
        build: makes the scheme.
    """

    title: str
    source: str
    build: Callable[[], GridScheme]

    @cached_property
    def scheme(self) -> GridScheme:
        """The scheme, built when first asked for."""
        return self.build()
