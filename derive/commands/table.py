"""The commands of `python -m derive`. Each imports what it needs when it runs: help and lists come at once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import tyro

from derive.commands.pde import pde
from derive.commands.scheme import alone, scheme
from derive.derivations import titles
from derive.errors import InputError, choose
from derive.reports.subject import flat, known, known_optimiser, optimiser, settings_of

Several = tyro.conf.UseAppendAction[tuple[tuple[str, ...], ...]]
"""Words after an option, which may be repeated."""


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
    """Print a theorem as derived, or an optimiser.

    Args:
        id: key of the theorem, as `list` prints it, or as the paper does: "Thm 5.4", "Tab 3"; or an optimiser, such as adam.
        steps: the whole derivation, not the result alone.
        latex: LaTeX instead of text.
        code: generated code for this backend, numpy or torch, instead of the formula.
        json: for programs: key, title, source, assumptions, result, latex, steps, outputs, solved.
    """
    if json:
        alone("--json", {"--steps": steps, "--latex": latex, "--code": code}, "it holds them")
    from derive.reports import theorem_page

    if code:
        choose("backend", code, dict.fromkeys(theorem_page.BACKENDS))
        alone("--code", {"--steps": steps, "--latex": latex})
    key = known(id)
    if optimiser(key):
        alone(f"show {key}", {"--steps": steps, "--code": code}, "these are of theorems")
        show_optimizers(((key,),), latex=latex, json=json)
        return
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
        id: key of the theorem, as `list` prints it, or as the paper does: "Thm 5.4"; or an optimiser, such as adam.
    """
    key = known(id)
    from derive.reports.citation_page import cited

    print(cited(key))


def show_optimizers(only: Several = (), set: Several = (), solve: str = "", latex: bool = False, json: bool = False) -> None:
    """Print recurrence, polynomial, largest stable curvature and stability in mean square of optimisers.

    Example: python -m derive optimizers --only sgd --set nesterov=1 dampening=0 --solve lr

    Args:
        only: these optimisers, such as adam; all if none is named.
        set: numbers for parameters, such as nesterov=1.
        solve: only the stable values of this parameter, such as lr or weight_decay.
        latex: LaTeX instead of text: a block that fits a column for each, with what its symbols mean.
        json: for programs: optimizers, without_an_edge.
    """
    names, fixed = [known_optimiser(name) for name in flat(only)], settings_of(flat(set))
    if json:
        alone("--json", {"--latex": latex, "--solve": solve}, "its text is read by programs")
    if fixed and not names:
        raise InputError("expected --only NAME beside --set: the optimiser whose parameters these are")
    from derive.reports import optimizers as optimizer_table

    if json:
        from derive.reports import as_json

        print(as_json.written(as_json.of_optimizers(optimizer_table.told("json", names, fixed, _deriving))))
    elif solve:
        print(optimizer_table.solved_for(solve, names, fixed, latex))
    elif latex:
        print("\n\n".join(optimizer_table.told("latex", names, fixed, _deriving)))
    else:
        print(optimizer_table.text(names, fixed, _deriving))


def show_schemes(key: Annotated[str, tyro.conf.Positional] = "", /) -> None:
    """List the schemes of the textbooks, or say when one of them is stable.

    Args:
        key: name of a scheme; empty lists them all.
    """
    from derive.reports import gallery as listing

    print(listing.page(key) if key else listing.table())


def show_integrators(name: Annotated[str, tyro.conf.Positional] = "", /) -> None:
    """List the time integrators, or say for which real and imaginary z one of them is stable on u' = z u.

    Args:
        name: of an integrator, such as RK4; empty lists them all.
    """
    from derive.commands.lines import spelled
    from derive.lines.integrators import integrators
    from derive.reports import integrators as listing

    print(listing.page(spelled(name, integrators)) if name else listing.table())


def export(
    out: Path = Path("bounds.tex"),
    only: tyro.conf.UseAppendAction[tuple[str, ...]] = (),
    prefix: str = "cfl",
    standalone: bool = False,
) -> None:
    r"""Write results as LaTeX macros, for \input in a paper.

    Args:
        out: file to write.
        only: the theorem of this key alone, or the optimiser of this name; may be repeated.
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
    "integrators": show_integrators,
}
