"""The bound that holds for every value of a parameter in a range: the worst case over it.

What is asked of the parameter beside the condition, its sign and other assumptions, is asked of the whole range, and turns into
what is assumed of its ends. In the bound that comes out the parameter is bound, as a frequency is.

>>> from derive import parse_scheme, stability
>>> text = "u[1, 0] == u[0, 0] - nu*(u[0, 1] - u[0, -1])/2 + r*(u[0, 1] - 2*u[0, 0] + u[0, -1])"
>>> N = sp.Symbol("N", positive=True)
>>> worst = for_all(stability(parse_scheme(text, positive=["r"])), {"nu": (-N, N)})
>>> worst, worst.largest("N", r=0.125)
(Stability((r <= 1/2) & (N**2 <= 2*r); exact, power-bounded), 0.5)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import sympy as sp
from sympy.core.relational import _Inequality
from sympy.logic.boolalg import Boolean
from sympy.polys.polyerrors import BasePolynomialError

from derive.conditions.closed_form import closed_form
from derive.conditions.cross_check import contradicted
from derive.conditions.ranges.span import Ends, Span
from derive.conditions.ranges.throughout import throughout
from derive.conditions.sampling import parameters
from derive.conditions.tidy import tidy
from derive.conditions.time_limit import SECONDS, WAITING, TimeUp, time_limit
from derive.conditions.ways.margins import NoClosedForm
from derive.conditions.ways.signs import Domain
from derive.errors import InputError, choose
from derive.fields.given import expression
from derive.shown import quoted

if TYPE_CHECKING:
    from derive.conditions.bound import Stability


def for_all(stability: Stability, ranges: Mapping[str, Ends]) -> Stability:
    """The condition that a scheme is stable for every value of some parameters.

    Args:
        stability: the bound.
        ranges: parameter -> (least, greatest value), numbers or expressions in other names, which may be new. Symbols of a
            name that the bound has are the bound's own. An end at which a parameter of known sign is zero is left out.

    Raises:
        InputError: an unknown parameter, no such pair, a range beyond what is assumed of its parameter, or a condition whose
            worst case has no closed form.
    """
    if not isinstance(ranges, Mapping):
        raise InputError(f"expected parameters and their ranges, such as {{'nu': (-N, N)}}, got {quoted(ranges)}")
    own = {p.name: p for p in stability.parameters}
    pairs = {choose("parameter", str(name), own): _pair(name, ends) for name, ends in ranges.items()}
    known = {**{name: sp.Symbol(name, positive=True) for name in _positive_names(pairs.values())}, **own}
    spans = [_span(symbol, pair, known) for symbol, pair in pairs.items()]
    for span in spans:
        if entangled := [s.symbol for s in spans if {span.low, span.high} & {s.symbol} or _has(span, s.symbol)]:
            raise InputError(f"expected ends of the range of {span.symbol} without {entangled[0]}, which has a range itself")
    for span in spans:
        stability = _over(stability, span)
    return stability


def _has(span: Span, symbol: sp.Symbol) -> bool:
    return bool(span.low.has(symbol) or span.high.has(symbol))


def _pair(name: str, ends: object) -> Ends:
    if not isinstance(ends, tuple | list) or len(ends) != 2:
        raise InputError(f"expected the least and the greatest value of {name}, such as (-C, C), got {quoted(ends)}")
    what = f"a number or an expression as an end of the range of {name}"
    if wrong := [end for end in ends if isinstance(end, bool)]:
        raise InputError(f"expected {what}, got {wrong[0]}")
    low, high = (expression(end, what) for end in ends)
    return low, high


def _positive_names(pairs: Iterable[Ends]) -> list[str]:
    """Of a new name C in -C to C, or above what is not negative."""
    return [high.name for low, high in pairs if high.is_Symbol and (low == -high or low.is_nonnegative)]


def _span(symbol: sp.Symbol, ends: Ends, known: Mapping[str, sp.Symbol]) -> Span:
    low, high = (_exact(end, symbol, known) for end in ends)
    if (high - low).is_negative:
        raise InputError(f"expected the least value of {symbol} first, got {low} to {high}")
    return Span(symbol, low, high, bool(low == 0 and symbol.is_positive), bool(high == 0 and symbol.is_negative))


def _exact(end: sp.Expr, symbol: sp.Symbol, known: Mapping[str, sp.Symbol]) -> sp.Expr:
    """Without floats, in real symbols, those of the bound among them."""
    value = end.xreplace({x: sp.Rational(str(x)) for x in end.atoms(sp.Float) if x.is_finite})
    real = {s: known.get(s.name) or (s if s.is_real else sp.Symbol(s.name, real=True)) for s in value.free_symbols}
    value = sp.expand(value.xreplace(real))
    if (value.is_number and not value.is_finite) or value.is_real is False or not value.is_polynomial():
        raise InputError(
            f"expected a finite real number, or an expression in names, as an end of the range of {symbol}, got {end}"
        )
    return value


def _over(stability: Stability, span: Span) -> Stability:
    """For one range."""
    try:
        with time_limit(SECONDS, WAITING * SECONDS):
            return _eliminated(stability, span)
    except (NoClosedForm, TimeUp, BasePolynomialError, NotImplementedError):
        others = [p.name for p in stability.parameters if p != span.symbol]
        told = f"; give numbers for {' or '.join(others)}" if others else ""
        why = "" if stability.has_formula else f", as it is {stability.status}, without a formula"
        raise InputError(
            f"expected a condition whose worst case over {span} has a closed form; none was found{why}{told}"
        ) from None


def _eliminated(stability: Stability, span: Span) -> Stability:
    symbols = {*stability.parameters, *span.low.free_symbols, *span.high.free_symbols}
    kept, asked = _assumptions(stability, span)
    domain = Domain.of(symbols, kept)
    ordered = _ordered(span, domain)
    domain = Domain.of(symbols, sp.And(kept, ordered))
    claimed = sp.And(*(_assumed(part, span, domain) for part in asked))
    domain = Domain.of(symbols, sp.And(kept, ordered, claimed))
    condition = tidy(throughout(_formula(stability, span), span, domain), domain)
    return replace(
        stability,
        condition=condition,
        status=stability.status if stability.has_formula else "exact",
        assumptions=_merged(sp.And(kept, ordered, claimed), symbols - {span.symbol}),
        box={**stability.box, span.symbol: (span.low, span.high)},
        ranged=(*stability.ranged, span.symbol),
        other=_other(stability, span),
    )


def _assumptions(stability: Stability, span: Span) -> tuple[Boolean, list[Boolean]]:
    """Those without the parameter, and those about it, its sign among them."""
    about = [part for part in stability.assumed if part.has(span.symbol)]
    return sp.And(*(part for part in sp.And.make_args(stability.assumptions) if not part.has(span.symbol))), about


def _ordered(span: Span, domain: Domain) -> Boolean:
    """That the range has a length, if it is not of one value."""
    length = sp.expand(span.high - span.low)
    sign = domain.sign(length)
    if sign in ("-", "0-") or (sign == "0" and (span.low_open or span.high_open)):
        raise InputError(f"expected a range with the least value first, got {span}")
    if sign in ("+", "0"):
        return sp.true
    return sp.Gt(sp.Poly(length, *sorted(length.free_symbols, key=str)).primitive()[1].as_expr(), 0)


def _assumed(part: Boolean, span: Span, domain: Domain) -> Boolean:
    """What it says of the ends."""
    found = tidy(throughout(part, span, domain), domain)
    if found == sp.false:
        raise InputError(f"expected a range of {span.symbol} within what is assumed of it, {part}, got {span}")
    return found


def _merged(assumptions: Boolean, symbols: set[sp.Symbol]) -> Boolean:
    """Without what is said twice."""
    parts = sp.And.make_args(assumptions)
    bounds = [part for part in parts if isinstance(part, _Inequality)]
    return sp.And(tidy(sp.And(*bounds), Domain.of(symbols)), *(part for part in parts if part not in bounds))


def _formula(stability: Stability, span: Span) -> Boolean:
    """The condition; one in this parameter alone can be found, as its others are numbers by now."""
    if stability.has_formula:
        return stability.condition
    if parameters(stability.amplification) != (span.symbol,):
        raise NoClosedForm
    condition = closed_form(stability.amplification, stability.grade)
    if contradicted(stability.amplification, condition, stability.grade):
        raise NoClosedForm
    return condition


def _other(stability: Stability, span: Span) -> Stability | None:
    """The answer of another grade: never and always stay what they are."""
    if stability.other is None or not stability.other.condition.has(span.symbol):
        return stability.other
    try:
        return _eliminated(stability.other, span)
    except (NoClosedForm, BasePolynomialError, NotImplementedError):
        return None
