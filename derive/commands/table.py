"""The commands of `python -m derive`. Each imports what it needs when it runs: help and lists come at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from derive.commands.scheme import BACKENDS, alone, scheme
from derive.errors import choose
from derive.theorems import theorem, titles

if TYPE_CHECKING:
    from derive.paper.derivation import Derivation


def list_theorems() -> None:
    """List the theorems that can be shown."""
    found = titles()
    width = max(map(len, found))
    for key, title in found.items():
        print(f"{key:<{width}}  {title}")


def show(
    id: Annotated[str, tyro.conf.Positional],
    /,
    steps: bool = False,
    latex: bool = False,
    code: str = "",
) -> None:
    """Print a theorem as derived.

    Args:
        id: key of the theorem, as `list` prints it.
        steps: the whole derivation, not the result alone.
        latex: LaTeX instead of text.
        code: generated code for this backend, numpy or torch, instead of the formula.
    """
    if code:
        choose("backend", code, dict.fromkeys(BACKENDS))
        alone("--code", {"--steps": steps, "--latex": latex})
    found = theorem(id)
    if code:
        print(found.function(code).source, end="")
    elif latex:
        print(_latex(found, steps))
    else:
        print(found if steps else found.summary())


def _latex(found: Derivation, steps: bool) -> str:
    return "\n".join(f"% {step.heading}\n\\[ {step.latex} \\]" for step in found.steps) if steps else found.latex()


def show_optimizers(latex: bool = False) -> None:
    """Print recurrence, amplification polynomial, largest stable curvature and stability in mean square of every optimiser.

    Args:
        latex: a LaTeX tabular instead of text.
    """
    from derive.reports import optimizers as optimizer_table

    print(optimizer_table.latex() if latex else optimizer_table.text())


def show_schemes(key: Annotated[str, tyro.conf.Positional] = "", /) -> None:
    """List the schemes of the textbooks, or say when one of them is stable.

    Args:
        key: name of a scheme; empty lists them all.
    """
    from derive.reports import gallery as listing

    print(listing.page(key) if key else listing.table())


def export(out: Path = Path("bounds.tex")) -> None:
    r"""Write every result as a LaTeX macro, for \input in a paper.

    Args:
        out: file to write.
    """
    from derive.reports.export import write_macros

    print(f"wrote {write_macros(out)} macros to {out}")


def show_errata(latex: bool = False, markdown: bool = False, recompute: bool = False) -> None:
    """List what the paper prints wrongly, or what does not reproduce, as recorded with day and machine.

    Args:
        latex: the printed and the derived formulas as a LaTeX longtable.
        markdown: the table of docs/errata.md.
        recompute: compute every verdict now (about ten minutes), instead of reading the record.
    """
    from derive.paper.errata import as_latex, as_markdown, as_text, errata

    rows = errata(recompute)
    print(as_latex(rows) if latex else as_markdown(rows) if markdown else as_text(rows))


COMMANDS: dict[str, Callable[..., None]] = {
    "list": list_theorems,
    "show": show,
    "export": export,
    "errata": show_errata,
    "optimizers": show_optimizers,
    "scheme": scheme,
    "schemes": show_schemes,
}
