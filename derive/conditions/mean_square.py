r"""Stability in mean square under a coefficient that is drawn anew at each step: a closed form, necessary and sufficient.

Second moments obey X' = T X, T = T_0 + s^2 T_1 (`modes.moments`), with T_0 X = M X M* the noise-free step on mean coefficients.
Both parts take positive semidefinite X to such, so the largest root of T is real, an eigenvalue with such an X (Krein and
Rutman), and does not fall with s. Hence T is stable iff T_0 is, which is the noise-free condition on M, and det(1 - T) stays
positive as s^2 grows from 0. A curvature enters a step in one place, so T_1 has rank one and

.. math:: \det(1 - T) = \det(1 - T_0) \, (1 - s^2 \, |G|_2^2)

is affine in s^2: one inequality more, where |G|_2 is the size of the answer of the gradient to a unit of noise in it.
At s = 0 the noise-free condition is left; and as it is part of the condition, moments that decay make the mean decay.
z3 proves what comes out against the roots of T itself (`Stability.prove`).

>>> mean_square("gd").solve("lr")  # of curvature h and deviation s: lr (h^2 + s^2) < 2 h
Interval.open(0, 2*curvature/(curvature**2 + deviation**2))

What one scalar neglects: modes that share their noise. Where the Hessians of batches do not commute, noise takes a mode's
energy into others, and each may be stable by itself while all are not; see `mean_square`.

Source: Krein and Rutman (1948); Willems and Blankenship, Frequency domain stability criteria for stochastic systems (1971);
Jastrzebski et al., arXiv 1711.04623, and Wu, Ma and E, How SGD selects the global minima (2018), for plain descent, where it
reads lr (h^2 + s^2) < 2 h; Andreyev et al., arXiv 2604.14108, who find 2 (1 - momentum) / lr in small batches.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import sympy as sp
from sympy.logic.boolalg import Boolean
from sympy.polys.polyerrors import BasePolynomialError

from derive.conditions.bound import Stability
from derive.conditions.closed_form import domain_of, frequency_box
from derive.conditions.curvature_edge import in_factors
from derive.conditions.determined import determined, open_of
from derive.conditions.stability import stability
from derive.conditions.tidy import tidy
from derive.conditions.time_limit import PATIENT, SECONDS, TimeUp, time_limit
from derive.conditions.ways.eliminate import demand, over_positive
from derive.conditions.ways.margins import NoClosedForm, complex_coefficients
from derive.conditions.ways.schur import GRADES
from derive.conditions.ways.signs import Domain
from derive.errors import InputError, choose
from derive.fields.phases import SINES
from derive.fields.symbols import curvature, deviation
from derive.modes.amplification import Amplification
from derive.modes.moments import Random, pencil, second_moments
from derive.schemes.grid import GridScheme
from derive.schemes.optimizers import optimizers


def mean_square(
    problem: str | GridScheme, random: Random | None = None, grade: str | None = None, seconds: float | None = None
) -> Stability:
    """When second moments stay small although a coefficient is drawn anew at each step.

    Exact for one mode. Of several modes with a common noise it is necessary only if the noise does not couple them: take
    H = diag(1, 1) on average, and H +- s [[0, 1], [1, 0]] with equal chances. Along either axis the curvature is 1 at every
    step, of deviation 0, and gradient descent with lr near 2 looks stable; along (1, 1) and (1, -1) it is 1 +- s.

    Args:
        problem: a name in `optimizers`, of which the curvature is random and positive on average; or a scheme.
        random: parameter, which stands for its mean -> its standard deviation (a symbol made with nonnegative=True, or a
            fraction), drawn anew at each step, independently of the past and of each other, the same at all grid points.
            By default curvature -> `symbols.deviation`.
        grade: as for `stability`. On a grid with several values per step, von-neumann: no moment grows by more than a
            power of the number of steps; power-bounded cannot be told from it there, and is refused.
        seconds: limit on the search for a closed form; by default 20, and of a named optimiser, whose answer is known to
            exist, more than it takes on any machine.

    Returns:
        The condition, with the polynomial of the second moments, whose roots multiply them at each step.

    Raises:
        InputError: unknown optimiser, or what `second_moments` refuses.
    """
    scheme = optimizers[problem] if isinstance(problem, str) else problem
    if not isinstance(scheme, GridScheme):
        raise InputError(f"expected the name of an optimiser or a GridScheme, got {type(problem).__name__}")
    if grade is not None:
        choose("grade", grade, dict.fromkeys(GRADES))
    seconds = (PATIENT if isinstance(problem, str) else SECONDS) if seconds is None else seconds
    pairs = tuple({curvature: deviation}.items() if random is None else random.items())
    return replace(_mean_square(scheme, pairs, grade, seconds), asked=grade or "")


@lru_cache(maxsize=256)  # the table, and every edge at numbers, ask for the same few
def _mean_square(scheme: GridScheme, pairs: tuple, grade: str | None, seconds: float) -> Stability:
    random = dict(pairs)
    scheme = _of_positive_curvature(scheme) if curvature in random else scheme
    moments = second_moments(scheme, random)
    if moments.phases:
        return _on_grid(moments, _grade_on_grid(scheme, grade), seconds)
    by_size = _by_size_of_answer(scheme, moments, random, seconds) if grade in (None, "schur") else None
    return by_size or stability(moments, grade, seconds)


def _on_grid(moments: Amplification, grade: str | None, seconds: float) -> Stability:
    """Of one value E|g|^2 <= 1 at every phase is all; it is never below -1, which `stability` would ask too."""
    if moments.polynomial.degree() > 1 or grade == "schur":
        return stability(moments, grade, seconds)
    domain = domain_of(moments)
    try:
        with time_limit(seconds):
            assumed = sp.And(moments.assumptions, determined(moments))
            condition = tidy(demand(_below_one(moments), frequency_box(moments), domain, False), domain)
    except (NoClosedForm, TimeUp, BasePolynomialError, NotImplementedError):
        return stability(moments, grade, seconds)
    return Stability(moments.polynomial, condition, "exact", assumed, moments.box, grade or "power-bounded")


def _below_one(moments: Amplification) -> sp.Expr:
    """1 - E|g|^2 times a square, in cosines alone."""
    lead, constant = complex_coefficients(moments.polynomial)
    margin = (lead.real * (lead.real + constant.real)).as_expr()
    if not (lead.imaginary.is_zero and constant.imaginary.is_zero) or margin.has(*SINES):
        raise NoClosedForm
    return margin


def _of_positive_curvature(scheme: GridScheme) -> GridScheme:
    return GridScheme(*scheme.residuals, assumptions=sp.And(scheme.assumptions, curvature > 0))


def _grade_on_grid(scheme: GridScheme, grade: str | None) -> str | None:
    """Products of two roots on the circle meet at 1: no polynomial tells whether they do harm."""
    if pencil(scheme)[0].rows == 1:
        return grade
    if grade == "power-bounded":
        raise InputError("expected grade von-neumann or schur of second moments of several values per step, got power-bounded")
    return grade or "von-neumann"


def _by_size_of_answer(scheme: GridScheme, moments: Amplification, random: Random, seconds: float) -> Stability | None:
    """The closed form; None where det(1 - T) is not affine in one s^2, or the noise-free step has none or is never stable."""
    margin = margin_of(moments)
    (spread, *others) = random.values()
    if others or not isinstance(spread, sp.Symbol) or sp.Poly(margin, spread).monoms() != [(2,), (0,)]:
        return None
    mean = stability(scheme, "schur", seconds)
    if mean.status != "exact" or mean.condition == sp.false:
        return None
    gain, loss = margin.subs(spread, 0), sp.expand(margin.subs(spread, 0) - margin.subs(spread, 1))
    domain = domain_of(moments)
    wanted = [part for part in sp.And.make_args(mean.condition) if not _follows(part, gain, loss, domain)]
    condition = sp.And(*wanted, _outweighs(gain, loss, spread, domain))
    assumed = sp.And(open_of(mean.assumptions, condition))
    return Stability(moments.polynomial, condition, "exact", assumed, moments.box, "schur")


def _outweighs(gain: sp.Expr, loss: sp.Expr, spread: sp.Symbol, domain: Domain) -> Boolean:
    """`spread^2 loss < gain`, in factors, without those that both have."""
    short, against = sp.fraction(sp.cancel(gain / loss))
    sign = domain.sign(over_positive(gain / short, domain))
    if sign not in ("+", "-"):
        return tidy(sp.Gt(gain - spread**2 * loss, 0), domain)
    flip = 1 if sign == "+" else -1
    return sp.Lt(spread**2 * in_factors(flip * against, domain), in_factors(flip * short, domain))


def margin_of(moments: Amplification) -> sp.Expr:
    """det(1 - T), times a square: the moments' polynomial at 1 times its lead; positive inside, zero on the edge."""
    polynomial = moments.polynomial
    return sp.expand(sp.cancel(polynomial.LC() * polynomial.eval(1)))


def _follows(part: Boolean, gain: sp.Expr, loss: sp.Expr, domain: Domain) -> bool:
    """Whether `gain > s^2 loss` implies it: the loss is never negative, and the gain is its margin times something positive."""
    if not hasattr(part, "gts") or domain.sign(over_positive(loss, domain)) not in ("+", "0+"):
        return False
    return domain.sign(over_positive(gain / (part.gts - part.lts), domain)) == "+"
