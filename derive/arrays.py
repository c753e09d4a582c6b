"""NumPy, imported when an array is first made: the exact pipeline runs on SymPy alone, also where there is no NumPy."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
else:

    class _Late:
        def __getattr__(self, name: str) -> Any:
            return getattr(import_module("numpy"), name)

    np = _Late()


@cache
def is_missing() -> bool:
    """Whether there is no NumPy, as in a browser."""
    return find_spec("numpy") is None
