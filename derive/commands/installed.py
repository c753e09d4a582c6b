"""Whether the packages that gradcfl requires are there: a broken install is one line, before the work."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, requires
from importlib.util import find_spec

from derive.errors import InputError

MODULES = {"pillow": "PIL", "scikit-learn": "sklearn", "pyyaml": "yaml"}
"""Packages whose module has another name."""

EXTRA = "train"
"""What simulating, measuring and drawing needs beside: `derive` alone does without."""

OWN = ("derive", "numerics", "experiments", "paper_checks")
"""Where a missing module is a fault of ours."""


def check_installed(extra: str = EXTRA) -> None:
    """Check that every package can be found that is required, or that an extra brings; nothing is imported.

    Raises:
        InputError: some cannot, with their names.
    """
    _check((*required(), *required(extra)), extra)


def _check(packages: tuple[str, ...], extra: str = EXTRA) -> None:
    if missing := [package for package in packages if not _there(_module(package))]:
        cure = f"'gradcfl[{extra}]'" if set(missing) & set(required(extra)) else " ".join(missing)
        raise InputError(f"gradcfl needs {', '.join(missing)}, which cannot be found; pip install {cure}")


def _module(package: str) -> str:
    return MODULES.get(package, package)


def check_found(error: ModuleNotFoundError) -> None:
    """Check that it is no broken install of gradcfl's packages, or of theirs, that a module could not be found.

    Raises:
        InputError: it is one, and what to install.
    """
    module = (error.name or "").partition(".")[0]
    if module in ("", *OWN):
        return
    package = next((one for one in (*required(), *required(EXTRA)) if _module(one).replace("-", "_") == module), None)
    _check(required() + (required(EXTRA) if package in required(EXTRA) else ()))
    what = f"the installed {package} lacks {error.name}" if package else f"{error.name}, which they need, cannot be found"
    again = f"pip install --force-reinstall {package or 'gradcfl'}"
    raise InputError(f"expected whole installs of gradcfl's packages, but {what}; {again}") from None


@lru_cache
def required(extra: str = "") -> tuple[str, ...]:
    """Names of the packages, or of those that an extra adds, as the installed metadata has them; none if there are none."""
    try:
        lines = requires("gradcfl") or []
    except PackageNotFoundError:  # run out of its sources
        return ()
    chosen = [line for line in lines if _extra(line) == extra]
    return tuple(match[0] for line in chosen if (match := re.match(r"[A-Za-z0-9._-]+", line)))


def _extra(line: str) -> str:
    match = re.search(r"extra == ['\"]([^'\"]+)", line)
    return match[1] if match else ""


def _there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False
