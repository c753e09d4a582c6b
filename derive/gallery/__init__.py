"""Schemes of the textbooks by name: `stability(gallery["lax-wendroff"].scheme)`, or `python -m derive schemes`.

Adding one is a function of its own and an entry in its file's `ENTRIES`.
"""

from __future__ import annotations

from derive.gallery import advection, advection_diffusion, heat, lines, waves
from derive.gallery.entry import Entry
from derive.registry import Registry

__all__ = ["Entry", "gallery"]

gallery: Registry[Entry] = Registry(
    "scheme", heat.ENTRIES, advection.ENTRIES, advection_diffusion.ENTRIES, waves.ENTRIES, lines.ENTRIES
)
