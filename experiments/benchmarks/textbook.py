"""Time to the stability condition of every scheme of the gallery: `python -m experiments.benchmarks.textbook` lists them."""

from __future__ import annotations

from functools import cache
from time import process_time

from sympy.core.cache import clear_cache

from derive import stability
from derive.gallery import gallery
from experiments.benchmarks.timing import Result


@cache
def times() -> dict[str, tuple[float, str]]:
    """Seconds of the processor and status of every scheme, SymPy's cache emptied before each."""
    return {key: _timed(key) for key in gallery}


def _timed(key: str) -> tuple[float, str]:
    scheme = gallery[key].scheme
    clear_cache()
    start = process_time()
    status = stability(scheme).status
    return process_time() - start, status


def run() -> list[Result]:
    """The slowest scheme, the sum, and how many have a closed form."""
    slowest = max(times(), key=lambda key: times()[key][0])
    within = sum(seconds <= 2 for seconds, _ in times().values())
    exact = sum(status == "exact" for _, status in times().values())
    settled = exact + sum(status == "decided" for _, status in times().values())
    count = len(gallery)
    return [
        Result("textbook schemes: the slowest", times()[slowest][0], "s", 2, False, slowest),
        Result("textbook schemes: all", sum(s for s, _ in times().values()), "s", 60, False, f"{within} of {count} within 2 s"),
        Result("textbook schemes: with a closed form", exact, f"of {count}", count, True, "status exact"),
        Result("textbook schemes: exact or decided", settled, f"of {count}", count, True, "all, in their time"),
    ]


def main() -> None:
    """One line per scheme, the slowest last."""
    for key, (seconds, status) in sorted(times().items(), key=lambda item: item[1][0]):
        print(f"{seconds:7.2f} s  {status:8}  {key}")
    for result in run():
        print(f"{result.name}: {result.value:.3g} {result.unit} ({result.note})")


if __name__ == "__main__":
    main()
