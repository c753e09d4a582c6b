"""How often two trained nets disagree about an image, whatever their accuracies are."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from scipy.stats import binomtest
from torch import Tensor

from derive.errors import InputError


@dataclass(frozen=True)
class Churn:
    """Disagreement of two members' predicted classes.

    Attributes:
        disagreements: images on which they differ.
        images: images.
        low: lower end of the Wilson interval of the rate.
        high: upper end.
        level: its confidence. It speaks of other images from the same source, for these two nets; not of other nets.
    """

    disagreements: int
    images: int
    low: float
    high: float
    level: float

    @property
    def rate(self) -> float:
        """Fraction of the images, in [0, 1]."""
        return self.disagreements / self.images

    @property
    def sentence(self) -> str:
        """In words."""
        return (
            f"They disagree on {self.disagreements} of {self.images} images, {100 * self.rate:.2f} % "
            f"({100 * self.level:g} % interval {100 * self.low:.2f} to {100 * self.high:.2f} %)."
        )


def churn(first: Tensor, second: Tensor, level: float = 0.95) -> Churn:
    """Disagreement of two members on the same images.

    Args:
        first: predicted classes, (n,) integers.
        second: the other's, (n,).
        level: confidence of the interval, in (0, 1).

    Raises:
        InputError: not two lists of as many classes; a level outside (0, 1).

    Source: Wilson, JASA 22 (1927), for the interval.
    """
    if not 0 < level < 1:
        raise InputError(f"expected a confidence level between 0 and 1, got {level!r}")
    images = first.numel()
    disagreements = round(float(churn_rates(first[None], second)) * images)
    low, high = binomtest(disagreements, images).proportion_ci(level, method="wilson")
    return Churn(disagreements, images, float(low), float(high), level)


def churn_rates(predictions: Tensor, reference: Tensor) -> Tensor:
    """Fraction of images on which each of M members differs from one.

    Args:
        predictions: classes, (M, n) integers.
        reference: classes, (n,).

    Returns:
        (M,) float64 on the same device.

    Raises:
        InputError: other shapes, no images, or numbers that are no classes.
    """
    if predictions.ndim != 2 or predictions.shape[1:] != reference.shape or reference.numel() == 0:
        raise InputError(f"expected classes (M, n) and (n,), n > 0, got {tuple(predictions.shape)}, {tuple(reference.shape)}")
    if any(tensor.is_floating_point() or tensor.is_complex() for tensor in (predictions, reference)):
        raise InputError("expected predicted classes as integers, got numbers of another type; take argmax(-1) of the logits")
    return (predictions != reference).to(torch.float64).mean(-1)
