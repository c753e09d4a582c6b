"""Which answers there are to the question when a scheme is stable: grade by grade, from strict to weak, in closed form.

The grade follows what the equation conserves. On a grid a scheme keeps constants, so that perturbations stay bounded at
best; an equation of second order in time lets them grow linearly by itself. Without space they may decay, and are asked
to; where they never do, because the scheme keeps an energy or a constant, the next weaker grade is asked for as well.

There are three grades, each implied by the one before: the first that some parameters meet is the answer, and a stricter one
that none meet is told with it. What is not found in time, has no closed form, or is contradicted by the roots at random
parameters is decided at numbers where that can be done (`decided`), or else given up for a comparison of the sampled spectral
radius; its status says so.

>>> from derive.modes.amplification import amplification
>>> from derive.reading.parse import parse_scheme
>>> oscillator = amplification(parse_scheme("u[1] == 2*u[0] - u[-1] - q*u[0]", positive=["q"]))  # it keeps an energy
>>> answers(oscillator, None, on_grid=False, system=False, limit=Limit(10))
[(q < 4, 'power-bounded', 'exact'), (False, 'schur', 'exact')]
"""

from __future__ import annotations

import sympy as sp
from sympy.logic.boolalg import Boolean
from sympy.polys.polyerrors import BasePolynomialError

from derive.conditions.closed_form import closed_form, has_one_root, order_in_time
from derive.conditions.decided import grade_met
from derive.conditions.sampling import spectral_radius
from derive.conditions.time_limit import Limit, TimeUp
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.schur import numeric_verdict
from derive.errors import InputError
from derive.fields.symbols import xi
from derive.modes.amplification import Amplification

DECIDING = 4.0
"""Seconds that are given at least to see whether the question can be decided at numbers."""
STRICT_TO_WEAK = ("schur", "power-bounded", "von-neumann")
Answer = tuple[Boolean, str, str]
"""Condition, grade, status."""


def answers(amplification: Amplification, grade: str | None, on_grid: bool, system: bool, limit: Limit) -> list[Answer]:
    """The answer; and, where a stricter grade is never met, or this one is and a weaker is not, the other one after it.

    Args:
        amplification: the polynomial.
        grade: what is asked for; None for what fits.
        on_grid: whether there is space.
        system: whether there are several unknowns.
        limit: on the search.
    """
    grades = list(STRICT_TO_WEAK[STRICT_TO_WEAK.index(grade) :]) if grade else default_grades(amplification, on_grid)
    if amplification.polynomial.degree() == 1 and not system and "power-bounded" in grades:
        grades.remove("von-neumann")  # of a single root the two are one
    never, met = _in_time(amplification, grades, system, limit, bool(grade))
    if grade:
        asked = never[:1] or [met or without_a_formula(amplification, [grade], system, limit, never)]
        return [*asked, met] if never and met else asked
    if never and not met and len(never) == len(grades):
        return never[:1]
    return [met or without_a_formula(amplification, grades, system, limit, never), *never[:1]]


def default_grades(amplification: Amplification, on_grid: bool) -> list[str]:
    """The grades that fit, the first one first."""
    if not on_grid:
        return list(STRICT_TO_WEAK)
    return ["von-neumann"] if order_in_time(amplification) > 1 else ["power-bounded", "von-neumann"]


def _in_time(
    amplification: Amplification, grades: list[str], system: bool, limit: Limit, asked: bool
) -> tuple[list[Answer], Answer | None]:
    """Grades that are never met; and the first one that is, in closed form, if it is found in time."""
    never: list[Answer] = []
    met = None
    try:
        with limit.block():
            for k, grade in enumerate(grades):
                answer = closed(amplification, grade, system)
                if answer and answer[0] == sp.false and answer[2] == "exact":  # nor is a stricter one ever met
                    never = [(sp.false, stricter, "exact") for stricter in grades[: k + 1]]
                    continue
                met = answer or met
                untold = system and grade == "power-bounded" and not met
                if (met and met[2] == "exact") or (asked and not never and not untold):
                    break
    except TimeUp:
        pass
    return never, met


def closed(amplification: Amplification, grade: str, system: bool) -> Answer | None:
    """A closed form that the roots themselves do not contradict.

    Of a system the determinant alone is seen: where its unit roots meet, the system may still have independent modes. So
    there the grade power-bounded is exact only if it coincides with von-neumann, and sufficient otherwise; what suffices at
    no parameters tells nothing.
    """
    from derive.conditions.cross_check import contradicted

    if not system and amplification.polynomial.free_symbols == {xi}:
        return _of_numbers(amplification, grade)
    try:
        condition = closed_form(amplification, grade)
        meeting = system and grade == "power-bounded" and not has_one_root(amplification)
        if meeting and condition != closed_form(amplification, "von-neumann"):
            return None if condition == sp.false else (condition, grade, "sufficient")
    except (NoClosedForm, BasePolynomialError, NotImplementedError):
        return None
    return None if contradicted(amplification, condition, grade) else (condition, grade, "exact")


def _of_numbers(amplification: Amplification, grade: str) -> Answer | None:
    """A polynomial without parameters and phases, decided by its coefficients; None where one is not rational."""
    try:
        qualifies = numeric_verdict(amplification.polynomial.all_coeffs(), grade)
    except InputError:
        return None
    return sp.true if qualifies else sp.false, grade, "exact"


def without_a_formula(
    amplification: Amplification, grades: list[str], system: bool, limit: Limit, never: list[Answer]
) -> Answer:
    """Decided at numbers, where that is possible; else sampled.

    Of a system whose unit roots meet the determinant does not tell whether it is power-bounded.
    """
    open_ones = [g for g in grades if g not in {answer[1] for answer in never}] or grades
    kept = [g for g in open_ones if not (system and g == "power-bounded")] or ["von-neumann"]
    try:
        with limit.block(least=DECIDING):
            from derive.conditions.cross_check import points_to_try

            grade = grade_met(amplification, kept, points_to_try(amplification))
    except (NoClosedForm, TimeUp, BasePolynomialError):
        return sampled(amplification, grades[-1])
    return _of_radius(amplification, grade, "decided")


def sampled(amplification: Amplification, grade: str) -> Answer:
    """A comparison of the spectral radius, which tells no simple unit roots from multiple ones."""
    return _of_radius(amplification, grade if grade == "schur" else "von-neumann", "sampled")


def _of_radius(amplification: Amplification, grade: str, status: str) -> Answer:
    radius = spectral_radius(amplification)
    return (sp.Lt if grade == "schur" else sp.Le)(radius, 1, evaluate=False), grade, status
