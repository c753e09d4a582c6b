"""`gradcfl`: the commands of `derive` and of `experiments` under one name.

gradcfl list                              what has been derived, and what can be run
gradcfl show 5.4 --steps                  a result, step by step
gradcfl scheme 'EQUATION'                 when a scheme that you type is stable
gradcfl audit MODULE:FUNCTION             how far your own training is from its edge
gradcfl run figure-5                      a figure or a table; results land in results/figure-5
gradcfl explore                           the same in a page of your browser, on this machine
gradcfl COMMAND --help                    the options of a command
gradcfl --version                         which gradcfl this is
gradcfl --tyro-print-completion bash      completion for bash, zsh or tcsh
"""

from __future__ import annotations

import sys

from derive.commands.console import run


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; exit codes as `derive.commands.console` lists them."""
    return run(_commands, "gradcfl", __doc__ or "", arguments)


def list_all(left_open: bool = False) -> None:
    """List the theorems that can be shown, and the experiments that can be run with their presets.

    Args:
        left_open: also what the print leaves open of each preset `paper`, and is chosen; all else of it is as printed.
    """
    from derive.commands.table import list_theorems
    from experiments.commands.table import list_experiments

    print("Theorems (gradcfl show KEY)")
    list_theorems()
    print("\nExperiments (gradcfl run NAME)")
    list_experiments(left_open)


def _commands():
    from derive.commands.table import COMMANDS as derived
    from experiments.commands.table import COMMANDS as run_

    return {**derived, **run_, "list": list_all}


if __name__ == "__main__":
    sys.exit(main())
