r"""The second-order step of Lax and Wendroff with all mixed differences, in any number of dimensions: Turkel's astroid.

With y_i = 1 - c_i, S = sum n_i s_i and E = sum n_i^2 y_i^2 the amplification factor is 1 - i S - (S^2 + E)/2, so that
|xi| <= 1 iff S^2 <= 2 e - e^2, where e = sqrt(E). This holds at all phases iff sum |n_i|^(2/3) <= 1:

Enough. Write |n_i| y_i = e a_i, so that |a| = 1, and p_i = 2 |n_i| a_i, q_i = a_i^2; by s^2 = y (2 - y) one has
n_i^2 s_i^2 = e (p_i - e q_i). Phi(x) = (sum sqrt(x_i))^2 is concave and homogeneous, hence superadditive for x >= 0:

    S^2/e <= Phi(p - e q) <= Phi(p) - e Phi(q) = Phi(p) - e (sum a_i)^2 <= Phi(p) - e,

and by Hoelder, with exponents 4/3 and 4, Phi(p) = 2 (sum |n_i|^(1/2) a_i^(1/2))^2 <= 2 (sum |n_i|^(2/3))^(3/2).

Needed. For long waves e is as small as one likes, and the phases, whose signs and ratios are free, make S^2/e as near to
Phi(p) as one likes, for every a >= 0 with |a| = 1; so Phi(p) <= 2 is needed, and in Hoelder's inequality equality occurs.

In two dimensions that is (1 - n_1^2 - n_2^2)^3 >= 27 n_1^2 n_2^2: with x = |n_1|^(2/3), y = |n_2|^(2/3) its cube root says
x^3 + y^3 + 3 x y <= 1, and x^3 + y^3 + 3 x y - 1 is x + y - 1 times what is positive. In three it is said of numbers that are
alike only: whatever else reads a condition wants polynomials.

>>> from derive.gallery import gallery
>>> from derive.modes.amplification import amplification
>>> numbers(amplification(gallery["lax-wendroff-2d"].scheme))
[nu_x, nu_y]

Source: Turkel, Phase error and stability of second order methods for hyperbolic problems, J. Comput. Phys. 15 (1974).
"""

from __future__ import annotations

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.ways.eliminate import over_positive, relation
from derive.conditions.ways.margins import NoClosedForm, explicit_step
from derive.conditions.ways.signs import Domain
from derive.fields.phases import COSINES, SINES
from derive.modes.amplification import Amplification


def condition(found: Amplification, domain: Domain) -> Boolean:
    """The exact condition (power-bounded, as is every one-step scalar scheme in the closed disc).

    Raises:
        NoClosedForm: the amplification factor is another one.
    """
    n = numbers(found)
    if n is None:
        raise NoClosedForm
    if len(n) == 2:
        x, y = (value**2 for value in n)
        return relation(over_positive((1 - x - y) ** 3 - 27 * x * y, domain), domain, False)
    ratios = [sp.cancel(value / n[0]) for value in n]
    if any(not ratio.is_number for ratio in ratios):
        raise NoClosedForm
    largest = sp.Add(*(sp.Abs(ratio) ** sp.Rational(2, 3) for ratio in ratios)) ** -3  # of n_1^2
    if not largest.is_Rational:
        raise NoClosedForm
    return relation(over_positive(largest - n[0] ** 2, domain), domain, False)


def numbers(found: Amplification) -> list[sp.Expr] | None:
    """The Courant number n of every axis, expressions in the parameters; None if the amplification factor is another one."""
    if len(found.phases) < 2:
        return None
    try:
        real, imaginary = explicit_step(found.polynomial)
    except NoClosedForm:
        return None
    n = [sp.diff(-imaginary, SINES[i]) for i in found.phases]
    if 0 in n or any(value.has(*COSINES, *SINES) for value in n):
        return None
    s, y = ([wave(i) for i in found.phases] for wave in (lambda i: SINES[i], lambda i: 1 - COSINES[i]))
    wanted = 1 - _square_of_sum(n, s, y) / 2 - sum(value**2 * lump**2 for value, lump in zip(n, y, strict=True)) / 2
    total = sum(value * wave for value, wave in zip(n, s, strict=True))
    return n if all(sp.cancel(rest) == 0 for rest in (real - wanted, imaginary + total)) else None


def _square_of_sum(n: list[sp.Expr], s: list[sp.Symbol], y: list[sp.Expr]) -> sp.Expr:
    """S^2, with y (2 - y) for the squares of sines."""
    mixed = (n[i] * n[j] * s[i] * s[j] for i in range(len(n)) for j in range(len(n)) if i != j)
    return sp.Add(*(value**2 * lump * (2 - lump) for value, lump in zip(n, y, strict=True)), *mixed)
