"""What our own runs say of the claim that a last bit spreads the accuracy as batch selection does, and what would decide it.

They are the experiments' records, of settings that are not the paper's: nothing here refutes the print at its own. `python -m
paper_checks.contrary` prints the table of docs/errata.md.

Source: Tab 1, 6, 6b, 7, 8.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from derive.paper.errata import cell
from experiments.last_bits.spreads import stable
from numerics.statistics import Layout, detectable_ratio, two_way
from paper_checks.claims import PRINTED
from paper_checks.printed_tables import spreads
from paper_checks.results import recorded

TABLES = ("table-1", "table-6", "table-6b", "table-7", "table-8")
SETTINGS, FULL = "table-6b", "table-6"
"""The one that has several settings, printed without their runs, as many as those of the other."""


@dataclass(frozen=True)
class Ours:
    """The runs of one table, or of one of its settings.

    Attributes:
        claim: the table's.
        setting: what was trained, in words.
        preset: of the experiment.
        layout: their spreads, over last bits and over batch orders.
        print: those of the printed runs; None if they are not printed.
    """

    claim: str
    setting: str
    preset: str
    layout: Layout
    print: Layout | None

    @property
    def contrary(self) -> bool:
        """Whether batch orders spread the accuracy more than last bits do: the whole interval says so."""
        return self.layout.high < 1

    @property
    def ends(self) -> tuple[float, float]:
        """Ratio of the variances, and the greatest that is left."""
        return self.layout.ratio, self.layout.high

    @property
    def runs(self) -> str:
        """Last bits by batch orders."""
        return "{} x {}".format(*self.layout.runs)

    @property
    def sentence(self) -> str:
        """What was found, and how it lies to the printed runs."""
        less = "batch orders spread the accuracy more than last bits do, the opposite of the claim"
        told = less if self.contrary else "neither is told to spread the accuracy more"
        theirs = f" {self._beside(self.print)}" if self.print else ""
        return (
            f"At a setting of ours ({self.setting}; not the paper's) {told}: ratio of the variances, last bits to batch "
            f"orders, {interval(self.layout)} from {self.runs} runs.{theirs}"
        )

    def _beside(self, theirs: Layout) -> str:
        apart = self.layout.high < theirs.low or theirs.high < self.layout.low
        both = "no one ratio is in both intervals" if apart else "the intervals meet, so that one ratio may be behind both"
        return f"The printed runs give {interval(theirs)}: {both}."


def decided_by(against: Sequence[Ours]) -> str:
    """The setting and the number of runs that would tell, of one claim."""
    claim, printed = against[0].claim, PRINTED[FULL if against[0].print is None else against[0].claim].values
    rows, columns = len(printed["k"]), len(printed["seed"])
    power = detectable_ratio(columns - 1, (rows - 1) * (columns - 1), count=rows)
    found, least = (", ".join(f"{1 / end:.1f}" for end in ends) for ends in zip(*(one.ends for one in against), strict=True))
    side = square(min(1 / one.layout.high for one in against))
    return (
        f"The paper's own setting decides: python -m experiments run {claim} --preset paper --device cuda. Its {rows} x "
        f"{columns} runs tell a factor of {power:.1f} between the variances four times in five; ours is {found}, and the least "
        f"that our interval leaves, {least}, takes {side} x {side}."
    )


def interval(layout: Layout) -> str:
    """A ratio of variances in words."""
    return f"{layout.ratio:.2f} ({100 * layout.level:g} % interval {ends(layout)})"


def ends(layout: Layout) -> str:
    """Of its interval."""
    return f"{layout.low:.2f} to {layout.high:.2f}"


def square(factor: float) -> int:
    """Of so many rows and columns a table tells a factor above 1 between the two variances four times in five, at the least."""
    return next(n for n in count(2) if detectable_ratio(n - 1, (n - 1) ** 2, count=n) <= factor)


def ours(claim: str) -> Iterator[Ours]:
    """What was run of a table, setting by setting."""
    found = recorded(claim)
    preset = found.attrs["preset"]
    if claim != SETTINGS:
        yield Ours(claim, found.attrs["setting"], preset, two_way(stable(found.final)), spreads(claim))
        return
    for name in found.setting.values:
        yield Ours(claim, str(name), preset, two_way(stable(found.sel(setting=name).final)), None)


def contrary(claim: str) -> tuple[str, str]:
    """(what speaks against the claim, what would decide it), both empty if nothing does."""
    against = [one for one in ours(claim) if one.contrary]
    return (" ".join(one.sentence for one in against), decided_by(against)) if against else ("", "")


def beside(claim: str) -> str:
    """All that was found, contrary or not, as evidence."""
    return " ".join(one.sentence for one in ours(claim))


HEADS = (
    "Claim",
    "Trained by us",
    "Runs",
    "Ratio (95 %)",
    "Of the printed runs",
    "Batch orders spread more",
    "Runs that would tell, at the paper's setting",
)


def as_markdown() -> str:
    """The table of docs/errata.md."""
    lines = [HEADS, ("---",) * len(HEADS), *(_line(one) for claim in TABLES for one in ours(claim))]
    return "\n".join("| " + " | ".join(map(cell, line)) + " |" for line in lines)


def _line(one: Ours) -> tuple[str, ...]:
    found, theirs = (f"{x.ratio:.2f} ({ends(x)})" if x else "not printed" for x in (one.layout, one.print))
    side = square(1 / one.layout.high) if one.contrary else 0
    told = ("yes, against the claim", f"{side} x {side}") if one.contrary else ("not told", "")
    return (PRINTED[one.claim].source, one.setting, one.runs, found, theirs, *told)


if __name__ == "__main__":
    print(as_markdown())
