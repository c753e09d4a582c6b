"""A differential equation, a discretisation in space and an integrator: the scheme that they make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from derive.errors import InputError

if TYPE_CHECKING:
    import sympy as sp

    from derive.reading.equation import Term
    from derive.schemes.grid import GridScheme

ALSO_CALLED = {
    "euler": "forward-euler",
    "fe": "forward-euler",
    "be": "backward-euler",
    "expliciteuler": "forward-euler",
    "impliciteuler": "backward-euler",
    "cn": "crank-nicolson",
    "trapezoidal": "crank-nicolson",
    "trapezoid": "crank-nicolson",
    "heun": "Heun2",
    "midpoint": "RK2",
    "adamsbashforth": "AB2",
    "symplecticeuler": "forward-backward",
    "semiimpliciteuler": "forward-backward",
    "cnab": "imex-cnab",
    "cnab2": "imex-cnab",
    "imex": "imex-euler",
}
"""Integrators by other names, without dashes and capitals."""
ALSO_SPACES = {"upwind": "upwind1", "central": "central2", "centred": "central2", "centered": "central2"}


def lines(
    equations: Sequence[str],
    space: str,
    time: str,
    implicit: Sequence[str],
    positive: Sequence[str],
    freeze: Sequence[str] = (),
) -> tuple[GridScheme, dict[str, sp.Expr]]:
    """The scheme in dimensionless numbers, and what each of them stands for.

    Args:
        equations: one per unknown, such as 'u_t == -a*u_x + k*u_xx'.
        space: name of a discretisation, or several: of first derivatives, of second ones.
        time: name of an integrator.
        implicit: derivatives that an implicit-explicit integrator takes implicitly; the others are explicit.
        positive: constants that are positive.
        freeze: constants at which unknowns or coordinates are frozen, such as `u = U`.

    Raises:
        InputError: a name that there is not, parts without an integrator that has them, or a text outside the grammar.
    """
    from derive.gallery.spaces import space_of
    from derive.lines.dimensionless import Numbers
    from derive.lines.integrators import integrators
    from derive.reading.equation import differential
    from derive.schemes.grid import GridFunction

    integrator, discrete = integrators[spelled(time, integrators)], space_of(_spaces(space))
    read = differential(*equations, positive=positive, freeze=freeze)
    unknowns = [GridFunction(name, read.dims) for name in read.unknowns]
    names = {term.name for terms in read.terms for term in terms}
    _check_parts(integrator.parts, implicit, names, time)
    if discrete.staggered and len(unknowns) < 2:
        raise InputError(f"expected two unknowns or more with {space}, got {read.unknowns[0]}")
    constants = {s.name for terms in read.terms for term in terms for s in term.factor.free_symbols}
    numbers = Numbers({*constants, *read.unknowns, "dt", "dx", "dy", "dz"})

    def value(term: Term, equation: int) -> sp.Expr:
        field = next(u for u in unknowns if u.name == term.unknown)
        difference = discrete.difference(field[0, *(0,) * read.dims], term.orders, term.factor, equation)
        return numbers.of(term.factor, term.orders) * difference

    parts = [
        [sum((value(t, i) for t in terms if keep(t)), start=_nothing()) for i, terms in enumerate(read.terms)]
        for keep in _parts(integrator.parts, implicit)
    ]
    rhs = parts[0] if integrator.parts == 1 else parts
    typed = integrator(_single(rhs, integrator.parts, len(unknowns)), unknowns if len(unknowns) > 1 else unknowns[0])
    typed.frozen = dict(read.frozen)
    return typed, {p.name: meant for p, meant in numbers.meaning.items()}


def check_positive(positive: Sequence[str], texts: Iterable[str], typed: GridScheme) -> None:
    """A name that is mistyped would leave a condition that is longer than it need be.

    Raises:
        InputError: a name that stands neither in the texts nor among the numbers of the scheme.
    """
    from derive.reading.ranges import words

    known = {*(word for text in texts for word in words(text)), *map(str, typed.parameters), "dt", "dx", "dy", "dz"}
    if unknown := [name for name in positive if name not in known]:
        raise InputError(f"expected constants of the equation after --positive, got {unknown[0] or 'none'}")


def spelled(name: str, known: Iterable[str]) -> str:
    """A name as it is spelled here: rk4 is RK4, and Euler the forward one."""
    plain = ALSO_CALLED.get(_letters(name), name)
    alike = [other for other in known if _letters(other) == _letters(plain)]
    return alike[0] if len(alike) == 1 else plain


def _spaces(names: str) -> str:
    return ",".join(ALSO_SPACES.get(name.strip(), name) for name in names.split(","))


def _letters(name: str) -> str:
    return name.casefold().translate(str.maketrans("", "", "-_ "))


def _nothing() -> sp.Expr:
    import sympy as sp

    return sp.S.Zero


def _parts(count: int, implicit: Sequence[str]):
    """Which terms belong to each part."""
    return [lambda term: True] if count == 1 else [lambda t: t.name not in implicit, lambda t: t.name in implicit]


def _single(rhs: list, parts: int, unknowns: int):
    """Of one unknown a rate is not listed."""
    if unknowns > 1:
        return rhs
    return rhs[0] if parts == 1 else [part[0] for part in rhs]


def _check_parts(parts: int, implicit: Sequence[str], names: set[str], time: str) -> None:
    if parts == 1 and implicit:
        raise InputError(f"expected --implicit with an integrator of two parts, such as imex-euler, got {time}")
    if parts == 2 and not implicit:
        raise InputError(f"expected --implicit with {time}: what it takes implicitly, of {', '.join(sorted(names))}")
    if unknown := [name for name in implicit if name not in names]:
        raise InputError(
            f"expected --implicit to name derivatives of the equation, {', '.join(sorted(names))}; got {unknown[0]}"
        )
