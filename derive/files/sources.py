"""Of which sources something was made: the commit, whether they were changed since, the lock. Quiet where nothing tells."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from hashlib import sha256
from pathlib import Path

from derive.bare import PROJECT, version_of

ROOT = PROJECT.parent
"""Of the repository, where this runs out of one."""

SOURCES = ("derive", "numerics", "experiments", "paper_checks", "pyproject.toml", "requirements.lock")
"""What is looked at for changes: notes and tests change no result."""

SECONDS = 5.0
"""That git may take."""

UNKNOWN = "unknown"
_HEX = frozenset("0123456789abcdef")


def state() -> dict[str, str]:
    """Commit of the sources, whether they were changed since ("yes", "no"), SHA-256 of the lock; "unknown" where nothing tells.

    Asked once in a process: of what is loaded, not of what was edited since.
    """
    return dict(_state(ROOT))


def named() -> str:
    """Version and commit in a line, such as ``gradcfl 0.1.0, commit 3a38286b1c2d, changed since``."""
    told = state()
    changed = {"yes": ", changed since", "no": ""}.get(told["sources_changed"], "")
    commit = "" if told["commit"] == UNKNOWN else f", commit {told['commit'][:12]}{changed}"
    return f"gradcfl {version_of('gradcfl')}{commit}"


@cache
def _state(root: Path) -> dict[str, str]:
    lock = root / "requirements.lock"
    try:
        locked = sha256(lock.read_bytes()).hexdigest()
    except OSError:
        locked = UNKNOWN
    commit = _git(root, "rev-parse", "--verify", "HEAD") if (root / ".git").exists() else None  # not of a folder above
    if commit is None or not {*commit.strip()} <= _HEX:
        return {"commit": UNKNOWN, "sources_changed": UNKNOWN, "lock_sha256": locked}
    changes = _git(root, "status", "--porcelain", "--", *(name for name in SOURCES if (root / name).exists()))
    changed = UNKNOWN if changes is None else "yes" if changes.strip() else "no"
    return {"commit": commit.strip(), "sources_changed": changed, "lock_sha256": locked}


def _git(root: Path, *arguments: str) -> str | None:
    """What git says; None if it is not there, fails, or does not come back."""
    told = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}  # of another repository
    command = ["git", "--no-optional-locks", "-C", str(root), *arguments]
    try:
        return subprocess.run(
            command, env=told, capture_output=True, stdin=subprocess.DEVNULL, encoding="utf-8", timeout=SECONDS, check=True
        ).stdout
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
