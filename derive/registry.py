"""What the package has by name: theorems, schemes, integrators, optimisers, activations, networks, data sets, experiments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from derive.errors import UnknownNameError, choose

T = TypeVar("T")


class Registry(Mapping[str, T]):
    """Entries by name, in the order in which they are given; read-only.

    An unknown name is the user's mistake: an `InputError` that lists the valid names, and the `KeyError` of any mapping.

    Args:
        kind: what an entry is called in errors, such as "theorem".
        *parts: entries by name; joined.
        make: makes a value of an entry when it is first asked for, once; entries are values without it.
        refused: names that are no entries by intention, each with the whole line that says why.

    Raises:
        ValueError: two parts have an entry of one name.

    >>> colours = Registry("colour", {"red": 0xFF0000}, {"blue": 0x0000FF}, refused={"infrared": "infrared is not seen"})
    >>> colours["red"], list(colours), colours.get("green"), "green" in colours
    (16711680, ['red', 'blue'], None, False)
    >>> colours["blu"]
    Traceback (most recent call last):
    derive.errors.UnknownNameError: unknown colour 'blu': expected one of red, blue; did you mean 'blue'?
    >>> colours["infrared"]
    Traceback (most recent call last):
    derive.errors.UnknownNameError: infrared is not seen
    """

    def __init__(
        self,
        kind: str,
        *parts: Mapping[str, Any],
        make: Callable[[Any], T] | None = None,
        refused: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._kind, self._make, self._refused = kind, make, refused
        self._entries = _joined(kind, parts)
        self._values: dict[str, T] = {} if make else self._entries

    @classmethod
    def named(cls, kind: str, *entries: Any) -> Registry[Any]:
        """A registry of entries that carry their names.

        Raises:
            ValueError: two have the same name.
        """
        return cls(kind, *({entry.name: entry} for entry in entries))

    def __getitem__(self, name: str) -> T:
        if isinstance(name, str) and name in self._refused:
            raise UnknownNameError(self._refused[name])
        entry = choose(self._kind, name, self._entries)
        if self._make and name not in self._values:
            self._values[name] = self._make(entry)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:  # and nothing is made
        return name in self._entries

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)}: {', '.join(self)}>"


def _joined(kind: str, parts: tuple[Mapping[str, Any], ...]) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for part in parts:
        if twice := sorted(entries.keys() & part.keys()):
            raise ValueError(f"expected one {kind} of each name, got two called {', '.join(twice)}")
        entries |= part
    return entries
