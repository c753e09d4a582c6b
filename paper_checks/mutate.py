"""Change every displayed formula of every theorem, one thing at a time, and see that a check notices: `make mutate`.

A coefficient is doubled, a sign turned, a symbol exchanged for another, at every place of every step. What no world tells from
the derived formula is a survivor: the goal is none. `python -m paper_checks.mutate 5.3 D.4` does so for the theorems named.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import sympy as sp

from derive.commands.console import guarded
from derive.derivations import theorems
from derive.errors import choose
from derive.paper.derivation import Step
from paper_checks.steps import judged, worlds_of

Path = tuple[int, ...]

EQUIVALENT = {
    ("5.1", "Cross-entropy", "-(g) at (0, 1, 0)"): "the slope of the sigmoid is even",
    ("swish", "Order 2", "-(x) at (0, 0)"): "so is the second derivative of Swish",
    ("eq-25", "Regimes of Swish", "-(oo) at (1, 0, 0)"): "it vanishes at either end",
    ("eq-25", "Regimes of Swish", "-(-oo) at (5, 0, 0)"): "it vanishes at either end",
    ("5.4", "Step size", "power_max for lr at (1, 0)"): "a bound variable that the condition does not name",
    ("eq-25", "Step size", "power_max for lr at (1, 0)"): "a bound variable that the condition does not name",
    ("table-3", "Far out, activated", "-(oo) at (1, 0, 0)"): "it vanishes at either end",
    ("table-3", "Far out, not activated", "-(-oo) at (1, 0, 0)"): "it vanishes at either end",
    ("table-3", "Far out, not activated", "2 (x) at (2, 0, 0)"): "0 is 0 at twice the place",
    ("conjecture", "Full: converges", "-(width + 1) at (0, 1, 1, 1, 1, 0, 1, 0)"): "the cosine is even",
    ("conjecture", "Full: converges", "-(width + 1) at (1, 1, 1, 1, 1, 0, 1, 0)"): "the cosine is even",
    ("conjecture", "Valid: one pixel in the last corner", "2 (mu_min(2)) at (0, 0)"): "it is 0",
    ("conjecture", "Valid: one pixel in the last corner", "-(mu_min(2)) at (0, 0)"): "it is 0",
    ("relu", "Limit, x < 0", "2 (-p) at (0, 0)"): "0 is 0 at twice the place",
    ("relu", "Limit, x < 0", "2 (-1) at (0, 0, 0)"): "0 is 0 at twice the place",
    ("relu", "Limit, x < 0", "2 (p) at (0, 0, 1)"): "0 is 0 at twice the place",
    ("relu", "Slope, x > 0", "2 (p) at (0, 0)"): "the slope is 1 everywhere above 0",
    ("relu", "Slope, x < 0", "2 (-p) at (0, 0)"): "and 0 everywhere below",
    ("relu", "Slope, x < 0", "2 (-1) at (0, 0, 0)"): "and 0 everywhere below",
    ("relu", "Slope, x < 0", "2 (p) at (0, 0, 1)"): "and 0 everywhere below",
    ("quadratic", "Example", "2 (x) at (0, 0)"): "the curvature is the same everywhere",
    ("quadratic", "Example", "-(x) at (0, 0)"): "the curvature is the same everywhere",
}
"""Changes that leave a formula true."""


def places(expression: sp.Basic, path: Path = ()) -> Iterator[tuple[Path, sp.Basic]]:
    """Every part of an expression that is a number, a field, or a function of them, and where it stands."""
    if isinstance(expression, sp.Expr) and not isinstance(expression, sp.Dummy):
        yield path, expression
    for n, argument in enumerate(expression.args):
        yield from places(argument, (*path, n))


def put(expression: sp.Basic, path: Path, part: sp.Basic) -> sp.Basic:
    """The expression with the part at a place exchanged; relations stay as they are written."""
    if not path:
        return part
    arguments = list(expression.args)
    arguments[path[0]] = put(arguments[path[0]], path[1:], part)
    keep = {"evaluate": False} if isinstance(expression, sp.Rel | sp.Contains) else {}
    return expression.func(*arguments, **keep)


def changes(expression: sp.Basic) -> Iterator[tuple[str, sp.Basic]]:
    """What is changed, in words, and the changed expression; what comes out the same is left away."""
    others = sorted((s for s in expression.free_symbols if s.is_commutative), key=str)
    for path, part in places(expression):
        if _scales_a_zero(expression, path):
            continue
        candidates: list[tuple[str, Any]] = [(f"2 ({part})", 2 * part), (f"-({part})", -part)]
        if part in others and len(others) > 1:
            other = others[(others.index(part) + 1) % len(others)]
            candidates.append((f"{other} for {part}", other))
        for words, new in candidates:
            try:
                changed = put(expression, path, new)
            except (TypeError, ValueError):
                continue
            if changed != expression and not isinstance(changed, bool):
                yield f"{words} at {path}", changed


def _scales_a_zero(expression: sp.Basic, path: Path) -> bool:
    """Whether the place is a whole side of a relation whose other side is 0, which a factor does not change."""
    for n in range(len(path)):
        if isinstance(expression, sp.Rel) and len(path) == n + 1 and expression.args[1 - path[n]] == 0:
            return True
        expression = expression.args[path[n]]
    return False


def survivors(step: Step, worlds: list[Any]) -> Iterator[str]:
    """Changes of a step that nobody notices."""
    for words, changed in changes(step.expression):
        if judged(changed, worlds) and not same(step.expression, changed):
            yield words


def same(first: sp.Basic, second: sp.Basic) -> bool:
    """Whether two relations, or parts of them, are the same by algebra: then there is nothing to notice."""
    if first == second:
        return True
    if isinstance(first, sp.Tuple | sp.And) and isinstance(second, sp.Tuple | sp.And):
        return len(first.args) == len(second.args) and all(map(same, first.args, second.args))
    sides = (*first.args, *second.args)
    if not (isinstance(first, sp.Eq) and isinstance(second, sp.Eq)) or not all(
        isinstance(side, sp.Expr) and not side.is_Matrix for side in sides
    ):
        return False
    return sp.simplify(first.lhs - first.rhs - second.lhs + second.rhs) == 0


def main(named: list[str]) -> int:
    """Report the survivors; exit code 1 if there are any."""
    count = left = 0
    for key in named or list(theorems):
        choose("theorem", key, theorems)
        by_step = worlds_of(key)
        for step in theorems[key].steps:
            found = list(survivors(step, by_step[step.title])) if step.title in by_step else ["no world judges it"]
            count += 1
            for words in (w for w in found if (key, step.title, w) not in EQUIVALENT):
                left += 1
                print(f"{key}, {step.title}: survives {words}", flush=True)
    print(f"{count} steps, {left} survivors")
    return int(left > 0)


if __name__ == "__main__":
    sys.exit(guarded(lambda: sys.exit(main(sys.argv[1:]))))
