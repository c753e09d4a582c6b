"""The table of all recorded variables, for the documentation: `python -m numerics.monitor.variables`."""

from __future__ import annotations

from numerics.monitor.records import ACTIONS, DIMS, UNITS

HEAD = ("Variable", "Unit", "Per", "Meaning", "What to do")


def table() -> str:
    """Markdown, one row a variable: unit, what it is per, meaning, what to do."""
    rows = [(f"`{name}`", unit or "–", DIMS.get(name, "step"), told, ACTIONS[name]) for name, (unit, told) in UNITS.items()]
    lines = [HEAD, ("---",) * len(HEAD), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    print(table())
