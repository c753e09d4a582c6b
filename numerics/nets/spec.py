"""What a network is asked to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from torch import nn

from derive.errors import InputError


class Spec(NamedTuple):
    """Everything that decides a network's shape.

    Attributes:
        name: as the user wrote it, for errors.
        channels: of an image.
        classes: logits given.
        size: height and width of an image.
        activation: makes one, anew for each place.
        layers: the number in the name; 0 where there is none.
    """

    name: str
    channels: int
    classes: int
    size: int
    activation: Callable[[], nn.Module]
    layers: int

    def at_least(self, size: int) -> None:
        """Check the images' size.

        Raises:
            InputError: they are smaller.
        """
        if self.size < size:
            raise InputError(f"expected images of at least {size}x{size} pixels for {self.name}, got {self.size}x{self.size}")
