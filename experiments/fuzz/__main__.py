"""Random schemes against brute force: `python -m experiments.fuzz --count 1000 --seed 1 --out fuzz.jsonl`.

One line of JSON per scheme is added to the file, so that a run that is ended goes on where it was.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path

from experiments.fuzz.drawing import draw, supposing
from experiments.fuzz.holding import Outcome, hold
from experiments.fuzz.summary import summary


def main() -> int:
    """Run; exit code 1 if a condition is wrong anywhere."""
    parser = ArgumentParser("python -m experiments.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=60, help="schemes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=None, help="a file that outcomes are added to")
    parser.add_argument("--suppose", action="store_true", help="assume one or two facts, such as p <= q, about each scheme")
    asked = parser.parse_args()
    found = _before(asked.out)
    for number in range(len(found), asked.count):
        drawn = draw(asked.seed, number)
        outcome = hold(supposing(drawn, asked.seed, number) if asked.suppose else drawn, asked.seed)
        found.append(outcome)
        if outcome.wrong:
            print(f"wrong at {outcome.wrong} points: scheme {number} of seed {asked.seed}: {drawn.text()}")
        if asked.out:
            with asked.out.open("a") as file:
                file.write(json.dumps(asdict(outcome)) + "\n")
    print(summary(found))
    return int(any(one.wrong for one in found))


def _before(out: Path | None) -> list[Outcome]:
    return [Outcome(**json.loads(line)) for line in out.read_text().splitlines()] if out and out.exists() else []


if __name__ == "__main__":
    raise SystemExit(main())
