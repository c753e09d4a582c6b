"""A live view in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from derive.shown import shown
from numerics.monitor.shadows import pace

COLOURS = {
    "stable": "green",
    "at the edge": "yellow",
    "undecided": "cyan",
    "thrown out": "red",
    "restrained": "magenta",
    "unstable": "bold red",
}
LRS = (("lr", "lr"), ("largest_lr", "largest stable lr"), ("largest_lr_mean_square", "largest stable in mean square"))
WIDTH = 40
"""Characters of a bar; the edge stands at three quarters of it."""


class LiveView:
    """Shows the newest numbers, and the layers by how near they are to the edge; refreshed in place.

    Where the output is no terminal, the last state is printed at the end.

    Args:
        console: of rich; standard output by default.
        layers: most layers shown.
    """

    def __init__(self, console: Console | None = None, layers: int = 8) -> None:
        self._live = Live(console=console or Console(), auto_refresh=False)
        self._latest: dict[str, Any] = {}
        self._layers = layers

    def write(self, step: int, row: Mapping[str, Any]) -> None:
        """Show a row."""
        blocks = {**self._latest.get("layer_normalised", {}), **row.get("layer_normalised", {})}
        self._latest |= {**row, "step": step, "layer_normalised": blocks}
        if not self._live.is_started:
            self._live.start()
        self._live.update(view(self._latest, self._layers), refresh=True)

    def close(self) -> None:
        """Leave the last state on the screen."""
        self._live.stop()


def view(latest: Mapping[str, Any], layers: int) -> Group:
    """The newest numbers as something rich can print."""
    parts: list[Any] = [_numbers(latest)]
    blocks = sorted(latest.get("layer_normalised", {}).items(), key=lambda item: -item[1])[:layers]
    if blocks:
        table = Table("layer", "normalised sharpness", "", box=None)
        for name, value in blocks:
            table.add_row(Text(shown(name)), f"{value:.3g}", bar(value))
        parts.append(table)
    return Group(*parts)


def bar(value: float) -> Text:
    """A bar as long as the value, with a mark at 1; red beyond."""
    edge = 3 * WIDTH // 4
    filled = max(0, min(WIDTH, round(value * edge))) if value == value else 0
    cells = ["█" if i < filled else "·" for i in range(WIDTH)]
    cells[edge] = "│" if filled <= edge else "█"
    return Text("".join(cells), style="red" if value > 1 else "cyan")


def _numbers(latest: Mapping[str, Any]) -> Table:
    table = Table(show_header=False, box=None)
    for label, value in _rows(latest):
        table.add_row(label, value if isinstance(value, Text) else Text(shown(value)))
    return table


def _rows(latest: Mapping[str, Any]) -> Iterator[tuple[str, str | Text]]:
    """Label and value."""
    said = latest.get("verdict", "not measured yet")
    yield "step", str(latest["step"])
    yield "verdict", Text(shown(said), style=COLOURS.get(said, ""))
    if latest.get("reason"):
        yield "", latest["reason"]
    if "normalised" in latest:
        yield "normalised sharpness", f"{latest['normalised']:.4g} (the edge is 1)"
        yield "", bar(latest["normalised"])
    if "mean_square" in latest:
        both = f"{latest['mean_square']:.4g} along the direction, {latest['coupled']:.4g} with what goes across"
        yield "in mean square", f"{both} (sampled batches; the edge is 1)"
    for name, label in LRS:
        if name in latest:
            yield label, ", ".join(f"{value:.3g}" for value in latest[name].values())
    if "weight_decay_high" in latest:
        high = latest["weight_decay_high"]
        yield "largest stable weight decay", f"{high:.3g}" if high == high else latest.get("no_decay", "none")
    if "growth" in latest:
        yield "last-bit divergence", f"{latest['growth']}: {latest['growth_reason']}"
        yield "", pace(latest)
    if "loss" in latest:
        yield "loss", f"{latest['loss']:.4g}"
