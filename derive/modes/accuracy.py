"""Order of accuracy and modified equation of a scheme, once its parameters are told in terms of dt and dx.

    modified_equation(scheme, {"nu": c * dt / dx})      # u_t = -c u_x + c dx (1 - nu)/2 u_xx + ...
    order_of_accuracy(scheme, {"nu": c * dt / dx})      # O(dt + dx)

The limit, the differential equation that the scheme approximates, is part of the result. dt and dx are the symbols of
these names (dy, dz of the other axes where they occur, else all axes have dx). Without a meaning, the modified equation is
in grid units, dt = dx = 1.

Source: Warming and Hyett (1974); Strikwerda, Finite Difference Schemes and PDEs (2004), Sec 3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import sympy as sp

from derive.errors import InputError, choose
from derive.fields.given import expression
from derive.fields.symbols import xi
from derive.modes.amplification import amplification, symbols_of
from derive.modes.composed import ComposedExpansion
from derive.modes.formal import DERIVATIVES, ROOT, TIME, Expansion, NoPhysicalRoot
from derive.modes.modified import ModifiedEquation, Order
from derive.schemes.composed import ComposedScheme
from derive.schemes.grid import GridScheme

MOST_ORDERS = 8
MOST_EXPONENT = 3
GRID_UNITS = 4
_AXES = ("dx", "dy", "dz")

Meaning = Mapping[str | sp.Symbol, sp.Expr | float]


def order_of_accuracy(scheme: GridScheme, meaning: Meaning | None = None, path: Meaning | None = None) -> Order:
    """Order of accuracy in dt and dx.

    Args:
        scheme: the scheme.
        meaning: parameter -> its expression in dt, dx and physical constants; none needed where the scheme has dt and dx.
        path: dt -> an expression of dx along which the grid is refined, such as ``{"dt": dx**2 / (6 * k)}``.

    Raises:
        InputError: no dt or dx, an unknown parameter, or a scheme that is not consistent with any equation.
    """
    if _steps(scheme, meaning, path) is None:
        raise InputError("expected parameters in terms of dt and dx, got none; give meaning={'r': k*dt/dx**2}")
    return modified_equation(scheme, meaning, path).order


def modified_equation(scheme: GridScheme, meaning: Meaning | None = None, path: Meaning | None = None) -> ModifiedEquation:
    """The modified equation, with the leading terms of the error; arguments as `order_of_accuracy`.

    Raises:
        InputError: an unknown parameter, a scheme that is not consistent, or whose limit is no differential equation.
    """
    steps = _steps(scheme, meaning, path)
    if steps is None:
        return _in_grid_units(_expansion(scheme, meaning, path)(sp.S.One, (sp.S.One,) * scheme.dims, 1))
    try:
        return _in_steps(_expansion(scheme, meaning, path), *steps)
    except NoPhysicalRoot:
        meant = {str(k): v for k, v in (meaning or {}).items()}
        if not meant or {p.name for p in scheme.parameters} - {*meant, "dt", *_AXES}:
            raise
        told = ", ".join(f"{name} == {value}" for name, value in meant.items())
        raise InputError(
            f"expected a consistent scheme, got no root that tends to 1 where {told}: it is not consistent with that meaning"
        ) from None


def _expansion(
    scheme: GridScheme, meaning: Meaning | None, path: Meaning | None, small: tuple[sp.Symbol, ...] = ()
) -> Callable[[sp.Expr, tuple[sp.Expr, ...], int], Expansion]:
    """dt, spacings and exponent to the expansion; composed where the scheme is, so far as that goes."""

    def expanded(dt: sp.Expr, spacings: tuple[sp.Expr, ...], exponent: int) -> Expansion:
        if isinstance(scheme, ComposedScheme):
            stencils = dict(zip(scheme.marks, _meant(scheme, meaning, path), strict=True))
            polynomial = scheme.characteristic.as_expr()
            composed = ComposedExpansion(polynomial, dt, spacings, exponent, small, stencils=stencils)
            if composed.composes:
                return composed
        polynomial = _of_symbols(_moving(amplification(scheme).polynomial), scheme, meaning, path)
        return Expansion(polynomial, dt, spacings, exponent, small)

    return expanded


def _in_steps(
    expand: Callable[[sp.Expr, tuple[sp.Expr, ...], int], Expansion], dt: sp.Expr, spacings: tuple[sp.Expr, ...]
) -> ModifiedEquation:
    for exponent in _exponents(dt, spacings):
        expansion = expand(dt, spacings, exponent)
        limit = _right_side(expansion, 1)[0]
        if not limit.has(dt, *spacings):
            _check_differential(limit)
            return _collected(expansion, limit)
    raise InputError("expected a consistent scheme, got one whose limit depends on how dt and dx shrink together")


def _exponents(dt: sp.Expr, spacings: tuple[sp.Expr, ...]) -> Iterable[int]:
    """How fast dt may shrink with the spacings: to be found, or told by the path."""
    if dt.is_Symbol:
        return range(1, MOST_EXPONENT + 1)
    eps = sp.Dummy("eps", positive=True)
    grown = sp.cancel(dt.subs({h: eps * h for h in spacings}, simultaneous=True) / dt)
    exponent = grown.as_powers_dict()[eps]
    if sp.cancel(grown - eps**exponent) != 0 or exponent not in range(1, MOST_ORDERS):
        raise InputError(f"expected dt as a constant times a power of dx along the path, got {dt}")
    return [int(exponent)]


def _meant(scheme: GridScheme, meaning: Meaning | None, path: Meaning | None) -> sp.Basic:
    """The amplification polynomial, or the symbols of a composed scheme's stencils, in terms of the meaning."""
    own = symbols_of(scheme) if isinstance(scheme, ComposedScheme) else _moving(amplification(scheme).polynomial)
    return _of_symbols(own, scheme, meaning, path)


def _of_symbols(expr: sp.Basic, scheme: GridScheme, meaning: Meaning | None, path: Meaning | None) -> sp.Basic:
    given = {choose("parameter", str(k), {p.name: p for p in scheme.parameters}): _exact(v) for k, v in (meaning or {}).items()}
    expr = expr.subs(_of_one_name(given, expr), simultaneous=True)
    return expr.subs(_path(expr, path))


def _exact(value: sp.Expr | float) -> sp.Expr:
    """An expression without floats; never from a text, which SymPy would execute."""
    expr = expression(value, "an expression of dt and dx or a number")
    return expr.xreplace({x: sp.Rational(str(x)) for x in expr.atoms(sp.Float)})


def _of_one_name(given: Mapping[sp.Symbol, sp.Expr], expr: sp.Basic) -> dict[sp.Symbol, sp.Expr]:
    """Symbols of one name are one symbol, whatever is assumed of them: the scheme's, else the first."""
    first: dict[str, sp.Symbol] = {}
    for symbol in [*expr.free_symbols, *(s for value in given.values() for s in sorted(value.free_symbols, key=str))]:
        first.setdefault(symbol.name, symbol)
    return {k: v.xreplace({s: first[s.name] for s in v.free_symbols}) for k, v in given.items()}


def _moving(polynomial: sp.Poly) -> sp.Expr:
    """Without the modes that never change, such as the divergence of a field: xi = 1 at every frequency."""
    static = sp.Poly(xi - 1, xi)
    while polynomial.degree() > 1 and sp.cancel(polynomial.eval(1)) == 0:
        polynomial = polynomial.quo(static)
    return polynomial.as_expr()


def _path(expr: sp.Basic, path: Meaning | None) -> dict[sp.Symbol, sp.Expr]:
    if not {str(k) for k in path or {}} <= {"dt"}:
        raise InputError(f"expected a path of the form {{'dt': expression of dx}}, got {path}")
    named = {s.name: s for s in expr.free_symbols}
    return _of_one_name({choose("symbol", str(k), named): _exact(v) for k, v in (path or {}).items()}, expr)


def _steps(scheme: GridScheme, meaning: Meaning | None, path: Meaning | None) -> tuple[sp.Expr, tuple[sp.Expr, ...]] | None:
    """The time step and the spacing of every axis; None where the parameters know of neither."""
    expr = _meant(scheme, meaning, None)
    named = {s.name: s for s in expr.free_symbols}
    if "dt" not in named or (scheme.dims and "dx" not in named):
        return None
    dt = _path(expr, path).get(named["dt"], named["dt"])
    along = {s.name: s for s in {*expr.free_symbols, *dt.free_symbols}}
    return dt, tuple(along.get(name, along.get("dx")) for name in _AXES[: scheme.dims])


def _right_side(expansion: Expansion, count: int) -> list[sp.Expr]:
    """Coefficients of eps^0, eps^1, ... of the right side; polynomials in the derivatives."""
    rates = expansion.rates(count)
    if expansion.order_in_time == 2:
        rates = _second_order(rates, expansion.square())
    return rates


def _check_differential(limit: sp.Expr) -> None:
    if sp.fraction(sp.together(limit))[1].has(*DERIVATIVES):
        raise InputError("expected a limit that is polynomial in the space derivatives, got one with an inverse")


def _second_order(rates: list[sp.Expr], square: sp.Expr) -> list[sp.Expr]:
    """u_tt = (S + S') u_t - S S' u, S' the other rate; even in ROOT."""
    other = [rate.subs(ROOT, -ROOT) for rate in rates]
    terms = []
    for k, rate in enumerate(rates):
        product = sp.Add(*(rates[i] * other[k - i] for i in range(k + 1)))
        even = sp.expand((rate + other[k]) * TIME - product)
        terms.append(sp.expand(sp.cancel(sp.expand(even).subs(ROOT, sp.sqrt(square)))))
    return terms


def _collected(expansion: Expansion, limit: sp.Expr) -> ModifiedEquation:
    """Errors until dt and every spacing have shown up alone."""
    steps = [h for h in dict.fromkeys((expansion.dt, *expansion.spacings)) if h.is_Symbol]
    errors: dict[sp.Expr, sp.Expr] = {}
    for count in range(2, MOST_ORDERS + 2):
        for power, value in _by_powers(_right_side(expansion, count)[-1], steps).items():
            errors[power] = errors.get(power, sp.S.Zero) + value
        if all(any(power.free_symbols == {h} for power in errors) for h in steps):
            break
    return ModifiedEquation(expansion.order_in_time, limit, errors, _order(errors, expansion))


def _by_powers(expr: sp.Expr, steps: list[sp.Symbol]) -> dict[sp.Expr, sp.Expr]:
    by_power: dict[sp.Expr, sp.Expr] = {}
    for term in sp.Add.make_args(sp.expand(expr)):
        power = sp.Mul(*(h ** term.as_powers_dict()[h] for h in steps))
        if term != 0:
            by_power[power] = by_power.get(power, sp.S.Zero) + term / power
    return by_power


def _order(errors: Mapping[sp.Expr, sp.Expr], expansion: Expansion) -> Order:
    dt = expansion.dt
    alone = lambda h: min((p.as_powers_dict()[h] for p in errors if p.free_symbols == {h}), default=sp.oo)  # noqa: E731
    space = min((alone(h) for h in expansion.spacings), default=sp.oo)
    return Order(alone(dt) if dt.is_Symbol else sp.oo, space, _leading(errors), expansion.exponent if dt.is_Symbol else 1)


def _leading(errors: Mapping[sp.Expr, sp.Expr]) -> tuple[sp.Expr, ...]:
    """Powers that are not another one times something that vanishes: a power of dt and dx, or an error itself."""

    def smaller(one: sp.Expr, other: sp.Expr) -> bool:
        ratio = one / other
        return ratio != 1 and (ratio in errors or all(n >= 0 for n in ratio.as_powers_dict().values()))

    return tuple(p for p in sorted(errors, key=sp.default_sort_key) if not any(smaller(p, q) for q in errors))


def in_grid_units(scheme: GridScheme, small: Sequence[sp.Symbol] = ()) -> ModifiedEquation:
    """The modified equation at dt = dx = 1, with parameters that vanish with the step as a first derivative does.

    Raises:
        InputError: as `modified_equation`.
    """
    return _in_grid_units(_expansion(scheme, None, None, tuple(small))(sp.S.One, (sp.S.One,) * scheme.dims, 1))


def _in_grid_units(expansion: Expansion) -> ModifiedEquation:
    """The first derivatives that occur."""
    rates = [rate for rate in _right_side(expansion, GRID_UNITS) if rate != 0] or [sp.S.Zero]
    order = Order(sp.oo, sp.oo, (sp.S.One,), 1)
    return ModifiedEquation(expansion.order_in_time, rates[0], {sp.S.One: sp.Add(*rates[1:])}, order, True)
