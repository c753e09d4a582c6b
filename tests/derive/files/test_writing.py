"""A file of the user's choice: whole or not at all, and nothing but that file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from derive.errors import InputError
from derive.files.writing import check_file, write_whole


def test_a_link_stays_and_its_target_is_written(tmp_path: Path) -> None:
    (tmp_path / "target.tex").write_text("old")
    (tmp_path / "link.tex").symlink_to(tmp_path / "target.tex")
    write_whole(tmp_path / "link.tex", "new")
    assert (tmp_path / "link.tex").is_symlink()
    assert (tmp_path / "target.tex").read_text() == "new"


def test_the_mode_stays(tmp_path: Path) -> None:
    (tmp_path / "private.tex").write_text("old")
    (tmp_path / "private.tex").chmod(0o600)
    write_whole(tmp_path / "private.tex", b"new")
    assert (tmp_path / "private.tex").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("write", [check_file, lambda out: write_whole(out, "new")], ids=["before", "then"])
def test_what_is_no_file_is_refused_and_stays(write, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", Path(os.devnull), tmp_path):
        before = place.stat().st_mode
        with pytest.raises(InputError, match=r"^expected an? \w*\s?file to write, got the"):
            write(place)
        assert place.stat().st_mode == before


def test_a_read_only_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kept.tex").write_text("old")
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path / "kept.tex")  # root may write all
    with pytest.raises(InputError, match="it is read-only"):
        write_whole(tmp_path / "kept.tex", "new")
    assert (tmp_path / "kept.tex").read_text() == "old"
