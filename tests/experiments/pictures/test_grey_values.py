"""The same pixels are the same grey values, whatever the kind of file; what has no scale is refused or given one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from derive.errors import InputError
from experiments.pictures.bounds import bounds_dataset, render
from experiments.pictures.grey_values import read_grey

GREY = np.random.default_rng(0).integers(0, 256, (6, 8), dtype=np.uint8)
WIDE = GREY.astype(np.uint16) * 257  # 255 * 257 is 65535: the same greys in 16 bits


def of_mode(mode: str) -> Image.Image:
    if mode == "F":
        return Image.fromarray((GREY / 255).astype(np.float32))
    return Image.fromarray(WIDE) if mode == "I;16" else Image.fromarray(GREY).convert(mode)


@pytest.mark.parametrize(
    ("mode", "ending"),
    [
        ("L", "png"), ("L", "tif"), ("L", "bmp"), ("L", "pgm"), ("L", "gif"), ("LA", "png"), ("P", "png"), ("RGB", "png"),
        ("RGB", "tif"), ("RGB", "bmp"), ("RGB", "ppm"), ("RGBA", "png"), ("RGBX", "tif"), ("CMYK", "tif"), ("YCbCr", "tif"),
        ("I;16", "png"), ("I;16", "tif"), ("I;16", "pgm"), ("F", "tif"),
    ],
)  # fmt: skip
def test_the_same_pixels_are_the_same_greys(mode: str, ending: str, tmp_path: Path) -> None:
    of_mode(mode).save(tmp_path / f"x.{ending}")
    coarse = 1.5 / 255 if mode in ("CMYK", "YCbCr", "RGBX") else 1e-7  # conversions that round to 8 bits on their way
    np.testing.assert_allclose(read_grey(tmp_path / f"x.{ending}"), GREY / 255, atol=coarse)


def test_black_and_white_of_one_bit(tmp_path: Path) -> None:
    Image.fromarray(GREY > 127).save(tmp_path / "x.png")
    np.testing.assert_array_equal(read_grey(tmp_path / "x.png"), GREY > 127)


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_32_bits_have_the_scale_that_is_given(dtype: type, tmp_path: Path) -> None:
    Image.fromarray(GREY.astype(dtype)).save(tmp_path / "x.tif")
    with pytest.raises(InputError, match=r"expected values between 0 and 1 .* got 4 to 248; say which value is white"):
        read_grey(tmp_path / "x.tif")
    np.testing.assert_allclose(read_grey(tmp_path / "x.tif", white=255), GREY / 255, rtol=1e-12)
    with pytest.raises(InputError, match="expected values between 0 and 100"):
        read_grey(tmp_path / "x.tif", white=100)


@pytest.mark.parametrize("values", [[[-0.1, 1.0]], [[0.0, 1.1]], [[np.nan, 0.5]], [[0.5, np.inf]]], ids=str)
def test_values_beyond_black_and_white_are_refused(values: list, tmp_path: Path) -> None:
    Image.fromarray(np.array(values, np.float32)).save(tmp_path / "x.tif")
    with pytest.raises(InputError, match="expected values between 0 and 1"):
        read_grey(tmp_path / "x.tif")


@pytest.mark.parametrize("mode", ["L", "RGB", "I;16"])
def test_a_scale_is_refused_where_there_is_one(mode: str, tmp_path: Path) -> None:
    of_mode(mode).save(tmp_path / "x.png")
    with pytest.raises(InputError, match="has a white of its own; leave --scale out"):
        read_grey(tmp_path / "x.png", white=255)


@pytest.mark.parametrize("white", [0.0, -1.0, float("nan"), float("inf")])
def test_a_scale_is_a_number_above_0(white: float, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="above 0 for white"):
        read_grey(tmp_path / "x.tif", white=white)


@pytest.mark.parametrize("mode", ["I;16", "L"])
def test_white_may_be_zero(mode: str, tmp_path: Path) -> None:
    """A TIFF may say that 0 is white; Pillow heeds it for 8 bits alone."""
    of_mode(mode).save(tmp_path / "x.tif", tiffinfo={262: 0})
    with Image.open(tmp_path / "x.tif") as written:
        assert written.tag_v2[262] == 0  # type: ignore[attr-defined]
    np.testing.assert_allclose(read_grey(tmp_path / "x.tif"), 1 - GREY / 255 if mode == "I;16" else GREY / 255, atol=1e-12)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_flat_pictures_are_drawn_without_a_word_of_a_library(value: float) -> None:
    """Warnings are errors here."""
    results = bounds_dataset(np.full((9, 7), value), 3, -0.5, 1.0, None, "valid").assign_attrs(grey="[0, 1]")
    assert np.isfinite(results.windowed).all()
    render(results).canvas.draw()
