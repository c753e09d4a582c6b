"""Whether a recipe is what the paper prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from numerics.training.recipe import Recipe


def same_setting(recipe: Recipe, printed: Mapping[str, object]) -> bool:
    """Whether a recipe has every value that is printed for it; what is not printed is left open."""
    ours = asdict(recipe)
    return all(ours[name] == value for name, value in printed.items() if name in ours)
