"""Command line of `derive`.

python -m derive list                     what has been derived
python -m derive show 5.4                 a result
python -m derive show 5.4 --steps         the derivation, step by step
python -m derive show 5.4 --latex         LaTeX of the result, or of every step
python -m derive show 5.4 --code torch    generated code
python -m derive export --out bounds.tex  every bound as a LaTeX macro
python -m derive cite 5.4                 BibTeX of paper and toolkit, and a sentence with version and proof
python -m derive errata                   what the paper prints wrongly, with counterexamples; --recompute
python -m derive optimizers               the largest stable curvature of every optimiser; --latex typesets the table
python -m derive scheme 'EQUATION'        when a scheme that you type is stable; --steps, --code, --prove, --analysis
python -m derive schemes                  the textbooks' schemes by name
python -m derive schemes lax-wendroff     one of them, and when it is stable
python -m derive integrators              the time integrators by name
python -m derive integrators RK4          one of them, and what it is stable for
python -m derive --version                which gradcfl this is
"""

from __future__ import annotations

import sys

from derive.commands.console import run


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; exit codes as `derive.commands.console` lists them."""
    return run(_commands, "python -m derive", __doc__ or "", arguments)


def _commands():
    from derive.commands.table import COMMANDS

    return COMMANDS


if __name__ == "__main__":
    sys.exit(main())
