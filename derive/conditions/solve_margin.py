"""One margin, affine or quadratic in a parameter or a pure power of it, solved for it; the others symbolic.

a p + b >= 0 bounds p from below or above as a is positive or negative. a p^2 + b p + c >= 0 holds between its roots where
a < 0, outside of them where a > 0; a p^n + c bounds p^n. An affine margin whose slope has an unknown sign becomes cases of
the answer; of a higher degree it is refused: an answer for one of the cases alone would be wrong in the other.

>>> r, nu = sp.symbols("r nu", positive=True)
>>> allowed(2 * r - nu**2, False, nu, Signs([], Domain.of([r, nu])))
[Piece(low=-oo, high=sqrt(2)*sqrt(r), strict=False, guard=True)]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.ways.signs import Domain
from derive.errors import InputError

Margin = tuple[sp.Expr, bool]
"""What is not to be negative, and whether it is not to be zero either."""


@dataclass(frozen=True)
class Piece:
    """An interval of values that are allowed. Of a parameter that is not negative, nothing is said of negative values.

    Attributes:
        low, high: its ends.
        strict: whether the finite ones are open.
        guard: where it is allowed, in the other parameters.
    """

    low: sp.Expr = -sp.oo
    high: sp.Expr = sp.oo
    strict: bool = False
    guard: Boolean = sp.true


@dataclass(frozen=True)
class Signs:
    """What is known of signs: by the domain, or as a multiple of a margin that is to be positive.

    Attributes:
        known: margins without the parameter.
        domain: of all parameters.
    """

    known: Sequence[Margin]
    domain: Domain

    def of(self, expr: sp.Expr) -> str | None:
        """``"+"``, ``"-"``, ``"0+"``, ``"0-"`` (may be zero), ``"0"``, or None: unknown."""
        sign = self._by_domain(expr)
        return sign if sign or (direction := self._by_margins(expr)) is None else f"0{'+' if direction > 0 else '-'}"

    def direction(self, slope: sp.Expr) -> int | None:
        """+1, -1 or None: a multiple of a margin may vanish on the edge of that margin alone."""
        sign = self._by_domain(slope)
        return {"+": 1, "-": -1}.get(sign or "", self._by_margins(slope))

    def never_negative(self, expr: sp.Expr) -> bool:
        """Whether it is known to be."""
        return self.of(expr) in ("+", "0+", "0")

    def _by_margins(self, expr: sp.Expr) -> int | None:
        ratios = (self._by_domain(sp.cancel(expr / margin)) for margin, _ in self.known if margin != 0)
        return next(({"+": 1, "-": -1}[ratio] for ratio in ratios if ratio in ("+", "-")), None)

    def _by_domain(self, expr: sp.Expr) -> str | None:
        top, bottom = sp.fraction(sp.together(expr))
        return self.domain.sign(top * bottom)


def relation(margin: sp.Expr, strict: bool) -> Boolean:
    """What is asked of it."""
    return sp.Gt(margin, 0) if strict else sp.Ge(margin, 0)


def allowed(margin: sp.Expr, strict: bool, p: sp.Symbol, signs: Signs) -> list[Piece]:
    """The values of p at which a margin is positive, or not negative.

    Raises:
        InputError: the margin is of another form, or which case it is is not known.
    """
    numerator, denominator = sp.fraction(sp.together(margin))
    if denominator.has(p) or not numerator.is_polynomial(p):
        raise _of_another_form(margin, p)
    coefficients = {n: c / denominator for (n,), c in sp.Poly(numerator, p).terms()}
    powers = [n for n in coefficients if n]
    a, c = coefficients[powers[0]], coefficients.get(0, sp.S.Zero)
    if powers == [1]:
        return _affine(a, c, strict, p, signs)
    if len(powers) == 1 and (p.is_nonnegative or powers == [2]):
        return _pure(a, powers[0], c, strict, p, signs)
    if powers == [2, 1]:
        return _quadratic(a, coefficients[1], c, strict, p, signs)
    raise _of_another_form(margin, p)


def mirrored(margins: Sequence[Margin], p: sp.Symbol, signs: Signs) -> dict[Margin, list[Piece]]:
    """Pairs c + a p and c - a p, a of unknown sign, as one bound by |a|: what both allow, and nothing for the second.

    Of a p that is not negative, and a c that is positive.
    """
    pairs: dict[Margin, list[Piece]] = {}
    for margin in margins:
        (value, strict), (slope, rest) = margin, (sp.diff(margin[0], p), margin[0].subs(p, 0))
        other = next(
            (m for m in margins if m not in pairs and m[1] == strict and sp.expand(m[0] + value - 2 * rest) == 0), None
        )
        if margin in pairs or other in (None, margin) or slope.has(p) or not p.is_nonnegative:
            continue
        if signs.of(rest) == "+" and signs.direction(slope) is None:
            away = _nonzero(slope)
            pairs[margin] = [Piece(high=rest / sp.Abs(slope), strict=strict, guard=away), Piece(guard=sp.Not(away))]
            pairs[other] = []
    return pairs


def _of_another_form(margin: sp.Expr, p: sp.Symbol) -> InputError:
    return InputError(
        f"expected a condition of degree 1 or 2 in {p}, or in one power of it, got {margin}; solve for another parameter, "
        "or ask at numbers for all others: largest(), on the command line --at"
    )


def _direction(slope: sp.Expr, p: sp.Symbol, signs: Signs) -> int:
    direction = signs.direction(slope)
    if direction is None:
        raise InputError(
            f"expected assumptions that tell the sign of {sp.factor(slope)}, such as positive symbols, to solve for {p}; "
            "or ask at numbers for all others: largest(), on the command line --at"
        )
    return direction


def _affine(slope: sp.Expr, rest: sp.Expr, strict: bool, p: sp.Symbol, signs: Signs) -> list[Piece]:
    edge, sign = sp.expand(sp.cancel(-rest / slope)), signs.direction(slope)
    if sign is not None:
        return [Piece(low=edge, strict=strict) if sign > 0 else Piece(high=edge, strict=strict)]
    falls, rises = Piece(high=edge, strict=strict, guard=slope < 0), Piece(low=edge, strict=strict, guard=slope > 0)
    at_zero = signs.of(rest)
    if p.is_nonnegative and (at_zero == "+" or (signs.never_negative(rest) and not strict)):
        return [falls, Piece(guard=slope >= 0)]
    if p.is_nonnegative and at_zero in ("-", "0-"):
        return [rises]
    return [falls, rises, Piece(guard=sp.And(sp.Eq(slope, 0), relation(rest, strict)))]


def _pure(a: sp.Expr, n: int, c: sp.Expr, strict: bool, p: sp.Symbol, signs: Signs) -> list[Piece]:
    """c + a p^n; n is even where p may be negative."""
    common = sp.S.One if a.is_number or c.is_number else sp.gcd(a, c)
    if strict and not common.is_number and signs.of(common) == "0+":  # such as a square: all else is asked where it is not zero
        apart = _nonzero(common)
        rest = _pure(sp.cancel(a / common), n, sp.cancel(c / common), strict, p, signs)
        return [replace(piece, guard=sp.And(piece.guard, apart)) for piece in rest]
    at_zero = signs.of(c)
    met = at_zero == "+" or (signs.never_negative(c) and not strict)  # at p = 0
    if met and signs.never_negative(a):
        return [Piece()]
    root = sp.root(sp.factor(sp.cancel(-c / a)), n)
    if signs.direction(a) is None and signs.of(a) == "0-" and signs.never_negative(c):
        start, some = -sp.oo if p.is_nonnegative else -root, sp.true if met else _nonzero(c)
        falls = Piece(start, root, strict, sp.And(some, _nonzero(a)))
        return [falls, Piece(guard=sp.And(some, sp.Not(_nonzero(a))))]
    opens = _direction(a, p, signs)
    if opens < 0:
        between = Piece(-sp.oo if p.is_nonnegative else -root, root, strict, sp.true if met else relation(c, strict))
        return [] if at_zero == "-" else [between]
    if at_zero in ("-", "0-", "0"):
        return _outside(-root, root, strict, p, sp.true)
    return [Piece(guard=sp.Gt(c, 0)), *_outside(-root, root, strict, p, sp.Le(c, 0))]


def _nonzero(expr: sp.Expr) -> Boolean:
    """That no factor of it is zero, each once."""
    return sp.Ne(expr if expr.is_number else sp.Mul(*(f for f, _ in sp.factor_list(expr)[1])), 0)


def _quadratic(a: sp.Expr, b: sp.Expr, c: sp.Expr, strict: bool, p: sp.Symbol, signs: Signs) -> list[Piece]:
    opens, at_zero, discriminant = _direction(a, p, signs), signs.of(c), sp.factor(b**2 - 4 * a * c)
    met = at_zero == "+" or (signs.never_negative(c) and not strict)  # at p = 0
    if opens > 0 and p.is_nonnegative and signs.never_negative(b) and met:
        return [Piece()]
    if signs.of(discriminant) == "-":
        return [Piece()] if opens > 0 else []
    low, high = _roots(a, b, discriminant, opens)
    either = at_zero in ("0", *(("-", "0-") if opens > 0 else ("+", "0+")))  # one root of each sign, or one that is zero
    real = either or signs.of(discriminant) in ("+", "0+")
    if opens < 0:
        whole = bool(p.is_nonnegative and met)
        return [Piece(-sp.oo if whole else low, high, strict, sp.true if real else relation(discriminant, False))]
    if at_zero == "-" and p.is_nonnegative:
        return [Piece(low=high, strict=strict)]
    if real:
        return _outside(low, high, strict, p, sp.true)
    return [Piece(guard=sp.Lt(discriminant, 0)), *_outside(low, high, strict, p, sp.Ge(discriminant, 0))]


def _roots(a: sp.Expr, b: sp.Expr, discriminant: sp.Expr, opens: int) -> tuple[sp.Expr, sp.Expr]:
    """The lower one first."""
    half = sp.sqrt(discriminant) / (2 * opens * a)
    middle = -b / (2 * a)
    return sp.together(middle - half), sp.together(middle + half)


def _outside(low: sp.Expr, high: sp.Expr, strict: bool, p: sp.Symbol, guard: Boolean) -> list[Piece]:
    """Below the lower or above the upper root; roots +-q of a p that is not negative: above q."""
    below = [] if p.is_nonnegative and low == -high else [Piece(high=low, strict=strict, guard=guard)]
    return [*below, Piece(low=high, strict=strict, guard=guard)]
