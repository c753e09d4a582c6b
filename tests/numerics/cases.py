"""Random problems for hypothesis: an image, a kernel no larger than it, a boundary, a pooling and a precision."""

from __future__ import annotations

import torch
from hypothesis import strategies as st
from torch import Tensor

from numerics.common.checks import BOUNDARIES, POOLINGS
from numerics.pdes.correlation import Correlation

DTYPES = (torch.float64, torch.float32)


@st.composite
def correlations(draw, dtypes: tuple[torch.dtype, ...] = DTYPES, poolings: tuple[str, ...] = POOLINGS) -> Correlation:
    height, width = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    kernel = draw(st.integers(1, height)), draw(st.integers(1, width))
    image = normal(draw(st.integers(0, 2**31)), (height, width), draw(st.sampled_from(dtypes)))
    return Correlation(image, kernel, draw(st.sampled_from(BOUNDARIES)), draw(st.sampled_from(poolings)))


def normal(seed: int, shape: tuple[int, ...], dtype: torch.dtype = torch.float64) -> Tensor:
    """Standard normal numbers."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def rounding(correlation: Correlation, *fields: Tensor) -> float:
    """What rounding explains in a sum of products over image and fields: 100 eps times the norms."""
    size = correlation.image.norm() * torch.stack([f.norm() for f in fields]).prod()
    return 100 * torch.finfo(correlation.image.dtype).eps * float(size)
