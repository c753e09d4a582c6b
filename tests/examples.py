"""How many examples a property is tried on."""

from __future__ import annotations

from hypothesis import settings


def thoroughly(max_examples: int = 40) -> settings:
    """So many, or as many as the profile has if these are fewer."""
    return settings(deadline=None, max_examples=min(max_examples, settings.default.max_examples))
