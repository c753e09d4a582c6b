"""What the accuracy tables of Section 4 say by themselves: their STDs computed anew, and the spreads told apart by statistics.

An accuracy is printed to .01, so the number behind it may be .005 away. A printed STD is *possible* if some numbers behind the
printed accuracies have one that is rounded, or cut off, to what is printed; anything else is a misprint, of the STD or of an
accuracy.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np
from scipy.optimize import minimize_scalar

from derive.paper.claim import Verdict
from numerics.statistics import Layout, two_way
from paper_checks.claims import PRINTED

OTHERWISE_IN_CODE = (
    "The authors' public code for Tab 1 does otherwise than is printed in how k enters, in averaging ten epochs, in the "
    "network's shortcuts and in the initial weights (findings code-update, code-average, code-shortcut, code-weights); --form "
    "code runs it so."
)

HALF_UNIT = 0.005
"""Of the last digit of a printed accuracy."""

AXES = {"std_over_k": 0, "std_over_seeds": 1}
"""Printed STDs -> axis of the table, rows k and columns seeds, that they are taken over."""


def accuracies(table: str) -> np.ndarray:
    """The printed accuracies in percent, (k, seed)."""
    return np.array(PRINTED[table].values["accuracy"], dtype=np.float64)


def std_range(numbers: np.ndarray, ddof: int, away: float = HALF_UNIT) -> tuple[float, float]:
    """Least and greatest STD of (n,) numbers that are each up to `away` from what is printed.

    The STD is convex: its greatest value is at one of the 2^n corners. The least sum of squares about a centre c moves every
    number towards c as far as it may; then one centre is left to be found.
    """
    signs = 2 * (np.arange(2 ** len(numbers))[:, None] >> np.arange(len(numbers)) & 1) - 1
    greatest = (numbers + away * signs).std(1, ddof=ddof).max()

    def squares(centre: float) -> float:
        return float((np.maximum(np.abs(numbers - centre) - away, 0) ** 2).sum())

    least = minimize_scalar(squares, bounds=(numbers.min(), numbers.max()), method="bounded").fun
    return float(np.sqrt(least / (len(numbers) - ddof))), float(greatest)


def possible(numbers: np.ndarray, printed: Decimal, ddof: int, away: float = HALF_UNIT) -> bool:
    """Whether the printed STD can be that of the numbers, rounded or cut off to its digits; they are known up to `away`."""
    unit = 10.0 ** int(printed.as_tuple().exponent)
    low, high = std_range(numbers, ddof, away)
    return low < float(printed) + unit and high >= float(printed) - unit / 2


def entries(table: str) -> list[tuple[str, int, np.ndarray, Decimal]]:
    """Every printed STD of a table: its kind, its place, the accuracies it is of, and what is printed."""
    cells = accuracies(table)
    return [
        (kind, i, cells.take(i, 1 - axis), printed)
        for kind, axis in AXES.items()
        for i, printed in enumerate(PRINTED[table].values[kind])
    ]


def misprints(table: str, ddof: int = 0) -> list[str]:
    """The STDs that are not possible, in words."""
    return [
        f"{place(table, kind, i)}: printed {printed}, computed {numbers.std(ddof=ddof):.3f}"
        for kind, i, numbers, printed in entries(table)
        if not possible(numbers, printed, ddof)
    ]


def place(table: str, kind: str, i: int) -> str:
    """Where a printed STD stands."""
    found = PRINTED[table].tables[0]
    axis, labels = found.columns if kind == "std_over_k" else found.rows  # type: ignore[misc]
    return found.place(kind, **{axis: labels[i]})


def impossible_as_sample_std(table: str) -> int:
    """How many of the printed STDs cannot have been divided by n - 1."""
    return len(misprints(table, ddof=1))


def spreads(table: str) -> Layout:
    """Spread over k and over seeds of the printed accuracies, unbiased, and how they compare."""
    return two_way(accuracies(table))


def mean_std(table: str, kind: str, ddof: int) -> float:
    """Mean of a table's STDs over k or over seeds."""
    return float(accuracies(table).std(AXES[kind], ddof=ddof).mean())


def floor_bound(table: str, test_images: int = 10_000) -> float:
    """What the spread of independent runs on a fixed test set can be without any run being better than another: at most this.

    It is the square root of sum e (1 - e) over the images, over their number, e an image's chance to be missed; at a given
    mean of e, equal chances give the most. The chances themselves cannot be had from a table of accuracies.
    """
    missed = 1 - accuracies(table).mean() / 100
    return 100 * float(np.sqrt(missed * (1 - missed) / test_images))


def churn_needed(table: str, test_images: int = 10_000) -> float:
    """How often two runs would have to disagree on a test image for the finite test set alone to spread them as over k.

    By the floor's bound, floor^2 = churn/(2n), reached if no image is missed in two ways.
    """
    return 2 * test_images * (spreads(table).over_k.std / 100) ** 2


def statistics_in_words(table: str) -> str:
    """What the printed numbers say."""
    over_k, over_seeds = (f"{mean_std(table, kind, 0):.3f} (n) and {mean_std(table, kind, 1):.3f} (n - 1)" for kind in AXES)
    return (
        f"The print's own 36 accuracies: mean STD over k {over_k}, over seeds {over_seeds}, by divisor. Divided by n - 1, "
        f"{impossible_as_sample_std(table)} of the 12 printed STDs would be impossible whatever was rounded; divided by n, "
        f"{len(misprints(table))}. {spreads(table).sentence} The spread that a fixed test "
        f"set of 10,000 images gives to runs that are equally good is at most {floor_bound(table):.2f}; how much of it is "
        f"there, accuracies alone do not tell. {OTHERWISE_IN_CODE}"
    )


def accuracy_verdict(table: str, command: str, finding: str = "", consequence: str = "", more: str = "") -> Verdict:
    """Misprints of a table of accuracies, or that it has none but was not run again."""
    wrong = misprints(table)
    evidence = f"{'; '.join(wrong) + '. ' if wrong else ''}{statistics_in_words(table)}{' ' + more if more else ''}"
    status = "erratum" if wrong else "not run at the paper's setting"
    return Verdict(table, status, "", "", evidence, command, finding, consequence)
