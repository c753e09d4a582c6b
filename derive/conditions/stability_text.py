"""A stability bound in words: when, or that it is always or never so, for instance where; what is assumed; how it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from derive.conditions.status import NOTES
from derive.conditions.witness import witness
from derive.printing.named import Named, named
from derive.printing.one_line import one_line
from derive.printing.text import paragraph
from derive.schemes.frozen import varying
from derive.shown import shown

if TYPE_CHECKING:
    from sympy.logic.boolalg import Boolean

    from derive.conditions.bound import Stability

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
LONGEST = 60
ALWAYS, NEVER = sp.Symbol("always stable"), sp.Symbol("never stable")


def in_words(condition: Boolean) -> sp.Basic:
    """The condition, or that it is always or never met."""
    return ALWAYS if condition == sp.true else NEVER if condition == sp.false else condition


def to_read(stability: Stability) -> Named:
    """The condition, or that it is always or never met, with letters for what is long."""
    symbols = (s for s in stability.polynomial.as_expr().free_symbols if isinstance(s, sp.Symbol))
    return named(in_words(stability.condition), (*stability.parameters, *symbols))


def text_of(stability: Stability) -> str:
    """What `print` shows: the claim, what is assumed, how it is known; below it another grade's answer, if there is one."""
    lines = [*_claim(stability), *_assumed(stability), f"({_how(stability)})", *_not_told(stability), *_varying(stability)]
    if stability.other is not None and stability.other.condition == sp.false:
        lines += ["", paragraph(f"{_NEVER[stability.other.grade]}{_for_instance(stability.other, stability)}")]
    elif stability.other is not None:
        lines += ["", *_otherwise(stability.other), f"({_how(stability.other)})"]
    return "\n".join(lines)


def words_below(stability: Stability) -> list[str]:
    """What stands below the formula in a notebook: for what it holds, what is assumed, and how it is known."""
    through = [text] if (text := _through(stability).strip()) else []
    below = [*_not_told(stability), *_varying(stability)]
    return [*through, *_assumed(stability), f"({_how(stability)})", *where_it_fails(stability), *filter(None, below)]


def where_it_fails(stability: Stability) -> list[str]:
    """A line for each part of a condition, after an empty one."""
    if stability.condition == sp.false:  # said with the claim
        return []
    printed = to_read(stability)
    lines = [
        paragraph(f"{_beyond(printed.lettered(one.edge))}: fails{one.where and f' {one.where}'}") for one in stability.witnesses
    ]
    return ["", *lines] if lines else []


def _beyond(edge: Boolean) -> str:
    """An edge that is left; of an equation there is no inside."""
    return f"{'beside' if isinstance(edge, sp.Eq) else 'beyond'} {shown(one_line(edge), LONGEST)}"


def _otherwise(stability: Stability) -> list[str]:
    if stability.condition == sp.true:
        return [f"{MEANS[stability.grade]} always"]
    return [f"{MEANS[stability.grade]}{_when(stability)}", "", to_read(stability).text(), ""]


def _claim(stability: Stability) -> list[str]:
    through = _through(stability)
    if stability.condition == sp.true:
        means = f": {MEANS[stability.grade]} at every value of {_names(stability)}" if stability.parameters else ""
        return [f"{f'stable{through}' if through else ALWAYS}{means}", ""]
    if stability.condition == sp.false:
        claim = _not_throughout(stability) if through else f"{NEVER}: {_NEVER[stability.grade]}"
        return [paragraph(f"{claim}{_for_instance(stability, stability.other)}"), ""]
    return [f"stable{_when(stability)}", "", to_read(stability).text(), ""]


def _not_throughout(stability: Stability) -> str:
    """At some values of the range it may be stable."""
    claim = f"stable{_through(stability)}"
    return f"at no value of {_names(stability)} {claim}" if stability.parameters else f"not {claim}"


def _names(stability: Stability) -> str:
    return ", ".join(map(str, stability.parameters))


def _when(stability: Stability) -> str:
    return f"{_through(stability)}{' if' if stability.status == 'sufficient' else ' if and only if'}"


def ranges_of(stability: Stability) -> dict[str, tuple[sp.Expr, sp.Expr]]:
    """What the bound holds for all values of, beside the phases."""
    return {q.name: stability.box[q] for q in stability.ranged}


def _through(stability: Stability) -> str:
    """The ranges; an end at which a parameter of known sign is zero does not belong to its own."""
    told = []
    for q in stability.ranged:
        low, high = stability.box[q]
        below, above = "<" if low == 0 and q.is_positive else "<=", "<" if high == 0 and q.is_negative else "<="
        told.append(f"{low} {below} {q} {above} {high}")
    return f" for all {', '.join(told)}" if told else ""


def _varying(stability: Stability) -> list[str]:
    names = list(ranges_of(stability))
    return ["", paragraph(varying(names, stability.status == "exact"))] if names and stability.amplification.phases else []


def _for_instance(stability: Stability, met: Stability | None) -> str:
    """A place where the grade is not met; inside the condition of a weaker one that can be met, which tells what is lost."""
    where = {} if met is None else {"where": lambda place: _meets(met, place)}
    seen = witness(stability.amplification, stability.grade, **where)
    return f"; for instance, {seen}" if seen else ""


def _meets(stability: Stability, place: dict[sp.Symbol, sp.Expr]) -> bool:
    if not stability.has_formula:
        return bool(stability.holds(**{str(p): float(place[p]) for p in stability.parameters}))
    return stability.condition.subs(place) == sp.true


def _assumed(stability: Stability) -> list[str]:
    return [paragraph(f"for {assumed_in_words(stability)}")] if stability.assumed else []


def assumed_in_words(stability: Stability) -> str:
    """All that is assumed, one after the other."""
    return ", ".join(map(one_line, stability.assumed))


def _how(stability: Stability) -> str:
    note = f"; {NOTES[stability.status]}" if stability.status in NOTES else ""
    never = stability.condition == sp.false
    of = "" if not never else "asked for: " if stability.asked == stability.grade else f"grade {stability.grade}: "
    return f"{stability.status}{note}; {of}{MEANS[stability.grade]}"


def _not_told(stability: Stability) -> list[str]:
    """That the answer is of another grade than was asked for."""
    if stability.asked in ("", stability.grade):
        return []
    why = {
        "exact": "the determinant of a system does not tell whether equal roots on the circle do harm",
        "decided": "no formula was found, and at numbers a system's determinant, and several roots at two phases, do not tell "
        "whether equal ones on the circle do harm",
        "sampled": "no formula was found, and sampled roots do not tell simple ones on the circle from equal ones",
    }.get(stability.status, "it is not told by this condition")
    means = f"grade {stability.asked} ({MEANS[stability.asked]}) was asked for and is not told: {why}"
    return ["", paragraph(f"{means}; this is the condition of grade {stability.grade}, which is necessary for it")]
