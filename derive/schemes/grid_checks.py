"""What a scheme must be: linear, with constant coefficients, one equation per unknown, and a new time level.

Every refusal names the term and says what to write instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.logic.boolalg import Boolean

from derive.errors import InputError
from derive.fields.names import checked
from derive.fields.phases import RESERVED
from derive.printing.printers import floating
from derive.shown import quoted

if TYPE_CHECKING:
    from derive.schemes.grid import GridScheme


def check(scheme: GridScheme) -> None:
    """Raise an InputError unless the scheme can be analysed."""
    _check_names(scheme)
    _check_count(scheme)
    values = {v for unknown in scheme.unknowns for v in scheme.values(unknown)}
    _check_offsets(values)
    for residual in scheme.residuals:
        _check_linear(residual, values)
        _check_numbers(residual)
    _check_new_level(values)
    for parameter in scheme.parameters:
        if parameter.is_real is False:
            raise InputError(f"expected real parameters, got {parameter}; write a complex coefficient as p + I*q")


def checked_assumptions(assumptions: object) -> Boolean:
    """What is assumed, as a SymPy Boolean; never from a text, which SymPy would execute."""
    if not isinstance(assumptions, Boolean | bool):
        raise InputError(f"expected assumptions such as sympy.And(r > 0, r < 1), got {quoted(assumptions)}")
    return sp.true if assumptions is True else sp.false if assumptions is False else assumptions


def _check_names(scheme: GridScheme) -> None:
    """Every name is a word that has no meaning of ours, and stands for one thing."""
    labels = [base.label for base in scheme.unknowns]
    symbols = [*scheme.parameters, *scheme.assumptions.free_symbols.difference(scheme.parameters)]
    for symbol in [*labels, *symbols]:
        name = checked(str(symbol.name))
        if name in RESERVED:
            raise InputError(f"expected a name of your own, got {name!r}, which {RESERVED[name]}; write another name")
    names = [symbol.name for symbol in [*labels, *symbols]]
    for name in names:
        if names.count(name) > 1:
            raise InputError(
                f"expected one symbol of the name {name!r}, got two; SymPy takes symbols for different ones where their "
                "assumptions differ, and an unknown is no parameter"
            )


def _check_numbers(residual: sp.Expr) -> None:
    """Numbers that floating point does not have could be derived with, but not computed."""
    for number in residual.atoms(sp.Rational):
        floating(number)


def _check_count(scheme: GridScheme) -> None:
    if not scheme.unknowns:
        raise InputError(
            "expected values such as u[1, 0], got none; a differential equation, such as u_t == k*u_xx, is for `pde`"
        )
    if len(scheme.unknowns) != len(scheme.residuals):
        raise InputError(
            f"expected one equation per unknown, got {len(scheme.residuals)} equation(s) for "
            f"{len(scheme.unknowns)} unknown(s): {', '.join(map(str, scheme.unknowns))}"
        )


def _check_offsets(values: set[sp.Indexed]) -> None:
    counts = {v: len(v.indices) for v in sorted(values, key=str)}
    if len(set(counts.values())) > 1:
        first, second = (next(v for v, n in counts.items() if n == count) for count in sorted(set(counts.values()))[:2])
        raise InputError(f"expected every unknown to have the same number of offsets, got {first} and {second}")
    for value in counts:
        if not all(i.is_Integer for i in value.indices):
            raise InputError(
                f"expected integer offsets, or halves, relative to the point of the scheme, got {value}; "
                "write u[0, 1] for u[n, j+1]"
            )


def _check_linear(residual: sp.Expr, values: set[sp.Indexed]) -> None:
    for term in sp.Add.make_args(residual):
        used = sorted(term.atoms(sp.Indexed) & values, key=str)
        if not used:
            raise InputError(
                f"expected a homogeneous equation, got the constant term {term}; leave it out: it has no bearing on stability"
            )
        if len(used) > 1 or sp.diff(term, used[0]).has(used[0]):
            raise InputError(f"expected an equation that is linear in the unknowns, got the term {term}; {_advice(term, used)}")
        if term.has(AppliedUndef):
            varying = sorted(term.atoms(AppliedUndef), key=str)[0]
            raise InputError(
                f"expected constant coefficients, got {varying} in {term}; freeze it: write a parameter for its value"
            )


def _advice(term: sp.Expr, used: list[sp.Indexed]) -> str:
    """The term linearised about a constant state."""
    state, small = sp.Symbol("U"), sp.Symbol("epsilon")
    shifted = term.xreplace({v: state + small * v for v in used})
    slope = sp.expand(sp.diff(shifted, small).subs(small, 0))
    return f"linearised about a constant state U it reads {slope}: frozen={{{used[0].base}: U}}, --freeze {used[0].base}=U"


def _check_new_level(values: set[sp.Indexed]) -> None:
    """An unknown on one level alone is a stage or a constraint; but something must step."""
    levels = {v.base: {w.indices[0] for w in values if w.base == v.base} for v in values}
    if all(len(present) == 1 for present in levels.values()) and len({n for present in levels.values() for n in present}) == 1:
        name, present = min(((str(base), present) for base, present in levels.items()), key=lambda item: item[0])
        raise InputError(
            f"expected a new time level, got {name} at level {present.pop()} alone; write {name}[1, ...] for the new value"
        )
