"""What a picture of a scheme shows: the scheme, the parameters that vary, and those that are fixed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from unicodedata import normalize

import numpy as np
from matplotlib.mathtext import MathTextParser

from derive import GridScheme, optimizers, parse_scheme
from derive.errors import InputError, choose
from derive.gallery import gallery
from derive.printing.text import latex
from derive.shown import MOST, quoted, shown


@dataclass(frozen=True)
class Setting:
    """A scheme with numbers for its parameters.

    Attributes:
        title: the equations, or the scheme's name.
        scheme: the scheme.
        varied: parameter -> its values, or the two ends of its range.
        fixed: parameter -> its value.
        grade: grade of stability; None for the scheme's own.
        heading: what stands above the picture; empty for the scheme. Mathematics between dollar signs, as Matplotlib takes it.
        small: of a picture of dispersion: parameters that vanish with the step, where the phases alone do not tell the physical
            roots; None where that is to be found.

    Raises:
        InputError: an unknown parameter, one without a value or with two, or a heading that cannot be typeset.
    """

    title: str
    scheme: GridScheme
    varied: Mapping[str, tuple[float, ...]]
    fixed: Mapping[str, float]
    grade: str | None = None
    heading: str = ""
    small: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        _check_heading(self.heading)
        named = {p.name: p for p in self.scheme.parameters}
        for name in (*self.varied, *self.fixed, *(self.small or ())):
            choose("parameter", name, named)
        for name in self.varied.keys() & self.fixed.keys():
            raise InputError(f"expected {name} to be varied or set, got both; leave out --set {name} or --vary {name}")
        missing = sorted(set(named) - {*self.varied, *self.fixed})
        if missing:
            raise InputError(
                f"expected a value for {', '.join(missing)}; give --set {missing[0]}=0.5 or --vary {missing[0]}=0:1"
            )

    def range(self, name: str, points: int) -> np.ndarray:
        """Equidistant values between the ends."""
        ends = self.varied[name]
        return np.linspace(min(ends), max(ends), points)

    def label(self, name: str) -> str:
        """The parameter as mathematics."""
        symbol = next(p for p in self.scheme.parameters if p.name == name)
        return f"${latex(symbol)}$"

    @contextmanager
    def within_floating_point(self) -> Iterator[None]:
        """Let numbers that leave floating point end a picture in one line, and no other warning of NumPy be seen.

        Raises:
            InputError: products of the values overflow.
        """
        try:
            with np.errstate(all="ignore", over="raise"):
                yield
        except (FloatingPointError, OverflowError, np.linalg.LinAlgError):
            sizes = {name: max(map(abs, values)) for name, values in self.varied.items()}
            sizes |= {name: abs(value) for name, value in self.fixed.items()}
            name = max(sizes, key=sizes.__getitem__)
            raise InputError(
                f"expected values whose products floating point has, got {name} up to {sizes[name]:g} in size; "
                f"give a smaller {name}"
            ) from None


def _check_heading(heading: str) -> None:
    if heading != shown(heading, MOST):
        raise InputError(f"expected a title in one line, of at most {MOST} characters, got {quoted(heading)}")
    try:
        MathTextParser("path").parse(heading)
    except ValueError:
        raise InputError(f"expected a title that Matplotlib can typeset, got {quoted(heading)}; a dollar sign is \\$") from None


def scheme_of(texts: Sequence[str], positive: Sequence[str], assumptions: Sequence[str]) -> tuple[str, GridScheme]:
    """A scheme and what to call it: typed equations, or the name of a scheme or an optimiser.

    Raises:
        InputError: nothing, an unknown name, or a mistake in an equation.
    """
    if not texts:
        raise InputError("expected a scheme: equations such as 'u[1,0] == ...', or a name such as lax-wendroff or nesterov")
    if any("=" in text for text in texts):
        return "; ".join(normalize("NFKC", text.strip()) for text in texts), parse_scheme(
            *texts, positive=positive, assumptions=assumptions
        )
    if len(texts) > 1 or positive or assumptions:
        raise InputError(f"expected one name, without assumptions of its own, or equations; got {', '.join(texts)}")
    if texts[0] in optimizers:
        return texts[0], optimizers[texts[0]]
    return texts[0], choose("scheme", texts[0], {**gallery, **dict.fromkeys(optimizers)}).scheme


def assignments(texts: Sequence[str], ranges: bool) -> dict[str, tuple[float, ...]]:
    """`name=1,2,3`, or `name=0:1` for a range.

    Raises:
        InputError: not of this form, not finite, or a name twice.
    """
    numbers_of: dict[str, tuple[float, ...]] = {}
    for text in texts:
        name, _, values = (part.strip() for part in text.partition("="))
        numbers = [_number(part, text) for part in re.split("[,:]" if ranges else "(?!)", values)]
        if not name or name in numbers_of or (":" in values and len(numbers) != 2):
            raise InputError(f"expected name=value{', name=1,2,3 or name=0:1' if ranges else ''}, each name once, got {text!r}")
        numbers_of[name] = tuple(numbers)
    return numbers_of


def numbers(text: str) -> tuple[float, ...]:
    """Numbers with commas; none of an empty text."""
    return tuple(_number(part, text) for part in text.split(",")) if text.strip() else ()


def _number(part: str, text: str) -> float:
    try:
        value = float(part)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"expected finite numbers, got {part!r} in {text!r}")
    return value
