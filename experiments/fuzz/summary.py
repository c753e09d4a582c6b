"""What a run of random schemes shows: shares by status, times, points looked at, points that are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median, quantiles

from experiments.fuzz.holding import Outcome


def share(found: Sequence[Outcome], *statuses: str) -> float:
    """Of schemes whose condition is known as one of these."""
    return sum(one.status in statuses for one in found) / max(1, len(found))


def p95(found: Sequence[Outcome]) -> float:
    """Seconds that 95 in 100 do not exceed."""
    times = [one.seconds for one in found]
    return quantiles(times, n=20)[-1] if len(times) > 1 else max(times, default=0.0)


def summary(found: Sequence[Outcome]) -> str:
    """A few lines; one for every kind of scheme."""
    kinds = sorted({one.kind for one in found})
    rows = [_row(kind, [one for one in found if one.kind == kind]) for kind in kinds]
    points, near, wrong = (sum(getattr(one, name) for one in found) for name in ("points", "near", "wrong"))
    return "\n".join([*rows, _row("all", found), f"{points} points, {near} beside the edge: {wrong} wrong"])


def _row(name: str, found: Sequence[Outcome]) -> str:
    shares = ", ".join(f"{100 * share(found, s):.0f} % {s}" for s in ("exact", "decided", "sampled"))
    return f"{name}: {len(found)} schemes, {shares}; median {median(o.seconds for o in found):.2f} s, p95 {p95(found):.1f} s"
