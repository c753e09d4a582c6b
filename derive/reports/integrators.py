"""The time integrators as text: a line for each, a page for one of them with what it is stable for on both axes, exactly.

>>> print(page("RK2"))
RK2: order 2, explicit
<BLANKLINE>
of u' = z u, step 1   xi - z**2/2 - z - 1 = 0
stable for real z     -2 <= z <= 0
stable for z = i y    y = 0
"""

from __future__ import annotations

import sympy as sp

from derive.conditions.ways.integrator_line import qualifying
from derive.conditions.ways.margins import NoClosedForm
from derive.errors import InputError
from derive.lines.integrator import Integrator
from derive.lines.integrators import integrators
from derive.printing.one_line import in_decimals, one_line

GRADE = "power-bounded"
_z, _y = sp.symbols("z y", real=True)
_AXES = {"real z": (_z, sp.S.One), "z = i y": (_y, sp.I)}


def table() -> str:
    """One line per integrator: its name, order and kind."""
    width = max(map(len, integrators))
    return "\n".join(f"{name:<{width}}  {_kind(integrators[name])}" for name in integrators)


def page(name: str) -> str:
    """One integrator: its polynomial, and where on the real and on the imaginary axis its powers stay bounded.

    Args:
        name: a key of `integrators`.

    Raises:
        InputError: no integrator has this name.
    """
    integrator = integrators[name]
    head = f"{integrator.name}: {_kind(integrator)}"
    try:
        phi = integrator.characteristic(*sp.symbols("z w")[: integrator.parts])
    except InputError:  # of a system, one unknown after the other
        return head
    rows = {f"of u' = {'z u' if integrator.parts == 1 else 'z u + w u'}, step 1": f"{one_line(sp.expand(phi.as_expr()))} = 0"}
    if integrator.parts == 1 and phi.free_symbols == {phi.gen, sp.Symbol("z")}:
        rows |= {f"stable for {axis}": _where(phi, *of_axis) for axis, of_axis in _AXES.items()}
    width = max(map(len, rows))
    return "\n".join([head, "", *(f"{what:<{width}}   {said}" for what, said in rows.items())])


def _kind(integrator: Integrator) -> str:
    order = f"order {integrator.order}"
    if integrator.parts > 1:
        return f"{order}, a part explicit, a part implicit (--implicit)"
    if integrator.powers is None:
        return f"{order}, of a system, one unknown after the other"
    steps = max(integrator.powers) - min(integrator.powers)
    implicit = any(c != 0 for c in integrator.powers[max(integrator.powers)][1:])
    return f"{order}, {'implicit' if implicit else 'explicit'}{f', {steps} steps' if steps > 1 else ''}"


def _where(phi: sp.Poly, name: sp.Symbol, unit: sp.Expr) -> str:
    try:
        pieces = qualifying(phi, sp.Symbol("z"), unit, GRADE)
    except NoClosedForm:
        return "not settled"
    return " or ".join(_span(piece, name) for piece in pieces) or "nowhere"


def _span(piece: sp.Set, name: sp.Symbol) -> str:
    """A piece of the line, as it is typed."""
    if isinstance(piece, sp.FiniteSet):
        return f"{name} = {_number(piece.args[0])}"
    low, high = (end.is_finite for end in (piece.start, piece.end))
    left = f"{_number(piece.start)} {'<' if piece.left_open else '<='} " if low and high else ""
    if low and not high:
        return f"{name} {'>' if piece.left_open else '>='} {_number(piece.start)}"
    return f"{left}{name} {'<' if piece.right_open else '<='} {_number(piece.end)}" if high else f"all {name}"


def _number(value: sp.Expr) -> str:
    return one_line(in_decimals(value))
