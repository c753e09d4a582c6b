"""How the parameters of a scheme behave as the grid is refined: ratios that stay fixed, and what vanishes with dt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp

from derive.modes.amplification import Amplification
from derive.schemes.grid import GridScheme

SPACINGS = ("dx", "dy", "dz")
ROOT_DT = sp.Dummy("root_dt", positive=True)
"""The square root of dt."""


@dataclass(frozen=True)
class Path:
    """How the parameters behave as the grid is refined.

    Attributes:
        fixed: ratio -> meaning.
        vanishing: parameter -> meaning.
        scaled: vanishing parameter -> the same along the path, in `ROOT_DT`, whose square is dt.
        sizes: positive symbols in `scaled` -> what they are; each stands for a spacing over its power of dt.
    """

    fixed: dict[sp.Symbol, sp.Expr]
    vanishing: dict[sp.Symbol, sp.Expr]
    scaled: dict[sp.Symbol, sp.Expr]
    sizes: dict[sp.Symbol, sp.Expr]

    @property
    def moves_like_dt(self) -> bool:
        """Whether what vanishes does so like dt, or faster."""
        return all(sp.limit(value / ROOT_DT**2, ROOT_DT, 0).is_finite for value in self.scaled.values())

    @classmethod
    def of(cls, amplification: Amplification, scheme: GridScheme, meaning: Mapping[str, sp.Expr]) -> Path | None:
        """None where a meaning is no product of powers, or the ratios do not tell every spacing in terms of dt."""
        own = {p.name: p for p in scheme.parameters if amplification.polynomial.has(p)}
        if own.keys() & {"dt", *SPACINGS}:  # the ratios are not told apart
            return None
        steps = {name: sp.Symbol(name, positive=True) for name in ("dt", *SPACINGS)}
        values = {p: _positive_steps(meaning.get(name, p), steps) for name, p in own.items()}
        powers = {p: _powers(value, steps) for p, value in values.items()}
        if any(power is None for power in powers.values()):
            return None
        shrinking = max((-sum(space) / time for time, space in powers.values() if time > 0), default=sp.S.Zero)
        weight = {p: time + (sum(space) / shrinking if shrinking else 0) for p, (time, space) in powers.items()}
        if any(w < 0 for w in weight.values()):
            return None
        fixed = {p: values[p] for p in values if weight[p] == 0}
        along = _along(fixed, powers, steps)
        spacing = {h: sizes[0] for h, sizes in along.items()}
        scaled = {p: value.subs(spacing).subs(steps["dt"], ROOT_DT**2) for p, value in values.items() if weight[p]}
        if any(v.has(*(steps[name] for name in SPACINGS)) for v in scaled.values()):
            return None
        return cls(fixed, {p: values[p] for p in scaled}, scaled, {size: value for _, size, value in along.values()})


def _positive_steps(value: sp.Expr, steps: Mapping[str, sp.Symbol]) -> sp.Expr:
    """dt and the spacings positive, constants real."""
    known = {s: steps.get(s.name, sp.Symbol(s.name, real=True) if s.is_real is None else s) for s in value.free_symbols}
    return value.xreplace(known)


def _powers(value: sp.Expr, steps: Mapping[str, sp.Symbol]) -> tuple[sp.Expr, list[sp.Expr]] | None:
    """Powers of dt and of each spacing, of a product of them with what does not vary."""
    rest, powers = value, []
    for symbol in steps.values():
        power = sp.cancel(symbol * sp.diff(value, symbol) / value)
        if not power.is_Rational:
            return None
        powers.append(power)
        rest = rest / symbol**power
    return None if sp.cancel(rest).has(*steps.values()) else (powers[0], powers[1:])


def _along(
    fixed: Mapping[sp.Symbol, sp.Expr], powers: Mapping[sp.Symbol, tuple], steps: Mapping[str, sp.Symbol]
) -> dict[sp.Symbol, tuple[sp.Expr, sp.Symbol, sp.Expr]]:
    """Spacing -> (m dt^e, m, what m is): a ratio p = c dt^a/h^b of one spacing h gives h = (c/p)^(1/b) dt^(a/b)."""
    along: dict[sp.Symbol, tuple[sp.Expr, sp.Symbol, sp.Expr]] = {}
    for p, value in fixed.items():
        time, space = powers[p]
        used = [i for i, power in enumerate(space) if power]
        if len(used) == 1 and time > 0 and space[used[0]] < 0:
            h, size, b = steps[SPACINGS[used[0]]], sp.Dummy("m", positive=True), -space[used[0]]
            constant = sp.cancel(value * h**b / steps["dt"] ** time)
            along.setdefault(h, (size * steps["dt"] ** (time / b), size, (constant / p) ** (1 / b)))
    return along
