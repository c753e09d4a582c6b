"""What an entry of a registry has to have in a table beside it: whoever adds the one is told by name where the other goes."""

from __future__ import annotations

from collections.abc import Collection


def demand(what: str, table: Collection[str], names: Collection[str]) -> None:
    """Fail with the names that the table lacks, or has too many.

    Args:
        what: an entry of the table and where it stands, as "torch peer, TORCH of this file".
        table: by name.
        names: of the registry.
    """
    lacking, idle = ([name for name in these if name not in those] for these, those in ((names, table), (table, names)))
    assert not lacking, f"{', '.join(lacking)}: expected a {what}; got none"
    assert not idle, f"{', '.join(idle)}: there is no such entry any more; take away its {what}"
