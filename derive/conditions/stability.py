"""Stability of a linear scheme.

scheme or optimiser --Fourier--> amplification polynomial --root conditions, frequency eliminated--> condition
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import sympy as sp
from sympy.logic.boolalg import Boolean
from sympy.polys.polyerrors import BasePolynomialError

from derive.conditions.bound import Stability
from derive.conditions.determined import determined, open_of, without_excluded
from derive.conditions.radicals import in_radicals
from derive.conditions.sampling import parameters
from derive.conditions.search import Answer, answers, default_grades, without_a_formula
from derive.conditions.systems import of_system
from derive.conditions.time_limit import SECONDS, WAITING, Limit, TimeUp
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.schur import GRADES
from derive.errors import InputError, choose
from derive.modes.amplification import Amplification, amplification
from derive.schemes.composed_system import ComposedSystem
from derive.schemes.grid import GridScheme
from derive.schemes.grid_checks import checked_assumptions

EXPANSION = 5.0
"""Seconds that the amplification polynomial may take at least: without it there is nothing to sample either."""


def stability(
    problem: GridScheme | Amplification,
    grade: str | None = None,
    seconds: float = SECONDS,
    *,
    assume: Boolean | Sequence[Boolean] = (),
) -> Stability:
    """The exact stability condition of a scheme, the frequency eliminated; a sampled one where none is found.

    Args:
        problem: a `GridScheme` (a scheme or an optimiser), or an `Amplification` polynomial.
        grade: ``"schur"``: every amplification factor lies strictly inside the unit disc, errors decay; the default of
            a scheme without space, such as an optimiser on a mode, which is to converge. ``"power-bounded"``: those on
            the circle are simple, errors stay bounded; the default on a grid, where a scheme keeps constants.
            ``"von-neumann"``: every factor lies in the closed disc; the default where the differential equation is of
            second order in time, so that its own solutions may grow linearly, and where no closed form of the
            power-bounded grade is found. Where the default is never met, as in a scheme that keeps an energy, and a
            weaker grade is, the answer is that of the weaker one, and `other` says so. Where no formula is found, power-bounded
            of a system is not told, nor of any scheme by sampling: the answer is that of von-neumann, `asked` keeps what was
            asked for, and the text says so.
        seconds: limit of the amplification polynomial and the search for a closed form together, of processor time, so that
            a busy machine finds the same, and of four times as much time elapsed.
        assume: relations of its parameters, beside what the problem assumes, such as ``[r > 0, nu <= 1]``; symbols go by name.

    Raises:
        InputError: unknown grade or problem; an assumption on another name; or no amplification polynomial in this time, of
            which 5 s are always given.
    """
    if grade is not None:
        choose("grade", grade, dict.fromkeys(GRADES))
    if not isinstance(problem, GridScheme | Amplification):
        raise InputError(f"expected a GridScheme or an Amplification, got {type(problem).__name__}")
    return _stability(problem, grade, seconds, _assumed(problem, assume))


def _assumed(problem: GridScheme | Amplification, assume: Boolean | Sequence[Boolean]) -> Boolean:
    """In the symbols of the problem."""
    given = checked_assumptions(sp.And(*assume) if isinstance(assume, list | tuple) else assume)
    of = problem.parameters if isinstance(problem, GridScheme) else parameters(problem)
    own = {p.name: p for p in of}
    return given.xreplace({s: choose("parameter", str(s), own) for s in given.free_symbols})


@lru_cache(maxsize=256)  # theorems, tables and checks ask for the same few again and again
def _stability(problem: GridScheme | Amplification, grade: str | None, seconds: float, assume: Boolean) -> Stability:
    scheme = problem if isinstance(problem, GridScheme) else None
    limit, asked = Limit(seconds, WAITING * seconds), grade or ""
    phi = _polynomial(scheme, limit, seconds) if scheme else problem
    on_grid = bool(phi.box) or (scheme is not None and scheme.dims > 0)
    system = scheme is not None and len(scheme.unknowns) > 1
    try:
        with limit.block():
            new_value = determined(phi, scheme)
        phi = replace(phi, assumptions=sp.And(phi.assumptions, assume, new_value))
        found = _by_eigenvalues(scheme, phi, grade, limit) if isinstance(scheme, ComposedSystem) else []
        (condition, grade, status), *others = found or answers(phi, grade, on_grid, system, limit)
    except (NoClosedForm, TimeUp):
        grades = [grade] if grade else default_grades(phi, on_grid)
        (condition, grade, status), *others = [without_a_formula(phi, grades, system, limit, [])]
    other = next((Stability(phi.polynomial, c, kind, open_of(phi.assumptions, c), phi.box, g) for c, g, kind in others), None)
    condition = in_radicals(without_excluded(condition, phi.assumptions))
    return Stability(phi.polynomial, condition, status, open_of(phi.assumptions, condition), phi.box, grade, other, asked)


def _by_eigenvalues(scheme: ComposedSystem, phi: Amplification, grade: str | None, limit: Limit) -> list[Answer]:
    """Of a system that an integrator advances; nothing where that does not tell, or not in time."""
    ask = lambda one, of: answers(one, of, on_grid=bool(one.box), system=False, limit=limit)[0]  # noqa: E731
    try:
        with limit.block():
            return of_system(scheme, phi, grade, ask)
    except (NoClosedForm, TimeUp, BasePolynomialError):
        return []


def _polynomial(scheme: GridScheme, limit: Limit, seconds: float) -> Amplification:
    """Within the limit: multiplied out, a scheme may have more terms than there is time for."""
    try:
        with limit.block(least=EXPANSION):
            return amplification(scheme)
    except TimeUp:
        raise InputError(
            f"expected an amplification polynomial within {max(seconds, EXPANSION):g} s, got none: the scheme has too many "
            f"terms; give stability() more seconds, or numbers for some of the parameters"
        ) from None
