"""The workspace of cuBLAS, on which the last bits of a matrix product on a GPU depend.

torch looks at the variable once, at the first product of the process. So it is set as soon as anything of this package is
imported, and stays set: processes that are started from this one see it too.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache

import torch

from derive.errors import InputError

WORKSPACE = "CUBLAS_WORKSPACE_CONFIG"
WORKSPACES = (":4096:8", ":16:8")
"""The two with which cuBLAS promises the same bits on several streams."""


def announce() -> None:
    """Set the variable, unless it is set already."""
    os.environ.setdefault(WORKSPACE, WORKSPACES[0])


def check_workspace() -> None:
    """Refuse, under deterministic algorithms, what every later product on a GPU would be refused for by torch.

    Raises:
        InputError: the variable is set to something with which cuBLAS may give other bits on another run, or it was not set
            when a product ran on a GPU, before this package was imported.
    """
    announce()
    setting, valid = os.environ[WORKSPACE], " or ".join(WORKSPACES)
    if setting not in WORKSPACES:
        raise InputError(f"expected {WORKSPACE} to be {valid}, got {setting!r}; unset it or set it to one of them")
    if torch.cuda.is_initialized():
        check_in_time(_product)


@cache
def check_in_time(product: Callable[[], object]) -> None:
    """One product, once in a process: torch refuses it if it saw no workspace at its first.

    Raises:
        InputError: so it is.
    """
    try:
        product()
    except RuntimeError as error:
        if WORKSPACE not in str(error):
            raise
        raise InputError(
            f"expected {WORKSPACE} to be set before the first matrix product on a GPU, got one that ran before it was; import "
            f"numerics before that product, or start Python with {WORKSPACE}={WORKSPACES[0]}"
        ) from None


def _product() -> None:
    one = torch.ones(1, 1, device="cuda")
    torch.mm(one, one)
