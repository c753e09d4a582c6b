r"""Stability in the sense of Lax, for bounded times: growth of at most 1 + C dt in a step, von Neumann's own definition.

What is said of the parameters in dt and dx tells how they behave as the grid is refined: dt shrinks like the highest power
of dx that leaves every parameter bounded. Ratios such as r = k dt/dx^2 stay fixed on that path, sources such as s = q dt
vanish. Without what vanishes the scheme must be stable in the strict sense, which is a condition on the ratios; what
vanishes adds to a root what is proportional to dt. Of a scheme of one step

    |xi| <= |xi_0| + dt |b(theta)| + O(dt^2)             b = d xi/d dt at dt = 0, where xi moves like dt
    |xi|^2 <= |xi_0|^2 + dt e(theta) + O(dt^(3/2))       where it moves like sqrt(dt), but at right angles

so that C is the greatest |b|, or half the greatest e, over all phases. Of several steps a root on the circle is simple,
if perturbations stay bounded without what vanishes, and so moves like dt too; its C is not derived here.

>>> from derive.reading.parse import parse_definitions, parse_scheme
>>> heated = parse_scheme("u[1,0] - u[0,0] == r*(u[0,1] - 2*u[0,0] + u[0,-1]) + s*u[0,0]")
>>> found = lax(heated, parse_definitions("r == k*dt/dx**2", "s == q*dt"))  # no growth of the solution is held against it
>>> found.condition, found.constant
((r >= 0) & (r <= 1/2), Abs(q))

Source: Richtmyer and Morton, Difference Methods for Initial-Value Problems (1967), Sec 3.9 and 4.7; Strang (1964).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import sympy as sp
from sympy.logic.boolalg import Boolean
from sympy.polys.polyerrors import BasePolynomialError
from sympy.printing.str import StrPrinter

from derive.conditions.closed_form import frequency_box
from derive.conditions.stability import stability
from derive.conditions.ways.eliminate import Box, demand, over_positive
from derive.conditions.ways.margins import NoClosedForm, complex_coefficients
from derive.conditions.ways.signs import Domain
from derive.fields.phases import SINES
from derive.fields.symbols import xi
from derive.modes.amplification import Amplification, amplification
from derive.modes.refinement import ROOT_DT, Path
from derive.printing.text import indent, paragraph, pretty
from derive.schemes.grid import GridScheme


@dataclass(frozen=True)
class Lax:
    """Growth on a path of refinement.

    Attributes:
        condition: on the ratios that stay fixed; where it holds, growth is at most 1 + C dt + o(dt) as dt -> 0.
        constant: C, an upper bound that holds for all these ratios; None where it exists and is not derived.
        fixed: ratio -> what it stands for.
        vanishing: the other parameters -> what they stand for.
        steps: number of amplification factors.
    """

    condition: Boolean
    constant: sp.Expr | None
    fixed: Mapping[sp.Symbol, sp.Expr]
    vanishing: Mapping[sp.Symbol, sp.Expr]
    steps: int

    def __str__(self) -> str:
        path = ", ".join(f"{p} = {value}" for p, value in self.fixed.items() if p != value)
        along = f"as dt -> 0{f' with {path} fixed' if path else ''}"
        if self.condition == sp.false:
            return paragraph(f"not stable in the sense of Lax either: |xi| exceeds 1 + C dt, whatever C is, {along}")
        bound = "a C that is not derived here" if self.constant is None else f"C = {_Bars().doprint(self.constant)}"
        claim = f"stable in the sense of Lax, for bounded t: |xi| <= 1 + C dt + o(dt) with {bound}, {along}"
        if self.condition == sp.true:
            return paragraph(claim)
        when = "if and only if" if self.steps == 1 else "if"
        return f"{paragraph(f'{claim}, {when}')}\n\n{indent(pretty(self.condition))}"


class _Bars(StrPrinter):
    def _print_Abs(self, expr: sp.Expr) -> str:
        return f"|{self._print(expr.args[0])}|"


def lax(scheme: GridScheme, meaning: Mapping[str, sp.Expr]) -> Lax | None:
    """What can be said of growth for bounded times; None where nothing vanishes with dt, or nothing is proved.

    Args:
        scheme: the scheme.
        meaning: parameter -> its expression in dt, the spacings and physical constants, which are real numbers.
    """
    phi = amplification(scheme)
    path = Path.of(phi, scheme, meaning)
    if path is None or not path.vanishing or (len(scheme.unknowns) > 1 and phi.polynomial.degree() > 1):
        return None
    limit = _without(phi, path.vanishing)
    if limit is None:
        return None
    strict = stability(limit, "power-bounded")
    if strict.status != "exact":
        return None
    shared = (path.fixed, path.vanishing, phi.polynomial.degree())
    if strict.condition == sp.false:
        unbounded = stability(limit, "von-neumann")
        never = unbounded.status == "exact" and unbounded.condition == sp.false
        return Lax(sp.false, None, *shared) if never else None
    domain = _domain(limit, strict.condition)
    if not _determined(limit, domain):
        return None
    if phi.polynomial.degree() > 1:
        return Lax(strict.condition, None, *shared) if path.moves_like_dt else None
    constant = _Growth(phi, limit, path, domain).constant
    return None if constant is None else Lax(strict.condition, constant, *shared)


def _without(phi: Amplification, vanishing: Iterable[sp.Symbol]) -> Amplification | None:
    """The scheme with dt = 0, the ratios kept; None where it determines no new value any more."""
    expr = phi.polynomial.as_expr().subs(dict.fromkeys(vanishing, sp.S.Zero))
    if expr.has(sp.zoo, sp.nan) or sp.degree(expr, xi) < phi.polynomial.degree():
        return None
    kept = [part for part in sp.And.make_args(phi.assumptions) if not part.free_symbols & set(vanishing)]
    poly = sp.Poly(expr, xi)
    full = Amplification(poly, phi.box, sp.And(*kept))
    return Amplification(poly, {q: ends for q, ends in phi.box.items() if _has_axis(full, q)}, sp.And(*kept))


def _has_axis(phi: Amplification, q: sp.Symbol) -> bool:
    return q.name[-1] in {str(i + 1) for i in phi.phases}


def _domain(limit: Amplification, condition: Boolean) -> Domain:
    """What is known of the ratios where the condition holds."""
    box: Box = frequency_box(limit)
    symbols = {*limit.polynomial.free_symbols - {xi}, *box}
    return Domain.of(symbols, sp.And(limit.assumptions, condition), box)


def _determined(limit: Amplification, domain: Domain) -> bool:
    """Whether the new value is determined at every phase, so that roots are continuous."""
    lead = complex_coefficients(limit.polynomial)[0].square().as_expr()
    try:
        return demand(lead, frequency_box(limit), domain, True) == sp.true
    except NoClosedForm:
        return False


@dataclass(frozen=True)
class _Growth:
    """How far what vanishes moves the only root of a scheme of one step."""

    phi: Amplification
    limit: Amplification
    path: Path
    domain: Domain

    @cached_property
    def constant(self) -> sp.Expr | None:
        """C, if a bound is found and proved."""
        lead, rest = complex_coefficients(self.phi.polynomial)
        lead0, rest0 = complex_coefficients(self.limit.polynomial)
        size0 = lead0.square().as_expr()
        scale = size0 * lead.square().as_expr().subs(dict.fromkeys(self.path.vanishing, 0))
        # xi - xi_0 = -(rest lead0 - rest0 lead)/(lead lead0): the square of its modulus, by powers of sqrt(dt)
        move = _leading(_scaled((rest * lead0 - rest0 * lead).square().as_expr(), self.path), 4)
        greatest = None if move is None else self._greatest(move / scale)
        if greatest is not None:
            return self._meant(sp.sqrt(sp.factor(greatest)))
        change = rest.square().as_expr() * size0 - rest0.square().as_expr() * lead.square().as_expr()
        excess = _leading(_scaled(change, self.path), 2)
        greatest = None if excess is None else self._greatest(excess / scale, floor=True)
        return None if greatest is None else self._meant(greatest / 2)

    def _meant(self, constant: sp.Expr) -> sp.Expr:
        return sp.powsimp(sp.factor(constant).subs(self.path.sizes))

    def _greatest(self, value: sp.Expr, floor: bool = False) -> sp.Expr | None:
        """The greatest value over all phases: that of a corner or a middle which is proved to be no less than any other."""
        box = {q: ends for q, ends in frequency_box(self.phi).items() if value.has(q)}
        domain = Domain({**self.domain.ranges, **Domain.of(value.free_symbols | set(box), sp.true, box).ranges})
        domain.ranges.update({s: r for s, r in self.domain.ranges.items() if s not in box})
        candidates = [value.subs(q_values) for q_values in _places(list(box))]
        for candidate in [*candidates, *([sp.S.Zero] if floor else [])]:
            if floor and domain.sign(over_positive(candidate, domain)) not in ("+", "0+", "0"):
                continue
            try:
                if demand(sp.together(candidate - value), box, domain, False) == sp.true:
                    return candidate
            except (NoClosedForm, BasePolynomialError):
                continue
        return None


def _places(variables: list[sp.Symbol]) -> list[dict[sp.Symbol, sp.Expr]]:
    return [dict(zip(variables, ends, strict=True)) for ends in product((1, -1, 0), repeat=len(variables))]


def _scaled(expr: sp.Expr, path: Path) -> sp.Expr:
    return sp.expand(expr.subs(path.scaled))


def _leading(expr: sp.Expr, power: int) -> sp.Expr | None:
    """What dt^(power/2) multiplies, if nothing of a lower power is there and no sine is left."""
    poly = sp.Poly(expr, ROOT_DT)
    if any(sp.simplify(poly.coeff_monomial(ROOT_DT**k)) != 0 for k in range(power)):
        return None
    coefficient = poly.coeff_monomial(ROOT_DT**power)
    return None if coefficient.has(*SINES) else coefficient
