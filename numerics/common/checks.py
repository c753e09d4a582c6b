"""Checks on what users pass in, each ending in one line that says what was expected and what came."""

from __future__ import annotations

from numbers import Integral

import numpy as np
import torch

from derive.errors import InputError

BOUNDARIES = ("valid", "full", "circular")
POOLINGS = ("sum", "mean")


def image_tensor(image: object) -> torch.Tensor:
    """The image as a tensor of shape (H, W), float32 or float64 as it came, float64 if it came as integers.

    Raises:
        InputError: not two-dimensional, empty, of another type, or with entries that are not finite.
    """
    tensor = image.detach() if isinstance(image, torch.Tensor) else _from_array(image)
    if tensor.dtype == torch.bool or not (tensor.is_floating_point() or tensor.is_complex()):
        tensor = tensor.to(torch.float64)
    if tensor.ndim != 2 or tensor.numel() == 0 or tensor.dtype not in (torch.float32, torch.float64):
        raise InputError(
            f"expected a non-empty image of shape (H, W) in float32 or float64, got {tuple(tensor.shape)} in {tensor.dtype}"
        )
    if not bool(torch.isfinite(tensor).all()):
        bad = int((~torch.isfinite(tensor)).sum())
        raise InputError(f"expected a finite image, got {bad} of {tensor.numel()} pixels NaN or infinite; clean it first")
    return tensor


def _from_array(image: object) -> torch.Tensor:
    """A copy: arrays of pictures are often read-only, or views that torch cannot take."""
    try:
        return torch.from_numpy(np.array(image))
    except (TypeError, ValueError):
        raise InputError(f"expected an image as a 2-D array of numbers, got {type(image).__name__}") from None


def kernel_shape(size: int | tuple[int, int], image: tuple[int, int]) -> tuple[int, int]:
    """The kernel's (h, w).

    Raises:
        InputError: not positive integers, or larger than the image.
    """
    shape = tuple(size) if isinstance(size, tuple | list) else (size, size)
    if len(shape) != 2 or not all(isinstance(n, Integral) and n >= 1 for n in shape):
        raise InputError(f"expected a kernel size of one or two positive integers, got {size!r}")
    if shape[0] > image[0] or shape[1] > image[1]:
        raise InputError(f"expected a kernel no larger than the {image[0]}x{image[1]} image, got {shape[0]}x{shape[1]}")
    return int(shape[0]), int(shape[1])


def positive(name: str, value: object) -> torch.Tensor:
    """A number or tensor of numbers, all finite and above zero.

    Raises:
        InputError: otherwise.
    """
    # A Python float keeps all its bits; torch alone would make it single precision.
    try:
        tensor = value if isinstance(value, torch.Tensor) else torch.as_tensor(value, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError):
        raise InputError(f"expected {name} to be a number, got {value!r}") from None
    if tensor.numel() == 0 or not bool((torch.isfinite(tensor) & (tensor > 0)).all()):
        raise InputError(f"expected {name} finite and above 0, got {value!r}")
    return tensor


def finite(name: str, value: object) -> float:
    """A finite real number.

    Raises:
        InputError: otherwise.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InputError(f"expected {name} to be a number, got {value!r}") from None
    if number != number or abs(number) == float("inf"):
        raise InputError(f"expected {name} finite, got {value!r}")
    return number
