"""Command line of `derive`.

python -m derive list                     what has been derived
python -m derive show 5.4                 a result
python -m derive show 5.4 --steps         the derivation, step by step
python -m derive show 5.4 --latex         LaTeX of the result, or of every step
python -m derive show 5.4 --code torch    generated code
python -m derive export --out bounds.tex  every bound as a LaTeX macro
python -m derive errata                   what the paper prints wrongly, with counterexamples
python -m derive optimizers               the largest stable curvature of every optimiser; --latex typesets the table
python -m derive scheme 'EQUATION'        when a scheme that you type is stable; --steps, --code, --prove, --analysis
python -m derive schemes                  the textbooks' schemes by name
python -m derive schemes lax-wendroff     one of them, and when it is stable
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import tyro

from derive.commands_scheme import scheme, shielded
from derive.derivation import Derivation
from derive.errata import as_latex, as_markdown, as_text
from derive.errata import errata as found_errata
from derive.errors import InputError
from derive.export import write_macros
from derive.theorems import theorem, theorems

app = tyro.extras.SubcommandApp()
app.command(name="scheme")(scheme)


@app.command(name="list")
def list_theorems() -> None:
    """List the theorems that can be shown."""
    width = max(map(len, theorems))
    for key, derivation in theorems.items():
        print(f"{key:<{width}}  {derivation.title}")


@app.command
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
    found = theorem(id)
    if code:
        print(found.function(code).source, end="")
    elif latex:
        print(_latex(found, steps))
    else:
        print(found if steps else found.summary())


def _latex(found: Derivation, steps: bool) -> str:
    return "\n".join(f"% {step.heading}\n\\[ {step.latex} \\]" for step in found.steps) if steps else found.latex()


@app.command(name="optimizers")
def show_optimizers(latex: bool = False) -> None:
    """Print recurrence, amplification polynomial and largest stable curvature of every optimiser.

    Args:
        latex: a LaTeX tabular instead of text.
    """
    from derive import optimizer_table

    print(optimizer_table.latex() if latex else optimizer_table.text())


@app.command(name="schemes")
def show_schemes(key: Annotated[str, tyro.conf.Positional] = "", /) -> None:
    """List the schemes of the textbooks, or say when one of them is stable.

    Args:
        key: name of a scheme; empty lists them all.
    """
    from derive.gallery import listing

    print(listing.page(key) if key else listing.table())


@app.command
def export(out: Path = Path("bounds.tex")) -> None:
    r"""Write every result as a LaTeX macro, for \input in a paper.

    Args:
        out: file to write.
    """
    print(f"wrote {write_macros(out)} macros to {out}")


@app.command
def errata(latex: bool = False, markdown: bool = False) -> None:
    """List what the paper prints wrongly, or what does not reproduce, computed now (one to three minutes).

    Args:
        latex: the printed and the derived formulas as a LaTeX longtable.
        markdown: the table of the README.
    """
    rows = found_errata()
    print(as_latex(rows) if latex else as_markdown(rows) if markdown else as_text(rows))


def main(arguments: list[str] | None = None) -> Literal[0, 2]:
    """Run the command line; a user's mistake is one line on stderr and exit code 2."""
    try:
        app.cli(prog="python -m derive", description=__doc__, args=shielded(sys.argv[1:] if arguments is None else arguments))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever reads, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
