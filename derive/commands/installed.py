"""Whether the packages that gradcfl requires are there: a broken install is one line, before the work."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, requires
from importlib.util import find_spec

from derive.errors import InputError

MODULES = {"pillow": "PIL", "scikit-learn": "sklearn", "pyyaml": "yaml"}
"""Packages whose module has another name."""

OWN = ("derive", "numerics", "experiments", "paper_checks")
"""Where a missing module is a fault of ours."""


def check_installed() -> None:
    """Check that every required package can be found; nothing is imported.

    Raises:
        InputError: some cannot, with their names.
    """
    if missing := [package for package in required() if not _there(MODULES.get(package, package))]:
        raise InputError(f"gradcfl needs {', '.join(missing)}, which cannot be found; pip install {' '.join(missing)}")


def check_found(error: ModuleNotFoundError) -> None:
    """Check that it is no broken install of gradcfl's packages, or of theirs, that a module could not be found.

    Raises:
        InputError: it is one, and what to install.
    """
    module = (error.name or "").partition(".")[0]
    if module in ("", *OWN):
        return
    check_installed()
    package = next((one for one in required() if MODULES.get(one, one) == module), None)
    what = f"the installed {package} lacks {error.name}" if package else f"{error.name}, which they need, cannot be found"
    again = f"pip install --force-reinstall {package or 'gradcfl'}"
    raise InputError(f"expected whole installs of gradcfl's packages, but {what}; {again}") from None


@lru_cache
def required() -> tuple[str, ...]:
    """Names of the packages, without those of extras, as the installed metadata has them; none if there are none."""
    try:
        lines = requires("gradcfl") or []
    except PackageNotFoundError:  # run out of its sources
        return ()
    plain = [line for line in lines if "extra ==" not in line]
    return tuple(found[0] for line in plain if (found := re.match(r"[A-Za-z0-9._-]+", line)))


def _there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False
