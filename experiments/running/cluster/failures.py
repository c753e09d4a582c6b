"""What goes wrong in Dask itself, in one line; what goes wrong in a training on a worker is raised as it is."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager

from derive.errors import InputError
from derive.shown import described, shown

KEPT = "Finished members and checkpoints are kept; the same command goes on from there"

DASKS = frozenset({"distributed", "dask", "tornado", "zict", "msgpack", "cloudpickle", "pickle", "asyncio", "concurrent"})
"""Packages: its own, and those that its processes talk by."""

MOST = 160
"""Characters of what Dask says."""


@contextmanager
def one_line() -> Iterator[None]:
    """Inside, an error of Dask's is one line that says how to go on.

    Raises:
        InputError: in its place.
    """
    try:
        yield
    except InputError:
        raise
    except CancelledError:
        raise InputError(f"lost the Dask scheduler. {KEPT}") from None
    except Exception as error:
        if not of_dask(error):
            raise
        raise InputError(
            f"Dask failed ({shown(described(error), MOST)}); do all machines have this very gradcfl, Python and Dask? {KEPT}"
        ) from None


def of_dask(error: BaseException) -> bool:
    """Whether its class is Dask's, or it was raised in Dask's code: a worker's error comes with the worker's traceback."""
    frames = error.__traceback__
    while frames is not None and frames.tb_next is not None:
        frames = frames.tb_next
    raised_in = "" if frames is None else str(frames.tb_frame.f_globals.get("__name__", ""))
    return bool({name.partition(".")[0] for name in (type(error).__module__, raised_in)} & DASKS)
