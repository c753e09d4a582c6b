"""Steps that have names of one's own, such as tau and h, where an analysis has dt and dx.

They are told, or read off the meanings: the spacing is what parameters are divided by, the time step what most of them are
proportional to. Of several that may be the time step one with a customary name is taken; else nothing is guessed.

>>> nu, d = sp.sympify("c*tau/h", locals={}), sp.sympify("b*tau/h**3", locals={})  # tau is in both, h alone divides
>>> recognised({"nu": nu, "d": d})
('tau', 'h')
>>> recognised({"nu": nu.subs(sp.Symbol("tau"), sp.Symbol("k"))})  # c or k
()
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp

from derive.errors import InputError, choose
from derive.modes.refinement import SPACINGS

STEPS = ("dt", *SPACINGS)
CUSTOMARY = (("tau", "Dt", "Delta_t", "delta_t", "deltat"), ("h", "Dx", "Delta_x", "delta_x", "deltax"))
"""Names of a time step, and of a spacing."""


def recognised(meaning: Mapping[str, sp.Expr]) -> tuple[str, ...]:
    """The names of the time step and of the spacing; none where they are dt and dx, or not told apart."""
    names = {s.name for value in meaning.values() for s in value.free_symbols}
    if names & set(STEPS):
        return ()
    powers = {name: [_power(value, name) for value in meaning.values()] for name in sorted(names)}
    space = [n for n, found in powers.items() if None not in found and min(found) < 0 >= max(found)]
    rising = {n: sum(bool(p) for p in found) for n, found in powers.items() if None not in found and min(found) >= 0}
    most = max(rising.values(), default=0)
    time = [n for n, count in rising.items() if count == most > 0]
    chosen = [_only(of, usual) for of, usual in zip((time, space), CUSTOMARY, strict=True)]
    return tuple(n for n in chosen if n) if all(chosen) else ()


def _power(value: sp.Expr, name: str) -> sp.Rational | None:
    """Of a name in a product; None where it is no power."""
    symbol = next((s for s in value.free_symbols if s.name == name), None)
    if symbol is None:
        return sp.S.Zero
    power = sp.cancel(symbol * sp.diff(value, symbol) / value)
    return power if power.is_Rational else None


def _only(names: Sequence[str], customary: Sequence[str]) -> str | None:
    usual = [n for n in names if n in customary] if len(names) > 1 else names
    return usual[0] if len(usual) == 1 else None


def check_steps(names: Sequence[str], known: Sequence[str]) -> None:
    """Hold names that were told against those that there are.

    Raises:
        InputError: not a time step and one to three spacings, one twice, or an unknown one.
    """
    if not 2 <= len(names) <= len(STEPS) or len(set(names)) < len(names):
        raise InputError(f"expected the names of the time step and of the spacings, such as tau,h, got {','.join(names)}")
    for name in names:
        choose("step", name, dict.fromkeys(sorted(known)))
    if taken := set(STEPS) & set(known) - set(names):
        raise InputError(f"expected no other step than those named {','.join(names)}, got {', '.join(sorted(taken))} too")


def in_steps(meaning: Mapping[str, sp.Expr], parameters: Sequence[str], names: Sequence[str]) -> dict[str, sp.Expr]:
    """Meanings in dt and dx, those of parameters that are steps among them."""
    steps = {name: sp.Symbol(step, positive=True) for name, step in zip(names, STEPS, strict=False)}
    meant = {p: v.xreplace({s: steps[s.name] for s in v.free_symbols if s.name in steps}) for p, v in meaning.items()}
    return meant | {p: steps[p] for p in parameters if p in steps}


def renamed(expr: sp.Basic, names: Sequence[str]) -> sp.Basic:
    """An expression in dt and dx, by the names that they have."""
    own = dict(zip(STEPS, names, strict=False))
    return expr.xreplace({s: sp.Symbol(own[s.name], positive=True) for s in expr.atoms(sp.Symbol) if s.name in own})
