r"""The expansion of a scheme that is an integrator applied to a stencil: series are composed, nothing is multiplied out.

With z = sum_m z_m eps^m, the series of dt times the stencil's symbol at w = exp(D dx), what stands at a power of xi in the
integrator's characteristic polynomial is a polynomial in z. Powers of a series are found by convolution, order by order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import sympy as sp

from derive.fields.phases import SHIFTS
from derive.fields.symbols import xi
from derive.modes.formal import DERIVATIVES, Expansion, eps


@dataclass(frozen=True)
class ComposedExpansion(Expansion):
    """The polynomial is in xi and the marks.

    Attributes:
        stencils: mark -> z, in the shifts.
    """

    stencils: dict[sp.Symbol, sp.Expr] = field(default_factory=dict)

    @cached_property
    def _in_marks(self) -> dict[int, list[tuple[tuple[int, ...], sp.Expr]]]:
        """Power of xi -> powers of the marks, each with what it multiplies."""
        by_level: dict[int, list[tuple[tuple[int, ...], sp.Expr]]] = {}
        for (power, *marks), factor in sp.Poly(self.polynomial, xi, *self.stencils).terms():
            by_level.setdefault(power, []).append((tuple(marks), factor))
        return by_level

    @property
    def powers(self) -> list[int]:
        """Of xi."""
        return list(self._in_marks)

    def _in_space(self, power: int, m: int) -> sp.Expr:
        return sp.Add(*(factor * self._product(marks, m) for marks, factor in self._in_marks[power]))

    def _product(self, marks: tuple[int, ...], m: int) -> sp.Expr:
        """Coefficient of eps^m in a product of powers of the series."""
        if not any(marks):
            return sp.S.One if m == 0 else sp.S.Zero
        key = (*marks, m)
        if key not in self._series:
            first = next(i for i, n in enumerate(marks) if n)
            rest = tuple(n - (i == first) for i, n in enumerate(marks))
            total = sp.Add(
                *(self._stencil(first, i) * self._product(rest, m - i) for i in range(m + 1) if self._stencil(first, i))
            )
            self._series[key] = sp.expand(total)  # type: ignore[index]
        return self._series[key]  # type: ignore[index]

    def _stencil(self, part: int, m: int) -> sp.Expr:
        """z_m of one part."""
        return sp.expand(
            sp.Add(
                *(
                    c * exponent ** (m - k) / sp.factorial(m - k)
                    for exponent, factor in self._shifted[part]
                    for k, c in factor.items()
                    if k <= m
                )
            )
        )

    @cached_property
    def _shifted(self) -> list[list[tuple[sp.Expr, dict[int, sp.Expr]]]]:
        """Of every part: exponents b.D dx of shifts, each with its factor by power of eps, negative ones included."""
        return [self._by_shift(self._shrunk(z)) for z in self.stencils.values()]

    def _by_shift(self, z: sp.Expr) -> list[tuple[sp.Expr, dict[int, sp.Expr]]]:
        parts = []
        for term in sp.Add.make_args(sp.expand(z)):
            powers = term.as_powers_dict()
            shifts = [powers.get(w, 0) for w in SHIFTS[: len(self.spacings)]]
            exponent = sp.Add(*(b * d * h for b, d, h in zip(shifts, DERIVATIVES, self.spacings, strict=False)))
            power = powers.get(eps, 0)
            factor = term / eps**power / sp.Mul(*(w**b for w, b in zip(SHIFTS, shifts, strict=False)))
            parts.append((exponent, {int(power): factor}))
        return parts

    @property
    def composes(self) -> bool:
        """Whether the series have no negative powers, and coefficients are products of powers of dt and dx."""
        factors = [f for part in self._shifted for _, by_power in part for f in by_power.values()]
        if any(f.has(eps) for f in factors):
            return False
        least = min((k for part in self._shifted for _, by_power in part for k in by_power), default=0)
        return all(self._stencil(i, m) == 0 for i in range(len(self.stencils)) for m in range(least, 0))
