"""A user's picture as grey values in [0, 1], whatever its kind; kinds without a white of their own ask for one."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, TiffImagePlugin, UnidentifiedImageError

from derive.errors import InputError
from derive.shown import message

MOST_PIXELS = 8192**2
"""Of the picture and its boundary: about 4 GB of memory."""

BYTES = 60
"""Per pixel, about: the grey values, their tiles' transforms, the power spectrum."""

_BITS, _PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0  # tags of TIFF
_SIXTEEN_BITS = ("PNG", "PPM")
"""Formats whose whole numbers of more than 8 bits are read as 16 bits; Pillow gives some of them a wider type."""


def read_grey(path: Path, white: float | None = None, margin: int = 0) -> np.ndarray:
    """A picture as grey values in [0, 1]: (H, W) float64, the luma of ITU-R 601 for colour.

    Args:
        path: a file that Pillow reads; of several frames the first.
        white: the value that is white, for 32-bit whole numbers and floating point, which have none of their own.
        margin: pixels by which the grid of its transform is wider and higher than the picture.

    Raises:
        InputError: not there, not a picture, damaged, too large, or its values have no scale.
    """
    if white is not None and not (np.isfinite(white) and white > 0):
        raise InputError(f"expected a value above 0 for white, got {white!r}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is lower
            with Image.open(path) as picture:
                _check_size(path, picture.size, margin)
                return _deep(path, picture, white) if _is_deep(picture) else _shallow(picture, white)
    except FileNotFoundError:
        raise InputError(f"expected a PNG or JPEG file, found no file {path}") from None
    except Image.DecompressionBombError:
        raise InputError(f"expected a picture of at most {MOST_PIXELS} pixels, {path} has more; scale it down") from None
    except InputError:
        raise
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        reason = "not a picture" if isinstance(error, UnidentifiedImageError) else message(error)
        raise InputError(f"expected a PNG or JPEG file, could not read {path}: {reason}") from None


def _check_size(path: Path, size: tuple[int, int], margin: int) -> None:
    """From the file's head: nothing is decoded yet."""
    width, height = size
    if (width + margin) * (height + margin) > MOST_PIXELS:
        about = f", {margin} more to either side for the boundary" if margin else ""
        raise InputError(
            f"expected a picture of at most {MOST_PIXELS} pixels, such as 4096x4096, {path} has {width}x{height}{about}: "
            f"about {(width + margin) * (height + margin) * BYTES / 1e9:.1f} GB of memory; scale it down"
        )


def _is_deep(picture: Image.Image) -> bool:
    return picture.mode.startswith("I") or picture.mode == "F"


def _shallow(picture: Image.Image, white: float | None) -> np.ndarray:
    """Of 8 bits, with a white of its own. What has no luma of its own gets it by way of red, green and blue."""
    _refuse_white(picture, white)
    try:
        grey = picture.convert("L")
    except ValueError:
        grey = picture.convert("RGB").convert("L")
    return np.asarray(grey, dtype=np.float64) / 255


def _deep(path: Path, picture: Image.Image, white: float | None) -> np.ndarray:
    """Of more than 8 bits."""
    known = _white(picture)
    if known is not None:
        _refuse_white(picture, white)
    values = np.asarray(picture, dtype=np.float64)
    _check_range(path, values, known or white or 1.0, picture.mode, white is not None)
    grey = values / (known or white or 1.0)
    return 1 - grey if _tag(picture, _PHOTOMETRIC) == _WHITE_IS_ZERO else grey


def _white(picture: Image.Image) -> float | None:
    """The greatest value of its kind; None for 32 bits, whose files do not say what is white."""
    if picture.mode.startswith("I;"):
        return 2.0 ** (_tag(picture, _BITS) or 16) - 1
    return 2.0**16 - 1 if picture.mode == "I" and picture.format in _SIXTEEN_BITS else None


def _tag(picture: Image.Image, number: int) -> int | None:
    """A number of the head of a TIFF."""
    if not isinstance(picture, TiffImagePlugin.TiffImageFile):
        return None
    value = picture.tag_v2.get(number)
    return value[0] if isinstance(value, tuple) else value


def _refuse_white(picture: Image.Image, white: float | None) -> None:
    if white is not None:
        raise InputError(f"a picture of mode {picture.mode} has a white of its own; leave --scale out")


def _check_range(path: Path, values: np.ndarray, white: float, mode: str, asked: bool) -> None:
    low, high = float(values.min()), float(values.max())
    if 0 <= low <= high <= white:
        return
    wanted = f"between 0 and {white:g}"
    advice = "give the value that is white" if asked else "say which value is white, such as --scale 255"
    raise InputError(
        f"expected values {wanted} in {path} (mode {mode}, no white of its own), got {low:g} to {high:g}; {advice}"
    )
