"""Training runs that are reproducible to the last bit: recipes, groups of members, their hash trails."""

from __future__ import annotations

from numerics.training.group import GroupRun
from numerics.training.history import History
from numerics.training.recipe import Group, Recipe, Seeds

__all__ = ["Group", "GroupRun", "History", "Recipe", "Seeds"]
