"""A group that is trained in a second, and sweeps of it in processes that can be killed."""

from __future__ import annotations

from numerics.training.recipe import Group, Recipe, Seeds

TINY = Recipe(net="tiny", data="digits", subset=64, batch=32, epochs=6, lr=0.05, lr_every=3)


def group(*ks: int, order: int = 1, epochs: int = TINY.epochs) -> Group:
    """A small one."""
    from dataclasses import replace

    return Group(replace(TINY, epochs=epochs), Seeds(order=order), ks=ks or (1, 3))
