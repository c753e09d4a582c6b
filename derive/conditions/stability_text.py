"""A stability bound in words: when, or that it is always or never so, for instance where; what is assumed; how it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp
from sympy.printing.str import StrPrinter

from derive.conditions.sampling import RESOLUTION
from derive.conditions.witness import witness
from derive.printing.text import paragraph, pretty

if TYPE_CHECKING:
    from sympy.logic.boolalg import Boolean

    from derive.conditions.stability import Stability

MEANS = {
    "schur": "perturbations decay",
    "power-bounded": "perturbations stay bounded",
    "von-neumann": "no amplification factor leaves the unit disc",
}
_NEVER = {
    "schur": "perturbations never decay",
    "power-bounded": "perturbations never stay bounded",
    "von-neumann": "an amplification factor always leaves the unit disc",
}
ALWAYS, NEVER = sp.Symbol("always stable"), sp.Symbol("never stable")


def in_words(condition: Boolean) -> sp.Basic:
    """The condition, or that it is always or never met."""
    return ALWAYS if condition == sp.true else NEVER if condition == sp.false else condition


def text_of(found: Stability) -> str:
    """What `print` shows: the claim, what is assumed, how it is known; below it another grade's answer, if there is one."""
    lines = [*_claim(found), *_assumed(found), f"({_how(found)})"]
    if found.other is not None and found.other.condition == sp.false:
        lines += ["", paragraph(f"{_NEVER[found.other.grade]}{_for_instance(found.other, found)}")]
    elif found.other is not None:
        lines += ["", *_otherwise(found.other), f"({_how(found.other)})"]
    return "\n".join(lines)


def words_below(found: Stability) -> list[str]:
    """What stands below the formula in a notebook: what is assumed, and how it is known."""
    return [*_assumed(found), f"({_how(found)})"]


def _otherwise(found: Stability) -> list[str]:
    if found.condition == sp.true:
        return [f"{MEANS[found.grade]} always"]
    return [f"{MEANS[found.grade]}{_when(found)}", "", pretty(found.condition), ""]


def _claim(found: Stability) -> list[str]:
    if found.condition == sp.true:
        return [f"{ALWAYS}: {MEANS[found.grade]} at every value of {_names(found)}" if found.parameters else f"{ALWAYS}", ""]
    if found.condition == sp.false:
        return [paragraph(f"{NEVER}: {_NEVER[found.grade]}{_for_instance(found, found.other)}"), ""]
    return [f"stable{_when(found)}", "", pretty(found.condition), ""]


def _names(found: Stability) -> str:
    return ", ".join(map(str, found.parameters))


def _when(found: Stability) -> str:
    return " if" if found.status == "sufficient" else " if and only if"


def _for_instance(found: Stability, met: Stability | None) -> str:
    """A place where the grade is not met; inside the condition of a weaker one that can be met, which tells what is lost."""
    where = {} if met is None else {"where": lambda place: _meets(met, place)}
    seen = witness(found.amplification, found.grade, **where)
    return f"; for instance, {seen}" if seen else ""


def _meets(found: Stability, place: dict[sp.Symbol, sp.Expr]) -> bool:
    if not found.has_formula:
        return bool(found.holds(**{str(p): float(place[p]) for p in found.parameters}))
    return found.condition.subs(place) == sp.true


def _assumed(found: Stability) -> list[str]:
    return [paragraph(f"for {assumed_in_words(found)}")] if found.assumed else []


def assumed_in_words(found: Stability) -> str:
    """All that is assumed, one after the other."""
    return ", ".join(map(_Relations().doprint, found.assumed))


class _Relations(StrPrinter):
    """`!=`, "or" and "and" for what SymPy prints as code."""

    def _print_Relational(self, expr: sp.Rel) -> str:
        return f"{self._print(expr.lhs)} {expr.rel_op} {self._print(expr.rhs)}"

    def _print_Or(self, expr: sp.Or) -> str:
        return " or ".join(self._print(part) for part in expr.args)

    def _print_And(self, expr: sp.And) -> str:
        return " and ".join(self._print(part) for part in expr.args)


def _how(found: Stability) -> str:
    notes = {"sampled": f"on a grid of phases, right to {RESOLUTION:g}", "decided": "at given numbers, exactly, for all phases"}
    note = f"; {notes[found.status]}" if found.status in notes else ""
    asked = "asked for: " if found.condition == sp.false else ""
    return f"{found.status}{note}; {asked}{MEANS[found.grade]}"
