"""Command line of `experiments`.

python -m experiments list                                  what can be run
python -m experiments run figure-5                          run it; results land in results/figure-5
python -m experiments run table-2 --preset smoke            a few seconds, to see it work
python -m experiments bounds --image photo.png --kernel 16  bounds for your own picture
python -m experiments picture region 'EQUATION' --vary r=0:1 --vary nu=0:1   curves, region, locus or dispersion of a scheme
python -m experiments draw results/figure-5 --format pdf --width 3.3in      a figure again from its data, for a column
python -m experiments audit MODULE:FUNCTION                 how far your own training is from its edge
python -m experiments explore                               type a scheme into a page of your browser, on this machine
python -m experiments report                                one page of everything
python -m experiments demo                                  five figures and that page, on all cores
python -m experiments --version                             which gradcfl this is
"""

from __future__ import annotations

import sys

from derive.commands.console import run


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; exit codes as `derive.commands.console` lists them."""
    return run(_commands, "python -m experiments", __doc__ or "", arguments)


def _commands():
    from experiments.commands.table import COMMANDS

    return COMMANDS


if __name__ == "__main__":
    sys.exit(main())
