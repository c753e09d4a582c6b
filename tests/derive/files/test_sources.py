"""The commit of the sources is told where there is one of ours, and nothing is told, quietly, where there is none."""

from __future__ import annotations

import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from derive.files import sources
from derive.files.sources import UNKNOWN

pytestmark = pytest.mark.exact
NOTHING = {"commit": UNKNOWN, "sources_changed": UNKNOWN, "lock_sha256": UNKNOWN}


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false")
    command = ["git", *who, "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "ours"
    (folder / "derive").mkdir(parents=True)
    (folder / "derive" / "a.py").write_text("1")
    (folder / "requirements.lock").write_text("sympy==1")
    (folder / "notes.md").write_text("n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def told(folder: Path) -> dict[str, str]:
    return sources._state.__wrapped__(folder)


def test_commit_and_lock(repository: Path) -> None:
    lock = sha256(b"sympy==1").hexdigest()
    assert told(repository) == {"commit": git(repository, "rev-parse", "HEAD"), "sources_changed": "no", "lock_sha256": lock}


@pytest.mark.parametrize(("name", "changed"), [("derive/a.py", "yes"), ("derive/new.py", "yes"), ("notes.md", "no")])
def test_changes_of_sources_count(repository: Path, name: str, changed: str) -> None:
    (repository / name).write_text("2")
    assert told(repository)["sources_changed"] == changed


def test_a_repository_of_somebody_else_is_not_ours(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the package is installed into an environment within a project of the user's."""
    within = repository / "venv" / "lib"
    within.mkdir(parents=True)
    assert told(within) == NOTHING
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
    assert told(within) == NOTHING


def test_git_that_is_missing_or_fails_is_quiet(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture
) -> None:
    (repository / ".git" / "HEAD").write_text("nonsense")
    assert told(repository)["commit"] == UNKNOWN
    monkeypatch.setenv("PATH", "")
    assert told(repository)["commit"] == UNKNOWN
    assert capfd.readouterr() == ("", "")


def test_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for found, line in (({}, ""), ({"commit": "a" * 40, "sources_changed": "yes"}, f", commit {'a' * 12}, changed since")):
        monkeypatch.setattr(sources, "state", lambda found=found: NOTHING | found)
        assert sources.named() == f"gradcfl {sources.version_of('gradcfl')}{line}"
