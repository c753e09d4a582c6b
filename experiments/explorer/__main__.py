"""`python -m experiments.explorer --out site/explorer`: the explorer as a folder of a site."""

from __future__ import annotations

import sys
from pathlib import Path

from derive.commands.console import run


def build_site(out: Path, runtime: Path | None = None) -> None:
    """Write the explorer into a folder, for any web server.

    Args:
        out: the folder.
        runtime: Pyodide's package as a file, where there is no network.
    """
    from experiments.explorer.building import build

    print(f"explorer: {build(out, runtime).resolve()}")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; exit codes as `derive.commands.console` lists them."""
    return run(
        lambda: {"build": build_site}, "python -m experiments.explorer", __doc__ or "", ["build", *(arguments or sys.argv[1:])]
    )


if __name__ == "__main__":
    sys.exit(main())
