"""What the gallery's scripts are run with, and when they are run anew."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

from site_text import GENERATED

ROOT = Path(__file__).parents[2]
PACKAGES = ("derive", "numerics", "experiments")
SIZES = {"figure.figsize": (6.4, 3.6), "figure.dpi": 110, "savefig.dpi": 110, "backend": "agg"}


def styled(gallery_conf: Any, fname: str) -> None:
    """The house style, before each script."""
    import matplotlib as mpl

    from experiments import style

    mpl.rcdefaults()
    mpl.use("agg")
    with style.styled():
        settings = dict(mpl.rcParams)
    mpl.rcParams.update(settings | SIZES)


def stale() -> bool:
    """Whether the packages are others than when the gallery was last run: then what it shows may be too."""
    total = sha256()
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            total.update(path.read_bytes())
    kept, now = GENERATED / "sources.sha256", total.hexdigest()
    changed = not kept.exists() or kept.read_text() != now
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(now)
    return changed
