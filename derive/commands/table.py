"""The commands of `python -m derive`. Each imports what it needs when it runs: help and lists come at once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import tyro

from derive.commands.pde import pde
from derive.commands.scheme import BACKENDS, alone, scheme
from derive.derivations import key_of, titles
from derive.errors import choose


def list_theorems() -> None:
    """List the theorems that can be shown."""
    title_of = titles()
    width = max(map(len, title_of))
    for key, title in title_of.items():
        print(f"{key:<{width}}  {title}")


def show(
    id: Annotated[str, tyro.conf.Positional],
    /,
    steps: bool = False,
    latex: bool = False,
    code: str = "",
    json: bool = False,
) -> None:
    """Print a theorem as derived.

    Args:
        id: key of the theorem, as `list` prints it, or as the paper does: "Thm 5.4", "Tab 3".
        steps: the whole derivation, not the result alone.
        latex: LaTeX instead of text.
        code: generated code for this backend, numpy or torch, instead of the formula.
        json: for programs: key, title, source, assumptions, result, latex, steps, outputs.
    """
    if json:
        alone("--json", {"--steps": steps, "--latex": latex, "--code": code}, "it holds them")
    if code:
        choose("backend", code, dict.fromkeys(BACKENDS))
        alone("--code", {"--steps": steps, "--latex": latex})
    from derive.reports import theorem_page

    key = key_of(id)
    if json:
        print(theorem_page.page(key)["json"])
    elif code:
        print(theorem_page.code(key, code), end="")
    else:
        form = ("steps_latex" if steps else "latex") if latex else "steps" if steps else "summary"
        print(theorem_page.page(key)[form])


def cite(id: Annotated[str, tyro.conf.Positional], /) -> None:
    """Print BibTeX of paper and toolkit, and a sentence with version, status and proof of a theorem.

    Args:
        id: key of the theorem, as `list` prints it, or as the paper does: "Thm 5.4".
    """
    key = key_of(id)
    from derive.reports.citation_page import cited

    print(cited(key))


def show_optimizers(latex: bool = False, json: bool = False) -> None:
    """Print recurrence, amplification polynomial, largest stable curvature and stability in mean square of every optimiser.

    Args:
        latex: a LaTeX tabular instead of text.
        json: for programs: optimizers, without_an_edge.
    """
    if json:
        from derive.reports import as_json

        alone("--json", {"--latex": latex}, "its text is read by programs")
        print(as_json.written(as_json.of_optimizers()))
        return
    from derive.reports import optimizers as optimizer_table

    print(optimizer_table.latex() if latex else optimizer_table.text())


def show_schemes(key: Annotated[str, tyro.conf.Positional] = "", /) -> None:
    """List the schemes of the textbooks, or say when one of them is stable.

    Args:
        key: name of a scheme; empty lists them all.
    """
    from derive.reports import gallery as listing

    print(listing.page(key) if key else listing.table())


def export(
    out: Path = Path("bounds.tex"),
    only: tyro.conf.UseAppendAction[tuple[str, ...]] = (),
    prefix: str = "cfl",
    standalone: bool = False,
) -> None:
    r"""Write results as LaTeX macros, for \input in a paper.

    Args:
        out: file to write.
        only: the theorem of this key alone; may be repeated.
        prefix: what the name of every macro begins with; letters.
        standalone: a document that shows every macro, instead of a file for \input.
    """
    from derive.reports.export import write_macros

    print(f"wrote {write_macros(out, only, prefix, standalone, _deriving)} macros to {out}")


def _deriving(done: int, of: int, key: str) -> None:
    """A line that is written over, where somebody looks at it."""
    if sys.stderr is not None and sys.stderr.isatty():
        end = "\r" if done + 1 < of else "\r\x1b[K"
        print(f"\x1b[Kderiving {key} ({done + 1} of {of})", end=end, file=sys.stderr, flush=True)


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
    "cite": cite,
    "errata": show_errata,
    "optimizers": show_optimizers,
    "scheme": scheme,
    "pde": pde,
    "schemes": show_schemes,
}
