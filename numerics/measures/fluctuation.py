r"""The paper's relative gradient fluctuation, :math:`\frac1N \sum_i |g_i - \bar g_i| / |\bar g_i|`, and what it can say.

The sum is dominated by the few weights whose mean gradient happens to be next to zero. For a weight whose gradients over
batches are normal with mean 0, the deviation of one of B batches from their mean is independent of that mean, and the ratio
is sqrt(B - 1) times a half-Cauchy number: its median is sqrt(B - 1), it has no expectation, and the average over N weights
grows with log N. So the printed statistic measures B and N along with the gradient. Beside it stand the median, which
exists, and the ratio of sums :math:`\sum_i |g_i - \bar g_i| / \sum_i |\bar g_i|`, which a mean gradient near zero does not
dominate; in pure normal noise both are sqrt(B - 1), so that a value near it says that B batches cannot tell the mean gradient
from zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from derive.errors import InputError


@dataclass(frozen=True)
class Fluctuation:
    """Relative deviation of one batch's gradient from the mean of B batches.

    Attributes:
        mean: the paper's statistic, over the weights with a mean gradient other than 0. No expectation: see the module.
        median: of the same ratios.
        ratio: sum of deviations over sum of mean gradients.
        batches: B, the drawn one included.
        weights: N.
        still: weights with gradient 0 in the drawn batch and on the mean; left out (their ratio is 0/0).
        infinite: weights with mean gradient 0 that the drawn batch moves; left out of `mean`, infinite in `median`.
        roundoff: unit roundoff of the gradients' type, the size of the perturbations it is held against.
    """

    mean: float
    median: float
    ratio: float
    batches: int
    weights: int
    still: int
    infinite: int
    roundoff: float

    @property
    def noise(self) -> float:
        """What median and ratio are for normal gradients of mean 0: sqrt(B - 1)."""
        return math.sqrt(self.batches - 1)

    @property
    def sentence(self) -> str:
        """In words."""
        return (
            f"Relative gradient fluctuation over {self.batches} batches: median {self.median:.3g}, ratio of sums "
            f"{self.ratio:.3g} (pure noise: {self.noise:.3g}), {self.ratio / self.roundoff:.1e} unit roundoffs; the paper's "
            f"mean of ratios, which has no expectation and grows with the number of weights, is {self.mean:.3g}."
        )


@torch.no_grad()
def fluctuation(gradients: Iterable[Sequence[Tensor]]) -> Fluctuation:
    """The statistic of the first of B batches against the mean of them all, kept in memory two at a time.

    The mean is added up in float64: near its zeros, which matter most, the rounding of a float32 sum would show. The
    drawn batch is one of the B (the paper leaves open whether it is); a fresh one would give sqrt(B + 1) in pure noise, and
    not independent of the mean.

    Args:
        gradients: B >= 2 lists of tensors of the same shapes, in random order, one per batch, all at the same weights.
            A list may be the same tensors each time, overwritten: what is needed is copied.

    Raises:
        InputError: fewer than two batches, lists of different lengths, or no weights.

    Source: Section 4.2, footnote 5; "we then take the median over epochs".
    """
    drawn, total, batches, roundoff = None, None, 0, math.nan
    for gradient in gradients:
        flat = _flat(gradient)
        if total is None or drawn is None:
            drawn, total, roundoff = flat, flat.clone(), torch.finfo(gradient[0].dtype).eps / 2
        elif flat.shape != total.shape:
            raise InputError(f"expected gradients of one size, got {total.numel()} and {flat.numel()} numbers")
        else:
            total += flat
        batches += 1
    if drawn is None or total is None or batches < 2:
        raise InputError(f"expected the gradients of at least two batches, got {batches}")
    return _statistics(drawn, total / batches, batches, roundoff)


def _flat(gradient: Sequence[Tensor]) -> Tensor:
    if not sum(part.numel() for part in gradient):
        raise InputError("expected gradients with at least one number, got none")
    return torch.cat([part.detach().reshape(-1).double() for part in gradient])


def _statistics(drawn: Tensor, mean: Tensor, batches: int, roundoff: float) -> Fluctuation:
    deviation, size = (drawn - mean).abs(), mean.abs()
    still, zero = (deviation == 0) & (size == 0), size == 0
    ratios = (deviation / size)[~still]
    return Fluctuation(
        mean=float(ratios[~ratios.isinf()].mean()),
        median=float(ratios.median()) if len(ratios) else math.nan,
        ratio=float(deviation.sum() / size.sum()),
        batches=batches,
        weights=len(drawn),
        still=int(still.sum()),
        infinite=int((zero & ~still).sum()),
        roundoff=roundoff,
    )
