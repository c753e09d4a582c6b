"""Checks on what users pass in, each ending in one line that says what was expected and what came."""

from __future__ import annotations

import torch

from derive.errors import InputError

BOUNDARIES = ("valid", "full", "circular")
POOLINGS = ("sum", "mean")


def image_tensor(image: object) -> torch.Tensor:
    """The image as a real floating tensor of shape (H, W); float64 unless it is floating already.

    Raises:
        InputError: not two-dimensional, empty, or with entries that are not finite.
    """
    try:
        tensor = torch.as_tensor(image)
    except (TypeError, ValueError, RuntimeError):
        raise InputError(f"expected an image as a 2-D array of numbers, got {type(image).__name__}") from None
    if tensor.ndim != 2 or tensor.numel() == 0 or tensor.is_complex():
        raise InputError(f"expected a real, non-empty image of shape (H, W), got {tensor.dtype} of shape {tuple(tensor.shape)}")
    tensor = tensor if tensor.is_floating_point() else tensor.to(torch.float64)
    if not bool(torch.isfinite(tensor).all()):
        bad = int((~torch.isfinite(tensor)).sum())
        raise InputError(f"expected a finite image, got {bad} of {tensor.numel()} pixels NaN or infinite; clean it first")
    return tensor


def kernel_shape(size: int | tuple[int, int], image: tuple[int, int]) -> tuple[int, int]:
    """The kernel's (h, w).

    Raises:
        InputError: not positive integers, or larger than the image.
    """
    shape = size if isinstance(size, tuple) else (size, size)
    if len(shape) != 2 or not all(isinstance(n, int) and n >= 1 for n in shape):
        raise InputError(f"expected a kernel size of one or two positive integers, got {size!r}")
    if shape[0] > image[0] or shape[1] > image[1]:
        raise InputError(f"expected a kernel no larger than the {image[0]}x{image[1]} image, got {shape[0]}x{shape[1]}")
    return shape


def positive(name: str, value: object) -> torch.Tensor:
    """A number or tensor of numbers, all finite and above zero.

    Raises:
        InputError: otherwise.
    """
    tensor = torch.as_tensor(value)
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
