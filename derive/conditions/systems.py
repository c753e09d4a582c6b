r"""A system that an integrator advances, two unknowns: stable if the integrator is at both eigenvalues of its right-hand side.

With z = middle +- s shape, s the square root of a positive expression in the parameters (`schemes.composed_system`), each
eigenvalue is a stencil of one equation, with s for a parameter of its own, and has that equation's exact condition. Where the
middle is a multiple of the shape, such as the wind U beside waves of speed c, both have one parameter: U + c and U - c.

The bound is exact in the grades von-neumann and schur, and in power-bounded where the eigenvectors are bounded at every
frequency; else the system may have modes that meet, and power-bounded is not told.

Source: Hundsdorfer and Verwer (2003), Sec I.3.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.arrays import np
from derive.conditions.cross_check import contradicted
from derive.conditions.sampling import PHASES
from derive.conditions.search import Answer, default_grades
from derive.conditions.tidy import tidy
from derive.conditions.ways.signs import Domain
from derive.fields.phases import SHIFTS
from derive.modes.amplification import MARK, Amplification, matrix_of, of_stencil
from derive.modes.roots import function_of, roots_of_monic
from derive.schemes.composed_system import ComposedSystem, Pair, pair_of

Ask = Callable[[Amplification, str], Answer | None]
"""The condition of one equation, its grade and status."""


def of_system(scheme: ComposedSystem, phi: Amplification, grade: str | None, ask: Ask) -> list[Answer]:
    """The answer, and a stricter one that is never met after it; nothing where there is no exact one.

    Args:
        scheme: of two unknowns.
        phi: its amplification polynomial.
        grade: what is asked for; None for what fits.
        ask: what tells the condition of one equation.
    """
    domain = Domain.of(scheme.parameters, phi.assumptions)
    pair = pair_of(matrix_of(scheme), domain.sign) if len(scheme.unknowns) == 2 else None
    if pair is None:
        return []
    grades = [grade] if grade else ["power-bounded", "von-neumann"] if phi.phases else default_grades(phi, False)
    never: list[Answer] = []
    for wanted in grades:
        if wanted == "power-bounded" and not pair.regular:
            continue
        condition = _condition(scheme, pair, phi, wanted, domain, ask)
        checked = "von-neumann" if wanted == "power-bounded" else wanted
        if condition is None or contradicted(phi, condition, checked, lambda **values: _radius(scheme, values)):
            return []
        if condition != sp.false:
            return [(condition, wanted, "exact"), *never[:1]]
        never.append((condition, wanted, "exact"))
    return never[:1]


def _condition(scheme: ComposedSystem, pair: Pair, phi: Amplification, grade: str, domain: Domain, ask: Ask) -> Boolean | None:
    taken = {p.name for p in scheme.parameters}
    name = next(n for n in ("c", "c_s", "c_size", "c_of_system") if n not in taken)
    ratio = sp.cancel(pair.middle / pair.shape)
    if ratio.has(*SHIFTS) or not ratio.is_real:
        size = sp.Symbol(name, positive=True)
        mirrored = sp.expand(pair.at(-size).subs({w: 1 / w for w in SHIFTS}, simultaneous=True) - pair.at(size)) == 0
        parts = [_at(scheme, pair.at(sign * size), phi, grade, ask) for sign in ((1,) if mirrored else (1, -1))]
        found = None if None in parts else sp.And(*parts).subs(size, pair.size)
    else:
        speed = sp.Symbol(name, real=True)
        one = _at(scheme, sp.expand(speed * pair.shape), phi, grade, ask)
        found = None if one is None else _of_speeds(one, speed, ratio, pair.size, domain)
    return None if found is None else tidy(found, domain)


def _at(scheme: ComposedSystem, z: sp.Expr, phi: Amplification, grade: str, ask: Ask) -> Boolean | None:
    """The condition of the equation whose stencil is z."""
    single = of_stencil(scheme.integrator.characteristic(MARK), z, scheme)
    answer = ask(single, grade)
    return answer[0] if answer and answer[1:] == (grade, "exact") else None


def _of_speeds(one: Boolean, speed: sp.Symbol, middle: sp.Expr, size: sp.Expr, domain: Domain) -> Boolean:
    """At middle + size and middle - size; of an interval about zero the larger of the two alone."""
    if middle == 0 and (values := _about_zero(one, speed)) is not None:
        return (sp.Lt if values.right_open else sp.Le)(size**2, values.end**2)
    sign = domain.sign(middle) if middle != 0 else "0"
    if sign is not None and _about_zero(one, speed) is not None:
        return one.subs(speed, (-middle if sign.endswith("-") else middle) + size)
    return sp.And(one.subs(speed, middle + size), one.subs(speed, middle - size))


def _about_zero(one: Boolean, speed: sp.Symbol) -> sp.Interval | None:
    """The interval -L <= speed <= L, if it says that."""
    values = one.as_set() if one.free_symbols == {speed} else None
    if not isinstance(values, sp.Interval):
        return None
    return values if values.start == -values.end and values.left_open == values.right_open else None


def _radius(scheme: ComposedSystem, values: dict[str, np.ndarray]) -> np.ndarray:
    """The spectral radius over a grid of phases: numerical eigenvalues of M, and the integrator's roots at each of them.

    Args:
        scheme: the system.
        values: of the parameters, each (points,).
    """
    names, phases = scheme.parameters, np.linspace(-np.pi, np.pi, PHASES[scheme.dims], endpoint=False)
    waves = [np.exp(1j * g.ravel()) for g in np.meshgrid(*[phases] * scheme.dims, indexing="ij")] if scheme.dims else []
    count = next((len(v) for v in values.values()), 1)
    given = [np.asarray(values.get(p.name, np.zeros(count)), dtype=float)[:, None] for p in names]
    shape = (count, len(waves[0]) if waves else 1)
    rows = function_of([*SHIFTS[: scheme.dims], *names], matrix_of(scheme).tolist())(*(w[None, :] for w in waves), *given)
    matrix = np.stack([np.stack([np.broadcast_to(e, shape).astype(complex) for e in row], -1) for row in rows], -2)
    coefficients = function_of([MARK, *names], scheme.integrator.characteristic(MARK).all_coeffs())
    lead, *rest = coefficients(np.linalg.eigvals(matrix), *(v[..., None] for v in given))
    monic = np.stack([np.broadcast_to(c / lead, (*shape, matrix.shape[-1])) for c in rest], -1)
    return np.abs(roots_of_monic(monic)).max(axis=(1, 2, 3))
