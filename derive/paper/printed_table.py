"""A table as a text prints it: data that know where they stand, so that a number can be told with its row and column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

Axis = tuple[str, tuple]
"""What the rows, or the columns, are, and their labels in order: ``("k", (1, 3, 5))``."""


@dataclass(frozen=True)
class Table:
    """A printed table.

    Attributes:
        source: the table and, where they number it otherwise, the texts: "Tab 6 (supp. Tab 3)".
        rows: see `Axis`.
        columns: see `Axis`; None where every column has a name of its own.
        cells: a number for each row and column, (rows, columns).
        name: of the cells.
        by_row: name of a further column -> a number for each row; None where the print has none.
        by_column: name of a further row -> a number for each column.

    >>> table = Table("Tab 2", ("kernel", (16, 32)), by_row={"alpha_max": (2e8, 2e8)})
    >>> table.place("alpha_max", kernel=32)
    'Tab 2, row kernel = 32, column alpha max'
    """

    source: str
    rows: Axis
    columns: Axis | None = None
    cells: tuple[tuple, ...] = ()
    name: str = "accuracy"
    by_row: Mapping[str, tuple] = field(default_factory=dict)
    by_column: Mapping[str, tuple] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, tuple]:
        """Labels and numbers by name."""
        grid = {self.columns[0]: self.columns[1], self.name: self.cells} if self.columns else {}
        return {self.rows[0]: self.rows[1], **grid, **self.by_row, **self.by_column}

    def place(self, name: str, **labels: object) -> str:
        """Where a number stands.

        Args:
            name: as in `values`.
            **labels: of its row and column, by what these are; only one of them for a further column, or row.

        Raises:
            KeyError: the table has no such row or column.
        """
        for axis, label in labels.items():
            if label not in self.values[axis]:
                raise KeyError(f"{self.source} has no {axis} = {label}")
        row, column = (_side(axis, name, labels) for axis in (self.rows, self.columns))
        return f"{self.source}, row {row}, column {column}"

    def numbers(self) -> Iterator[tuple[str, object]]:
        """Every printed number with its place.

        Raises:
            ValueError: there are fewer numbers than rows or columns, or more.
        """
        (row, labels), (column, heads) = self.rows, self.columns or ("", ())
        for label, line in zip(labels, self.cells if self.columns else [()] * len(labels), strict=True):
            for head, number in zip(heads, line, strict=True):
                yield self.place(self.name, **{row: label, column: head}), number
        for axis, names in (((row, labels), self.by_row), ((column, heads), self.by_column)):
            for name, line in names.items():
                pairs = zip(axis[1], line, strict=True)
                yield from ((self.place(name, **{axis[0]: label}), number) for label, number in pairs if number is not None)


def _side(axis: Axis | None, name: str, labels: Mapping[str, object]) -> str:
    """A row or a column by its label, else by its name."""
    return f"{axis[0]} = {labels[axis[0]]}" if axis and axis[0] in labels else name.replace("_", " ")
