"""A short formula in weak inequalities that separates points by the signs of polynomials: A and (B or C), or (A and B) or C.

Of each point to be covered only as many signs are kept as keep it apart from all points that are not to be; the lightest such
conjunctions that together cover everything are the formula. The same is done with the roles exchanged, and the shorter of the
two is taken. Greedy: short, not provably the shortest.

>>> covered, others = [(1, 1), (1, -1), (-1, 1)], [(-1, -1)]
>>> cover(covered, others, [1, 1])
([[(0, 1)], [(1, 1)]], 'or of and')
"""

from __future__ import annotations

from collections.abc import Sequence

Signs = tuple[int, ...]
Literal = tuple[int, int]
"""Which polynomial, and its sign."""


def cover(true: Sequence[Signs], false: Sequence[Signs], weights: Sequence[int]) -> tuple[list[list[Literal]], str]:
    """Clauses, and how they are joined: ``"or of and"`` or ``"and of or"``.

    Args:
        true: sign vectors without zeros at which the formula shall hold.
        false: those at which it shall not; none is in both.
        weights: of the polynomials.
    """
    kept = _needed(true, false, weights)
    some = _clauses(true, false, weights, kept)
    every = [[(k, -sign) for k, sign in clause] for clause in _clauses(false, true, weights, kept)]
    lighter = _total(some, weights) <= _total(every, weights)
    return (some, "or of and") if lighter else (every, "and of or")


def _total(clauses: list[list[Literal]], weights: Sequence[int]) -> int:
    return sum(weights[k] for clause in clauses for k, _ in clause)


def _needed(true: Sequence[Signs], false: Sequence[Signs], weights: Sequence[int]) -> list[int]:
    """Polynomials without the heaviest ones that are not needed to tell the points apart."""
    kept = list(range(len(weights)))
    for k in sorted(kept, key=lambda k: -weights[k]):
        fewer = [j for j in kept if j != k]
        if not {_part(v, fewer) for v in true} & {_part(v, fewer) for v in false}:
            kept = fewer
    return kept


def _part(signs: Signs, kept: Sequence[int]) -> Signs:
    return tuple(signs[k] for k in kept)


def _clauses(true: Sequence[Signs], false: Sequence[Signs], weights: Sequence[int], kept: list[int]) -> list[list[Literal]]:
    """Conjunctions that hold nowhere in `false`, and cover `true`."""
    targets = sorted({_part(v, kept) for v in true})
    others = {_part(v, kept) for v in false}
    primes = {_prime(v, others, [weights[k] for k in kept]) for v in targets}
    left, chosen = set(targets), []
    while left:
        cost = {clause: sum(weights[kept[i]] for i, _ in clause) + 1 for clause in primes}
        best = min(sorted(primes), key=lambda clause: (cost[clause] / max(1e-9, len(_covered(clause, left))), cost[clause]))
        left -= _covered(best, left)
        chosen.append([(kept[i], sign) for i, sign in best])
    return chosen


def _covered(clause: tuple[Literal, ...], points: set[Signs]) -> set[Signs]:
    return {v for v in points if all(v[i] == sign for i, sign in clause)}


def _prime(point: Signs, others: set[Signs], weights: Sequence[int]) -> tuple[Literal, ...]:
    """Drop the heaviest signs as long as no other point has all the rest."""
    clause = tuple(enumerate(point))
    for k in sorted(range(len(point)), key=lambda k: -weights[k]):
        shorter = tuple(literal for literal in clause if literal[0] != k)
        if not _covered(shorter, others):
            clause = shorter
    return clause
