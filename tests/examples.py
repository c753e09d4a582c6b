"""How many examples a property is tried on, and how much of a product of cases."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Any

import pytest
from hypothesis import settings


def thoroughly(max_examples: int = 40) -> settings:
    """So many, or as many as the profile has if these are fewer."""
    return settings(deadline=None, max_examples=min(max_examples, settings.default.max_examples))


def one_in(share: int, *factors: Iterable[Any]) -> list[Any]:
    """The product of factors for `parametrize`, of which one case in `share` runs, along diagonals, and all with `-m slow`.

    Every value occurs where the largest factor has `share` values; with two that have, any two values of others occur together.
    """
    cases = product(*map(enumerate, factors))
    marks = ((case, () if sum(number for number, _ in case) % share == 0 else pytest.mark.slow) for case in cases)
    return [pytest.param(*(value for _, value in case), marks=mark) for case, mark in marks]
