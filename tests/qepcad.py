"""QEPCAD B, a program that decides sentences about real numbers, held against a condition of the engine as a whole.

A scheme of one phase is written down without the engine: its coefficients in xi, newest level first, each as its real part and
its imaginary part over sin(theta), polynomials in c = cos(theta) and the parameters. That it is stable at every phase is "for
all c in [-1, 1]: `stable`". That a condition says the same at all parameters is two sentences without a free variable, which
cylindrical algebraic decomposition decides: where the condition holds, the scheme is stable at all c; where it does not, it is
not at some c. Source: Brown, QEPCAD B, ACM SIGSAM Bulletin 37, 2003.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from functools import partial
from itertools import chain, product

import pytest
import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from derive.conditions.bound import Stability
from experiments.fuzz.tables import Stencil

PROGRAM = shutil.which("qepcad")
needs_qepcad = pytest.mark.skipif(PROGRAM is None, reason="no qepcad here (a package of Debian)")
SECONDS, LIMITS = 20, ("-noecho", "+N4000000", "+L200000")
"""For a sentence; memory, and primes to compute with."""
c = sp.Symbol("c", real=True)
SIGNS = {"==": "=", "!=": "/=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
Part = tuple[sp.Expr, sp.Expr]
"""Real part, and imaginary part over sin(theta)."""


def agrees(found: Stability, symbol: Sequence[Part], seconds: float = SECONDS) -> bool | None:
    """Whether the condition is that of the scheme at all parameters that are assumed; None where QEPCAD does not say."""
    margins, on_circle = sp.And.make_args(stable(symbol, found.grade)), (c >= -1) & (c <= 1)
    ask = partial(decided, _lowest_first(found), seconds=seconds)
    known = sp.And(*found.assumed)

    def needed(part: Boolean) -> bool | None:
        """Where it does not hold one of the margins fails: often it is the same one everywhere."""
        alone = (ask("E", known, part | (on_circle & ~margin)) for margin in margins)
        return any(told is True for told in alone) or ask("E", known, part | (on_circle & ~sp.And(*margins)))

    alternatives = product(sp.Or.make_args(found.condition), margins)
    enough = (ask("A", known & part & on_circle, margin) for part, margin in alternatives)
    told = chain(map(needed, sp.And.make_args(found.condition)), enough)
    return next((answer for answer in told if answer is not True), True)


def _lowest_first(found: Stability) -> list[sp.Symbol]:
    """The parameters, those of which the condition has high powers last: they are eliminated first, a hundred times as fast."""
    margins = [(r.lhs - r.rhs).expand() for r in found.condition.atoms(Relational)]
    return sorted(found.parameters, key=lambda p: (max((sp.degree(m, p) for m in margins if m.has(p)), default=0), p.name))


def decided(
    names: Sequence[sp.Symbol], quantifier: str, given: Boolean, claim: Boolean, seconds: float = SECONDS
) -> bool | None:
    """Whether at all values of some names, for all c ("A") or some ("E"), what is given implies the claim; None: no answer.

    Sentences are to be as small as logic allows: twenty atoms at a time take minutes, and five a tenth of a second.
    """
    numbers: dict[sp.Expr, sp.Symbol] = {}
    implied = f"{written(given, numbers)} ==> {written(claim, numbers)}"
    for number, name in numbers.items():
        implied = f"{_defined(number, name)} ==> [{implied}]"
    of = [*names, *numbers.values()]
    quantified = "".join(f"(A {name})" for name in of)
    text = f"[]\n({','.join(map(str, [*of, c]))})\n0\n{quantified}({quantifier} c)[ {implied} ].\nfinish\n"
    try:
        ran = subprocess.run([PROGRAM, *LIMITS], input=text, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return None
    answer = ran.stdout.partition("An equivalent quantifier-free formula:")[2].split()
    return {"TRUE": True, "FALSE": False}.get(answer[0]) if answer and "rror" not in ran.stdout else None


def stable(symbol: Sequence[Part], grade: str) -> Boolean:
    """That the roots of b0 xi + b1, or of b0 xi^2 + b1 xi + b2, lie in the closed disc; those on the circle are simple.

    Of two roots: |b2| <= |b0| and the root of the polynomial reduced by Schur lies in the disc; where |b2| = |b0| it vanishes,
    and the derivative has its root in the disc, which is inside if the two differ. Source: Miller, On the location
    of zeros of certain classes of polynomials, J. Inst. Math. Appl. 8, 1971.
    """
    (new, *_, old), square = symbol, sp.expand
    if len(symbol) == 2:
        return sp.Ge(size(new), size(old))
    gap, middle = square(size(new) - size(old)), symbol[1]
    reduced = size(difference(times(conjugate(new), middle), times(conjugate(middle), old)))
    inside = (sp.Lt if grade == "power-bounded" else sp.Le)(size(middle), 4 * size(new))
    return (gap >= 0) & (reduced <= square(gap**2)) & (inside | (gap > 0))


def size(b: Part) -> sp.Expr:
    """|b|^2."""
    return sp.expand(b[0] ** 2 + (1 - c**2) * b[1] ** 2)


def conjugate(b: Part) -> Part:
    return b[0], -b[1]


def times(a: Part, b: Part) -> Part:
    return sp.expand(a[0] * b[0] - (1 - c**2) * a[1] * b[1]), sp.expand(a[0] * b[1] + a[1] * b[0])


def difference(a: Part, b: Part) -> Part:
    return sp.expand(a[0] - b[0]), sp.expand(a[1] - b[1])


def of_table(levels: Sequence[Stencil], names: Sequence[sp.Symbol]) -> list[Part]:
    """The symbol of a scheme that was drawn: cos(j theta) and sin(j theta)/sin(theta) are Chebyshev's polynomials."""
    return [
        (
            sp.expand(sum(_amount(terms, names) * sp.chebyshevt(abs(j), c) for (j,), terms in level.items())),
            sp.expand(sum(_amount(terms, names) * sp.chebyshevu(abs(j) - 1, c) * sp.sign(j) for (j,), terms in level.items())),
        )
        for level in levels
    ]


def _amount(terms: dict, names: Sequence[sp.Symbol]) -> sp.Expr:
    return sum(sp.Rational(k) * sp.prod(n**power for n, power in zip(names, m, strict=False)) for m, k in terms.items())


def written(claim: Boolean, numbers: dict[sp.Expr, sp.Symbol]) -> str:
    """As QEPCAD reads it; irrational numbers get names, which are added to those that there are."""
    if claim in (sp.true, sp.false):
        return "0 = 0" if claim == sp.true else "0 /= 0"
    if not isinstance(claim, Relational):
        if isinstance(claim, sp.Not):
            return f"[~ {written(claim.args[0], numbers)}]"
        joined = {sp.And: " /\\ ", sp.Or: " \\/ "}[claim.func]
        return f"[{joined.join(written(part, numbers) for part in claim.args)}]"
    margin = sp.expand(claim.lhs - claim.rhs)
    poly = sp.Poly(margin, *sorted(margin.free_symbols, key=str))
    named = sum((k if k.is_Rational else _name(k, numbers)) * sp.prod(map(pow, poly.gens, m)) for m, k in poly.terms())
    whole = str(sp.expand(named * sp.ilcm(*(k.q for k in poly.coeffs() if k.is_Rational), 1)))
    return f"[{whole.replace('**', '^').replace('*', ' ')} {SIGNS[claim.rel_op]} 0]"


def _name(number: sp.Expr, numbers: dict[sp.Expr, sp.Symbol]) -> sp.Symbol:
    return numbers.setdefault(number, sp.Symbol(f"w{len(numbers)}"))


def _defined(number: sp.Expr, name: sp.Symbol) -> str:
    """The one root of its minimal polynomial between two rational numbers."""
    minimal, near = sp.Poly(sp.minimal_polynomial(number, name), name), sp.Rational(str(number.evalf(6)))
    low, high = (near + sign * sp.Rational(1, 1000) for sign in (-1, 1))
    assert minimal.count_roots(low, high) == 1
    return written(sp.Eq(minimal.as_expr(), 0) & (name > low) & (name < high), {})
