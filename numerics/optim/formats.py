"""Which number formats torch's last operation really works in; tests hold it against torch."""

from __future__ import annotations

from fractions import Fraction

import torch

from derive.errors import choose

OPTIMIZERS = ("sgd", "adam")


def working_format(dtype: torch.dtype) -> torch.dtype:
    """The format of the arithmetic on one number: 16-bit numbers are widened to float32."""
    return torch.float64 if dtype == torch.float64 else torch.float32


def coefficient_format(dtype: torch.dtype, optimizer: str = "sgd", device: str = "cpu") -> torch.dtype:
    """The format that the step size is rounded to before it meets the direction.

    Args:
        dtype: format of the weights.
        optimizer: "sgd" or "adam".
        device: as torch names it.

    On a CPU the step of SGD, `add_(d, alpha=-eta)`, rounds eta to the format of the weights, 8 bits of bfloat16 for
    instance; Adam's `addcdiv_` and every GPU kernel keep the working format.

    Raises:
        InputError: an unknown optimizer.
    """
    choose("optimizer", optimizer, dict.fromkeys(OPTIMIZERS))
    return dtype if optimizer == "sgd" and torch.device(device).type == "cpu" else working_format(dtype)


def unit(dtype: torch.dtype) -> Fraction:
    """Unit roundoff: half the distance from 1 to the next number."""
    return Fraction(torch.finfo(dtype).eps) / 2


def rounded(value: float, dtype: torch.dtype) -> Fraction:
    """A double in another format, to nearest and exactly."""
    return Fraction(torch.tensor(value, dtype=torch.float64).to(dtype).item())
