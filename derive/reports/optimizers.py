"""The table of optimisers, as text, as LaTeX and for programs. Each is derived once, for all three, and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from textwrap import fill
from typing import Any

import sympy as sp

from derive.errors import InputError
from derive.fields.symbols import curvature
from derive.files.remembered import remembered
from derive.reports.optimizer_latex import block as typeset_block
from derive.reports.optimizer_latex import macros_of, typeset_relation
from derive.reports.optimizer_row import Row, plain, row, solved
from derive.schemes.optimizers import optimizers, why_excluded

COLUMNS = 100
_NAMES = 16
_LABELS = 13
_HEAD = (
    "One mode of the loss, gradient = curvature * theta; x' is the new value of x. A mode of positive curvature converges "
    "below the edge and diverges above it. In mean square: the curvature is drawn anew at each step, as in small batches, "
    "with mean `curvature` and standard deviation `deviation`; E theta^2 decays below the edge where this holds too, and grows "
    "otherwise. It is about one mode; modes that share their noise may be less stable together."
)

Page = dict[str, Any]
"""`text`; `latex`; `json`: an entry of `optimizers --json`; `macros`: see export."""

Settings = Mapping[str, sp.Expr]
Tell = Callable[[int, int, str], None]


def page(name: str, settings: Settings | None = None) -> Page:
    """What is told of one optimiser, some of its parameters fixed: as kept, or derived now.

    Raises:
        InputError: an unknown or excluded optimiser, or a setting that it cannot have.
    """
    _ = optimizers[name]
    fixed = ", ".join(f"{other} = {value}" for other, value in sorted((settings or {}).items()))
    key = f"-{sha256(fixed.encode()).hexdigest()[:12]}" if fixed else ""
    return remembered(f"optimizer-{name}{key}", lambda: _page(row(name, settings), fixed))


def _page(record: Row, fixed: str) -> Page:
    entry = {
        "name": record.name,
        "recurrence": [f"{sp.sstr(e.lhs)} = {sp.sstr(e.rhs)}" for e in record.recurrence],
        "polynomial": sp.sstr(record.polynomial),
        "largest_stable_curvature": sp.sstr(record.edge),
        "mean_square": sp.sstr(record.in_mean_square),
        "solved": {sp.sstr(bound.lhs): sp.sstr(bound) for bound in record.bounds},
    }
    return {
        "text": _block(record, fixed),
        "latex": typeset_block(record, fixed),
        "json": entry,
        "macros": macros_of(record),
    }


def told(form: str, only: Iterable[str] = (), settings: Settings | None = None, tell: Tell | None = None) -> list[Any]:
    """One form of every page asked for, all if none is: ``"text"``, ``"latex"`` or ``"json"``.

    Raises:
        InputError: see `page`.
    """
    names = list(dict.fromkeys(only)) or list(optimizers)
    found = []
    for n, name in enumerate(names):
        if tell:
            tell(n, len(names), name)
        found.append(page(name, settings)[form])
    return found


def text(only: Iterable[str] = (), settings: Settings | None = None, tell: Tell | None = None) -> str:
    """The table as text, at most `COLUMNS` wide; those without an edge below it, unless some are asked for."""
    below = [] if list(only) else ["Without an edge", *_exclusions()]
    return "\n\n".join([fill(_HEAD, COLUMNS), *told("text", only, settings, tell), *below])


def solved_for(parameter: str, only: Iterable[str], settings: Settings, as_latex: bool) -> str:
    """A line for each: the stable values of one parameter on a mode of positive curvature, of those that have it.

    Raises:
        InputError: see `solved`; none has it, or one of those asked for.
    """
    names = list(dict.fromkeys(only)) or [name for name in optimizers if parameter in map(str, optimizers[name].parameters)]
    if not names:
        raise InputError(f"expected a parameter of an optimiser to solve for, such as lr, got {parameter!r}")
    bounds = {name: solved(name, parameter, settings) for name in names}
    if as_latex:
        return "\n".join(rf"\[ {typeset_relation(bound)} \] % {name}" for name, bound in bounds.items())
    return "\n".join(_wrapped(plain(bound), f"{name:{_NAMES}}") for name, bound in bounds.items())


def _block(record: Row, fixed: str) -> str:
    equations = (f"{plain(e.lhs)} = {plain(e.rhs)}" for e in record.recurrence)
    cells = [("recurrence", next(equations)), *(("", equation) for equation in equations)]
    cells += [("polynomial", plain(record.polynomial)), ("stable for", f"{curvature} < {plain(record.edge)}")]
    cells += [("that is" if n == 0 else "", plain(bound)) for n, bound in enumerate(record.bounds)]
    cells += [("mean square", plain(record.in_mean_square)), *([("at", fixed)] if fixed else [])]
    names = [record.name, *[""] * (len(cells) - 1)]
    return "\n".join(_wrapped(c, f"{n:{_NAMES}}{label:{_LABELS}}") for n, (label, c) in zip(names, cells, strict=True))


def _exclusions() -> list[str]:
    return [_wrapped(reason, f"{name:{_NAMES}}") for name, reason in why_excluded.items()]


def _wrapped(words: str, head: str) -> str:
    return fill(words, COLUMNS, initial_indent=head, subsequent_indent=" " * len(head), break_long_words=False)
