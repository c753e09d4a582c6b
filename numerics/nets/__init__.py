"""The networks of the paper and of its sources, in plain torch."""

from __future__ import annotations

from numerics.nets.building import NETS, bare, build

__all__ = ["NETS", "bare", "build"]
